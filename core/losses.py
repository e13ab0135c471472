"""The quantities of the field, each in one place: gram, mean and deviation, relative errors, total variation,
periodicity, lattice.

All take float tensors of shape (B, C, H, W) and give float32, whatever the network ran in.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd.function import once_differentiable

WINDOW = 64  # px, of `periodicity`: in it even areas count no less than those of strong edges
LEAST_DETAIL = 1e-4  # energy that keeps areas without any detail at 0
LEAST_DIFFERENCE = 1e-3  # between neighbours: a quarter of a grey level


def gram(features: Tensor) -> Tensor:
    """Gram matrix over the positions: (B, C, H, W) -> (B, C, C), F F^T / (H W).

    Gatys et al. 2016, eq. 3, divide by nothing and put 1 / (4 N^2 M^2) into the loss (eq. 4), M = H W;
    dividing by M here keeps the matrix independent of the picture's size. Johnson et al. 2016 divide by
    C H W: divide this one by C to use their weights. The product runs in the features' own format.
    """
    result: Tensor = _Gram.apply(features)
    return result


class _Gram(torch.autograd.Function):
    """`gram` with one product in its backward pass, where autograd, blind to the symmetry, takes two."""

    @staticmethod
    def forward(ctx: Any, features: Tensor) -> Tensor:
        ctx.save_for_backward(features)
        positions = features.flatten(2).mT  # a view where the memory is channels_last
        return (positions.mT @ positions).float() / positions.shape[1]

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        (features,), (gradient,) = ctx.saved_tensors, gradients
        positions = features.flatten(2).mT
        symmetric = (gradient + gradient.mT) / positions.shape[1]
        result: Tensor = (positions @ symmetric.to(features.dtype)).mT.reshape(features.shape)
        return result


def mean_std(features: Tensor, epsilon: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel: (B, C, H, W) -> two of (B, C, 1, 1).

    Huang and Belongie 2017, eq. 5 and 6; epsilon is added to the variance, so that its root has a gradient.
    """
    features = features.float()
    variance = features.var(dim=(2, 3), unbiased=False, keepdim=True)
    return features.mean(dim=(2, 3), keepdim=True), (variance + epsilon).sqrt()


def joined_mean_std(parts: Sequence[tuple[int, Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """`mean_std` of features from that of their parts: (positions, mean, standard deviation) of each."""
    positions = sum(count for count, _, _ in parts)
    mean = sum((count / positions * mean for count, mean, _ in parts), torch.tensor(0.0))
    variance = sum(
        (count / positions * (std.square() + (each - mean).square()) for count, each, std in parts),
        torch.tensor(0.0),
    )
    return mean, variance.sqrt()


def squared_error(actual: Tensor, target: Tensor) -> Tensor:
    """Sum of squared differences: two tensors of one shape -> scalar."""
    return (actual.float() - target.float()).square().sum()


def relative_error(actual: Tensor, target: Tensor) -> Tensor:
    """|actual - target|^2 / |target|^2, the unit of the yardstick and of our trainings: (B, ...) -> (B,).

    0 where they agree, 1 where `actual` is zero; free of any layer's or picture's scale.
    """
    error = (actual.float() - target.float()).square().flatten(1).sum(1)
    return error / target.float().square().flatten(1).sum(1).clamp_min(1e-12)


def neighbour_differences(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences between vertical and between horizontal neighbours: (..., H-1, W) and (..., H, W-1)."""
    return image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]


def total_variation(image: Tensor) -> Tensor:
    """Sum of absolute differences between neighbours, in the units of `image`: (B, C, H, W) -> scalar."""
    vertical, horizontal = neighbour_differences(image)
    return vertical.abs().sum() + horizontal.abs().sum()


def phase_gradients(image: Tensor, period: int) -> Tensor:
    """Mean absolute difference of neighbours by their place in a lattice of `period` px, down and across:
    (B, C, H, W), two cells long or more, -> (B, 2, period). Rounded at 0, so that it has a gradient there.
    """
    phases = []
    for differences, rest in zip(neighbour_differences(image.float()), ((1, 3), (1, 2)), strict=True):
        lines = (differences.square() + LEAST_DIFFERENCE**2).sqrt().mean(rest)
        cells = lines.shape[1] // period
        phases.append(lines[:, : cells * period].reshape(-1, cells, period).mean(1))
    return torch.stack(phases, 1)


def lattice(image: Tensor, period: int) -> Tensor:
    """The gradient at its strongest place in a lattice of `period` px over that at its weakest, along the
    axis where that is more: (B, C, H, W) in [0, 1] -> (B,). 1 where all places are alike; photos have 1.03.

    Our own measure of what networks leave that upsample by 2 and by 2 again.
    """
    gradients = phase_gradients(image, period)
    return (gradients.amax(2) / gradients.amin(2)).amax(1)


def lattice_error(image: Tensor, period: int) -> Tensor:
    """The same as a loss: variance of the gradients' logarithms over the places, summed over the axes."""
    return phase_gradients(image, period).log().var(2, unbiased=False).sum(1)


def box_mean(image: Tensor, length: int, axis: int) -> Tensor:
    """Means of `length` neighbours along one axis; for long ones many times quicker than avg_pool2d.

    Sums of twice as many neighbours come from two sums of as many.
    """
    sums, width, covered, parts = image, 1, 0, list[Tensor]()
    while covered < length:
        if length & width:
            parts.append(sums.narrow(axis, covered, image.shape[axis] - length + 1))
            covered += width
        if covered < length:
            count = sums.shape[axis] - width
            sums, width = sums.narrow(axis, 0, count) + sums.narrow(axis, width, count), 2 * width
    return reduce(torch.add, parts) / length


def periodicity(image: Tensor, period: int) -> Tensor:
    """How much the detail of a picture repeats itself every `period` px: (B, C, H, W) in [0, 1] -> (B,).

    In windows and along both axes, the correlation of detail with itself at that distance, above the mean of
    those at half and at one and a half of it, which lines and strokes share; 0 where it is not above. A mesh
    of a decoder has the distance of the positions that it decodes. Our own measure.
    """
    image = image.float()
    half, side = period // 2, min(WINDOW, *image.shape[-2:])
    around = F.pad(image, (half, period - half - 1) * 2, "reflect")
    detail = image - box_mean(box_mean(around, period, -2), period, -1)
    energy = F.avg_pool2d(detail.square().mean(1), side) + LEAST_DETAIL

    def correlation(distance: int, axis: int) -> Tensor:
        return F.avg_pool2d((detail * detail.roll(distance, axis)).mean(1), side) / energy

    excess = [
        correlation(period, axis) - (correlation(half, axis) + correlation(period + half, axis)) / 2
        for axis in (-2, -1)
    ]
    return F.relu(torch.stack(excess)).mean((0, 2, 3))
