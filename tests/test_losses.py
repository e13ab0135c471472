"""Closed forms of every quantity in core/losses.py."""

import math

import pytest
import torch

from core.losses import (
    gram,
    lattice,
    lattice_error,
    mean_std,
    periodicity,
    relative_error,
    squared_error,
    total_variation,
)
from methods.gatys_loss import half_mean_variation, mean_squared_error


def checkerboard(height: int, width: int) -> torch.Tensor:
    return ((torch.arange(height)[:, None] + torch.arange(width)[None]) % 2).float().expand(1, 3, -1, -1)


def test_gram_of_known_features() -> None:
    features = torch.tensor([[[[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, -1.0]]]])
    expected = torch.tensor([[[30.0, -3.0], [-3.0, 2.0]]]) / 4
    assert torch.equal(gram(features), expected)


def test_gram_does_not_depend_on_the_picture_size() -> None:
    features = torch.rand(1, 5, 4, 6)
    assert torch.allclose(gram(features.repeat(1, 1, 2, 3)), gram(features), atol=1e-6)


def test_gram_of_bfloat16_features_is_added_up_in_float32() -> None:
    # 4096 ones sum to 4096; in bfloat16 a running sum would stall at 256.
    assert gram(torch.ones(1, 2, 64, 64, dtype=torch.bfloat16)).eq(1).all()


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_gradient_of_gram_is_autograds(layout: torch.memory_format) -> None:
    random = torch.Generator().manual_seed(0)
    features = torch.rand(2, 5, 4, 6, generator=random).contiguous(memory_format=layout).requires_grad_()
    flat = features.flatten(2)
    weights = torch.rand(2, 5, 5, generator=random)  # not symmetric
    (expected,) = torch.autograd.grad((flat @ flat.mT / 24 * weights).sum(), features)
    (actual,) = torch.autograd.grad((gram(features) * weights).sum(), features)
    torch.testing.assert_close(actual, expected)


def test_mean_std_of_known_features() -> None:
    mean, deviation = mean_std(torch.tensor([[[[1.0, 3.0], [5.0, 7.0]]]]), epsilon=0)
    assert mean.item() == 4
    assert deviation.item() == pytest.approx(math.sqrt(5))


def test_mean_std_of_a_constant_has_a_finite_gradient() -> None:
    features = torch.full((1, 2, 3, 3), 0.5, requires_grad=True)
    mean_std(features)[1].sum().backward()
    assert features.grad is not None
    assert features.grad.isfinite().all()


def test_checkerboard_total_variation() -> None:
    # Every pair of neighbours differs by 1: 3 x 5 vertical and 4 x 4 horizontal pairs, in 3 channels.
    assert total_variation(checkerboard(4, 5)).item() == 3 * (3 * 5 + 4 * 4)
    # D2L averages the absolute differences, which are all 1, and halves the sum of two directions.
    assert half_mean_variation(checkerboard(4, 5)).item() == 1


def test_total_variation_of_a_ramp() -> None:
    ramp = torch.arange(5.0).expand(1, 1, 4, 5)
    assert total_variation(ramp).item() == 4 * 4
    assert total_variation(torch.full((1, 3, 4, 4), 0.3)).item() == 0


def test_errors() -> None:
    actual, target = torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 2.0]])
    assert squared_error(actual, target).item() == 5
    assert mean_squared_error(actual, target).item() == 2.5
    assert relative_error(actual, target).item() == 1
    assert relative_error(torch.zeros(1, 2), target).item() == 1
    assert relative_error(actual, torch.zeros(1, 2)).isfinite()
    both = relative_error(torch.cat([actual, target]), torch.cat([target, target]))
    assert both.tolist() == [1, 0]


def waves(period: float) -> torch.Tensor:
    """Vertical stripes between 0 and 1."""
    wave = 0.5 + 0.5 * torch.sin(2 * math.pi * torch.arange(128) / period)
    return wave.expand(1, 3, 128, -1)


def test_a_period_is_seen_at_its_own_length_only() -> None:
    # cos(2 pi k / 8) at k = 8, 4 and 12 is 1, -1 and -1: 2 along the waves, and 1 - (1 + 1) / 2 across them.
    assert periodicity(waves(8), 8).item() == pytest.approx(1, rel=0.05)
    assert periodicity(waves(16), 8).item() < 0.02
    assert periodicity(waves(6), 8).item() < 0.02


def test_noise_edges_and_even_areas_have_no_period() -> None:
    noise = torch.rand(1, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    step = (torch.arange(128) >= 50).float().expand(1, 3, 128, -1)
    for image in (noise, step, torch.full((1, 3, 128, 128), 0.5)):
        assert periodicity(image, 8).item() < 0.03


def test_periodicity_of_bfloat16_is_float32() -> None:
    assert periodicity(waves(8).bfloat16(), 8).dtype == torch.float32


def test_periodicity_has_a_gradient_everywhere() -> None:
    for image in (torch.zeros(1, 3, 32, 32), waves(8)[..., :40, :40].clone()):
        image.requires_grad_()
        (gradient,) = torch.autograd.grad(periodicity(image, 8).sum(), image)
        assert gradient.isfinite().all()


def test_a_lattice_is_the_strongest_place_over_the_weakest() -> None:
    """Rows of cells four pixels high whose first step is three times the others; columns are even."""
    steps = torch.tensor([3.0, 1.0, 1.0, 1.0]).repeat(16)
    rows = torch.cat([torch.zeros(1), steps.cumsum(0)]) / steps.sum()
    image = (rows[:, None] + torch.arange(65) / 64).expand(1, 3, -1, -1)
    assert lattice(image, 4).item() == pytest.approx(3, rel=1e-2)
    assert lattice(image, 2).item() == pytest.approx(2, rel=1e-2)  # 3 + 1 over 1 + 1
    logarithms = torch.tensor([3.0, 1.0, 1.0, 1.0]).log()
    assert lattice_error(image, 4).item() == pytest.approx(logarithms.var(unbiased=False).item(), rel=3e-2)


def test_noise_and_even_areas_have_no_lattice() -> None:
    noise = torch.rand(2, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    assert (lattice(noise, 4) < 1.05).all()
    even = torch.full((1, 3, 64, 64), 0.5, requires_grad=True)
    assert lattice(even, 4).item() == 1
    (gradient,) = torch.autograd.grad(lattice_error(even, 4).sum(), even)
    assert gradient.isfinite().all()
