"""The quantities of the field, each in one place: gram, mean and deviation, relative errors, total variation.

All take float tensors of shape (B, C, H, W) and compute in float32, whatever the network ran in.
"""

from __future__ import annotations

from torch import Tensor


def gram(features: Tensor) -> Tensor:
    """Gram matrix over the positions: (B, C, H, W) -> (B, C, C), F F^T / (H W).

    Gatys et al. 2016, eq. 3, divide by nothing and put 1 / (4 N^2 M^2) into the loss (eq. 4), M = H W;
    dividing by M here keeps the matrix independent of the picture's size. Johnson et al. 2016 divide by
    C H W: divide this one by C to use their weights.
    """
    flat = features.float().flatten(2)
    return flat @ flat.mT / flat.shape[2]


def mean_std(features: Tensor, epsilon: float = 1e-5) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel: (B, C, H, W) -> two of (B, C, 1, 1).

    Huang and Belongie 2017, eq. 5 and 6; epsilon is added to the variance, so that its root has a gradient.
    """
    features = features.float()
    variance = features.var(dim=(2, 3), unbiased=False, keepdim=True)
    return features.mean(dim=(2, 3), keepdim=True), (variance + epsilon).sqrt()


def squared_error(actual: Tensor, target: Tensor) -> Tensor:
    """Sum of squared differences: two tensors of one shape -> scalar."""
    return (actual.float() - target.float()).square().sum()


def relative_error(actual: Tensor, target: Tensor) -> Tensor:
    """|actual - target|^2 / |target|^2, the unit of the yardstick and of our trainings: -> scalar.

    0 where they agree, 1 where `actual` is zero; free of any layer's or picture's scale.
    """
    return squared_error(actual, target) / target.float().square().sum().clamp_min(1e-12)


def neighbour_differences(image: Tensor) -> tuple[Tensor, Tensor]:
    """Differences between vertical and between horizontal neighbours: (..., H-1, W) and (..., H, W-1)."""
    return image[..., 1:, :] - image[..., :-1, :], image[..., :, 1:] - image[..., :, :-1]


def total_variation(image: Tensor) -> Tensor:
    """Sum of absolute differences between neighbours, in the units of `image`: (B, C, H, W) -> scalar."""
    vertical, horizontal = neighbour_differences(image)
    return vertical.abs().sum() + horizontal.abs().sum()
