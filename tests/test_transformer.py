import pytest
import torch
import torch.nn.functional as F
from torch import nn

from core.transformer_net import (
    ConditionalInstanceNorm,
    SubPixel,
    TransformerNet,
    instance_norm,
    upsampled_convolution,
)
from methods.cin_network import conditional


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_conditional_instance_norm_is_instance_norm_with_the_row_as_affine_parameters():
    norm = ConditionalInstanceNorm(4, styles=3)
    with torch.no_grad():
        norm.gamma.copy_(torch.rand(3, 4, generator=seeded(1)))
        norm.beta.copy_(torch.rand(3, 4, generator=seeded(2)))
    x = 3 + 2 * torch.randn(2, 4, 6, 5, generator=seeded(3))
    actual = norm(x, F.one_hot(torch.tensor([2, 0]), 3).float())
    for row, style in enumerate((2, 0)):
        expected = F.instance_norm(x[row : row + 1], None, None, norm.gamma[style], norm.beta[style], True)
        torch.testing.assert_close(actual[row : row + 1], expected, rtol=1e-4, atol=1e-5)


def test_a_mix_interpolates_gamma_and_beta():
    norm = ConditionalInstanceNorm(2, styles=2)
    with torch.no_grad():
        norm.gamma.copy_(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
        norm.beta.copy_(torch.tensor([[0.0, 1.0], [2.0, 5.0]]))
    y = norm(torch.randn(1, 2, 40, 40, generator=seeded()), torch.tensor([[0.25, 0.75]]))
    torch.testing.assert_close(y.mean((2, 3)), torch.tensor([[1.5, 4.0]]))
    torch.testing.assert_close(y.std((2, 3), correction=0), torch.tensor([[2.5, 3.5]]), rtol=1e-3, atol=1e-3)


def test_the_gradient_of_instance_norm_is_right():
    x = torch.randn(2, 3, 5, 4, dtype=torch.double, generator=seeded()).requires_grad_()
    gamma, beta = (torch.rand(2, 3, dtype=torch.double, generator=seeded(k)).requires_grad_() for k in (1, 2))
    assert torch.autograd.gradcheck(instance_norm, (x, gamma, beta))


def test_instance_norm_keeps_format_and_layout():
    x = torch.randn(1, 8, 6, 6, generator=seeded()).to(torch.bfloat16, memory_format=torch.channels_last)
    one = torch.ones(1, 8, dtype=torch.bfloat16)
    y = instance_norm(x, one, 0 * one)
    assert y.dtype == torch.bfloat16
    assert y.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("value", [0.0, 7.0, 1 + 2**-7])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_flat_channel_stays_finite_forward_and_backward(value, dtype):
    # The square of 1 + 2^-7, rounded to bfloat16, is below the square of the mean.
    x = torch.full((2, 1, 4, 4), value, dtype=dtype, requires_grad=True)
    y = instance_norm(x, torch.ones(2, 1, dtype=dtype), torch.full((2, 1), 0.25, dtype=dtype))
    y.sum().backward()
    assert y.isfinite().all()
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("width", ["full", "slim"])
@pytest.mark.parametrize("size", [(16, 16), (17, 30), (33, 19), (64, 47)])
def test_the_picture_keeps_its_size_and_range(size, width):
    network = conditional(1, width)
    image = torch.rand(2, 3, *size, generator=seeded())
    with torch.no_grad():
        pastiche = network(image, torch.ones(2, 1))
    assert pastiche.shape == image.shape
    assert pastiche.dtype == torch.float32
    assert pastiche.min() >= 0
    assert pastiche.max() <= 1


def test_the_norm_is_a_factory():
    plain = TransformerNet(lambda channels: nn.InstanceNorm2d(channels, affine=True), width=4, blocks=1)
    assert plain(torch.rand(1, 3, 16, 16, generator=seeded())).shape == (1, 3, 16, 16)
    assert sum(isinstance(module, nn.InstanceNorm2d) for module in plain.modules()) == 8


def test_no_two_positions_of_an_upsampling_are_treated_differently():
    """Transposed convolutions draw checkerboards even on even ground; this network must not."""
    torch.manual_seed(0)
    network = conditional(1)
    with torch.no_grad():
        x = F.interpolate(torch.ones(1, 128, 8, 8), scale_factor=2, mode="nearest")
        y = network.up[0].convolution(x)
    assert (y - y[..., :1, :1]).abs().max() < 1e-5


def test_a_halved_network_has_no_features_of_the_pictures_own_size():
    network = conditional(1, "slim")
    sides = []
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            module.register_forward_hook(lambda module, inputs, output: sides.append(output.shape[-1]))
    network(torch.rand(1, 3, 64, 64, generator=seeded()), torch.ones(1, 1))
    assert max(sides) == 32


def test_the_four_pixels_of_a_position_begin_alike():
    """Else a new network would draw a checkerboard."""
    torch.manual_seed(0)
    layer = SubPixel(lambda channels: ConditionalInstanceNorm(channels, 1), 4, 3)
    with torch.no_grad():
        y = layer(torch.randn(1, 4, 20, 20, generator=seeded()), torch.ones(1, 1))
    assert y.shape == (1, 3, 40, 40)
    for phase in (y[..., row::2, column::2] for row in (0, 1) for column in (0, 1)):
        torch.testing.assert_close(phase.mean((2, 3)), torch.zeros(1, 3), rtol=0, atol=1e-5)
        torch.testing.assert_close(phase.std((2, 3), correction=0), torch.ones(1, 3), rtol=0, atol=1e-3)


def test_the_fused_pass_without_gradients_gives_the_same():
    x = torch.randn(1, 3, 5, 4, generator=seeded())
    gamma, beta = torch.rand(1, 3, generator=seeded(1)), torch.rand(1, 3, generator=seeded(2))
    with torch.no_grad():
        fused = instance_norm(x, gamma, beta)
    torch.testing.assert_close(fused, instance_norm(x, gamma, beta), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_upsampled_convolution_is_upsampling_padding_and_convolution(layout):
    x = torch.randn(2, 6, 5, 7, dtype=torch.double, generator=seeded(1)).to(memory_format=layout)
    weight = torch.randn(4, 6, 3, 3, dtype=torch.double, generator=seeded(2))
    bias = torch.randn(4, dtype=torch.double, generator=seeded(3))
    enlarged = F.interpolate(x, scale_factor=2, mode="nearest")
    expected = F.conv2d(F.pad(enlarged, (1, 1, 1, 1), mode="reflect"), weight, bias)
    actual = upsampled_convolution(x, weight, bias)
    torch.testing.assert_close(actual, expected)
    assert actual.is_contiguous(memory_format=layout)


def test_the_gradient_of_the_upsampled_convolution_is_right():
    x, weight = (
        torch.randn(size, dtype=torch.double, generator=seeded(3)).requires_grad_()
        for size in ((1, 2, 3, 3), (2, 2, 3, 3))
    )
    assert torch.autograd.gradcheck(upsampled_convolution, (x, weight))
