"""The image transformation network that Johnson and CIN share; they differ in its normalisation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from core.losses import mean_std

Norm = Callable[[int], nn.Module]  # channels -> a normalisation layer
EPSILON = 1e-5
MULTIPLE = 4  # two convolutions of stride 2 halve the picture twice


class TransformerNet(nn.Module):
    """Pictures (B, 3, H, W), RGB in [0, 1], to pictures of the same shape and range.

    Johnson, Alahi, Fei-Fei 2016, supplementary material, with what the field has learnt since: reflection
    padding (their borders), nearest upsampling and convolution instead of transposed convolution
    (checkerboards; Odena et al. 2016), a sigmoid output after a last normalisation (Dumoulin et al. 2017,
    table 1).

    Args:
        norm: makes the normalisation that follows each convolution. Called in `forward` with the features
            and the condition that `forward` has.
        width: channels after the first convolution.
        blocks: residual blocks in the middle.
        last: makes what follows the last convolution, if not `norm`.
        squash: brings the output into [0, 1].
        middle: channels of the residual blocks, at a quarter of the picture's sides; None: four widths.
        halved: have no features of the picture's own size, which cost a narrow network most of its time. The
            first convolution halves the picture, and the last writes four pixels at each position.
    """

    def __init__(
        self,
        norm: Norm,
        width: int = 32,
        blocks: int = 5,
        last: Norm | None = None,
        squash: Callable[[Tensor], Tensor] = torch.sigmoid,
        middle: int | None = None,
        halved: bool = False,
    ) -> None:
        super().__init__()
        middle = middle or 4 * width
        steps = list(pairwise([width, middle] if halved else [width, 2 * width, middle]))
        first = Layer(norm, 3, width, kernel=7, stride=2) if halved else Layer(norm, 3, width, kernel=9)
        self.down = nn.ModuleList([first, *(Layer(norm, few, many, stride=2) for few, many in steps)])
        self.residual = nn.ModuleList([Residual(norm, middle) for _ in range(blocks)])
        self.up = nn.ModuleList([Upsampling(norm, many, few) for few, many in reversed(steps)])
        last = last or norm
        self.out = SubPixel(last, width, 3) if halved else Layer(last, width, 3, kernel=9)
        self.squash = squash

    def forward(self, image: Tensor, *condition: Tensor) -> Tensor:
        height, width = image.shape[-2:]
        x = F.pad(image, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="reflect")
        x = (4 * x - 2).to(self.dtype)  # the weights' memory layout becomes that of all features
        for layer in self.down:
            x = F.relu(layer(x, *condition))
        for block in self.residual:
            x = block(x, *condition)
        for layer in self.up:
            x = F.relu(layer(x, *condition))
        return self.squash(self.out(x, *condition).float())[..., :height, :width]

    @property
    def dtype(self) -> torch.dtype:
        """The format in which the network computes: its weights'."""
        return self.out.convolution.weight.dtype


class Layer(nn.Module):
    """A convolution with reflection padding, then a normalisation, which makes a bias useless."""

    def __init__(self, norm: Norm, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, kernel // 2, padding_mode="reflect", bias=False
        )
        self.norm = norm(outputs)

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        result: Tensor = self.norm(self.convolution(x), *condition)
        return result


class Upsampling(Layer):
    """A layer whose input is first enlarged to twice its sides by repeating every feature."""

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        result: Tensor = self.norm(upsampled_convolution(x, self.convolution.weight), *condition)
        return result


class SubPixel(Layer):
    """A layer that doubles both sides: four of its outputs are the 2x2 pixels of a channel (Shi et al. 2016).

    The four are normalised apart, and with it begin alike: no checkerboard.
    """

    def __init__(self, norm: Norm, inputs: int, outputs: int) -> None:
        super().__init__(norm, inputs, 4 * outputs, kernel=5)

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        return F.pixel_shuffle(super().forward(x, *condition), 2)


class Residual(nn.Module):
    """Two layers whose result is added to their input."""

    def __init__(self, norm: Norm, channels: int) -> None:
        super().__init__()
        self.first = Layer(norm, channels, channels)
        self.second = Layer(norm, channels, channels)

    def forward(self, x: Tensor, *condition: Tensor) -> Tensor:
        change: Tensor = self.second(F.relu(self.first(x, *condition)), *condition)
        return x + change


class FixableNorm(nn.Module):
    """Base of instance norms, which can be given another picture's statistics instead of their input's.

    Attributes:
        fixed: mean and deviation of each channel, two of (1, C, 1, 1); None: the input's own.
    """

    fixed: tuple[Tensor, Tensor] | None = None

    def normalised(self, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        """Instance norm of (B, C, H, W) with two of (B, C)."""
        if self.fixed is None:
            return instance_norm(x, gamma, beta)
        mean, std = (each.flatten(1) for each in self.fixed)
        return linear(x, gamma / std, beta - gamma * mean / std)


class InstanceNorm(FixableNorm):
    """Instance normalisation with learnt gamma and beta (Ulyanov, Vedaldi, Lempitsky 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return self.normalised(x, self.gamma.expand(len(x), -1), self.beta.expand(len(x), -1))


class ConditionalInstanceNorm(FixableNorm):
    """Instance normalisation with one (gamma, beta) per style (Dumoulin et al. 2017, eq. 5).

    The condition is a (B, S) matrix of weights over the S styles: one-hot rows choose styles, others mix
    them by interpolating gamma and beta, as they do.
    """

    def __init__(self, channels: int, styles: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(styles, channels))
        self.beta = nn.Parameter(torch.zeros(styles, channels))

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        mix = mix.to(self.gamma.dtype)
        return self.normalised(x, mix @ self.gamma, mix @ self.beta)


@contextmanager
def fixed_statistics(network: nn.Module, run: Callable[[], Tensor]) -> Iterator[None]:
    """Within it, the network's instance norms use the statistics that they meet while `run` calls it once.

    With those of a small copy of the whole picture, its tiles fit together.
    """
    norms = [module for module in network.modules() if isinstance(module, FixableNorm)]
    met: list[tuple[Tensor, Tensor]] = []
    hooks = [
        norm.register_forward_pre_hook(lambda _, inputs: met.append(mean_std(inputs[0]))) for norm in norms
    ]
    try:
        run()
    finally:
        for hook in hooks:
            hook.remove()
    try:
        for norm, statistics in zip(norms, met, strict=True):
            norm.fixed = statistics
        yield
    finally:
        for norm in norms:
            norm.fixed = None


def instance_norm(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """Each channel of each picture to mean beta and deviation gamma: (B, C, H, W) and two of (B, C)."""
    if len(x) == 1 and not torch.is_grad_enabled():  # one fused pass
        return F.group_norm(x, x.shape[1], gamma[0], beta[0], EPSILON)
    result: Tensor = _InstanceNorm.apply(x, gamma, beta)
    return result


class _InstanceNorm(torch.autograd.Function):
    """Forward and backward. PyTorch's own leaves channels_last, or is many times slower in bfloat16.

    Both passes read the features twice: once for sums, added up in float32 or better, and once for the
    result, which is linear in them with one factor a channel.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
        precise = torch.promote_types(x.dtype, torch.float32)
        mean, square = (each.sum((2, 3), dtype=precise) / x[0, 0].numel() for each in (x, x * x))
        # The squares are rounded to the features' format, so that a flat channel's variance may miss 0.
        inverse = ((square - mean * mean).clamp_min(0) + EPSILON).rsqrt()  # 1 / deviation
        ctx.save_for_backward(x, gamma, mean, inverse)
        return linear(x, gamma * inverse, beta - gamma * inverse * mean)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        (x, gamma, mean, inverse), (gradient,) = ctx.saved_tensors, gradients
        count = x[0, 0].numel()
        d_beta, product = (each.sum((2, 3), dtype=mean.dtype) for each in (gradient, gradient * x))
        d_gamma = (product - mean * d_beta) * inverse
        scale, slope = gamma * inverse, d_gamma * inverse / count
        offset = scale * (mean * slope - d_beta / count)
        d_x = linear(gradient, scale, offset).sub_(x * (scale * slope).to(x.dtype)[:, :, None, None])
        return d_x, d_gamma.to(gamma.dtype), d_beta.to(gamma.dtype)


def linear(x: Tensor, factor: Tensor, offset: Tensor) -> Tensor:
    """x * factor + offset, in the format of x: (B, C, H, W) and two of (B, C)."""
    factor, offset = (each.to(x.dtype)[:, :, None, None] for each in (factor, offset))
    return torch.addcmul(offset, x, factor)


@cache
def _sums(device: torch.device, dtype: torch.dtype) -> Tensor:
    """(9, 16): which of a 3x3 kernel's weights each weight of the four 2x2 kernels is the sum of.

    Kept on the device: a pass that copies from another cannot become a CUDA graph.
    """
    # Seen by [phase of the output row, row of the small input]: which of the 3 rows of a kernel fall on it.
    rows = torch.tensor([[[1.0, 0, 0], [0, 1, 1]], [[1, 1, 0], [0, 0, 1]]])
    return torch.einsum("atk,bsl->klabts", rows, rows).reshape(9, 16).to(device, dtype)


def upsampled_convolution(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Nearest upsampling by 2, reflection padding and a 3x3 convolution, without the enlarged features.

    (B, I, H, W), (O, I, 3, 3) and (O,) to (B, O, 2H, 2W). A kernel on repeated features sees only 2x2
    different ones, which ones depends on whether row and column are even: four 2x2 kernels whose weights
    are sums of the given ones do the same with 4/9 of the multiplications. The reflection repeats the border.
    """
    outputs, inputs = weight.shape[:2]
    height, width = x.shape[-2:]
    precise = torch.promote_types(weight.dtype, torch.float32)
    sums = _sums(weight.device, precise)
    kernels = (weight.to(precise).reshape(outputs, inputs, 9) @ sums).view(outputs, inputs, 2, 2, 2, 2)
    kernels = kernels.permute(2, 3, 0, 1, 4, 5).reshape(-1, inputs, 2, 2).to(x.dtype)
    biases = None if bias is None else bias.repeat(4)
    small = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernels, biases)
    last = small.is_contiguous(memory_format=torch.channels_last)
    result = torch.empty(
        (len(x), outputs, 2 * height, 2 * width),
        dtype=x.dtype,
        device=x.device,
        memory_format=torch.channels_last if last else torch.contiguous_format,
    )
    for phase in range(4):
        row, column = divmod(phase, 2)
        part = small[:, phase * outputs : (phase + 1) * outputs]
        result[..., row::2, column::2] = part[..., row : row + height, column : column + width]
    return result
