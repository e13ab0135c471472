"""Resizing of picture tensors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

FLAT = 1e-3  # variance of a guide in [0, 1] below which a window counts as flat


def resample(image: Tensor, height: int, width: int) -> Tensor:
    """A (B, 3, H, W) picture in [0, 1] at another size, bicubic with antialiasing, still in [0, 1]."""
    if image.shape[-2:] == (height, width):
        return image
    resized = F.interpolate(image, (height, width), mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp(0, 1)


def guided(small: Tensor, guide: Tensor) -> Tensor:
    """A picture (B, C, h, w) in [0, 1] at the size of its guide (B, 1, H, W), with the guide's edges.

    Fast guided filter, He and Sun 2015: in each window of 3 x 3 px of the small picture a channel is taken
    for a linear function of the guide, whose slope and offset are then enlarged.
    """
    little = resample(guide, *small.shape[-2:])
    mean_guide, mean = _windows(little), _windows(small)
    covariance = _windows(little * small) - mean_guide * mean
    slope = covariance / (_windows(little.square()) - mean_guide.square() + FLAT)
    offset = mean - slope * mean_guide
    slope, offset = (
        F.interpolate(_windows(each), guide.shape[-2:], mode="bilinear", align_corners=False)
        for each in (slope, offset)
    )
    return (slope * guide + offset).clamp(0, 1)


def merged(image: Tensor, begun: Tensor, after: Tensor) -> Tensor:
    """A picture in [0, 1] with what became of its copy of another size, from `begun` to `after`, put into it.

    Strokes are scaled with it, and the detail that a small copy could not show stays as it was.
    """
    if after.shape == image.shape:
        return after
    before, now = (resample(each, *image.shape[-2:]) for each in (begun, after))
    return (image + now - before).clamp(0, 1)


def _windows(image: Tensor) -> Tensor:
    """The mean over each pixel's neighbourhood of 3 x 3 px, at the edges over what there is of it."""
    return F.avg_pool2d(image, 3, stride=1, padding=1, count_include_pad=False)


def fit_long_side(image: Tensor, size: int) -> Tensor:
    """The picture with its long side `size` px; the short side keeps the aspect ratio, at least 16 px."""
    return _scaled(image, size / max(image.shape[-2:]))


def fit_short_side(image: Tensor, size: int) -> Tensor:
    """The picture with its short side `size` px."""
    return _scaled(image, size / min(image.shape[-2:]))


def _scaled(image: Tensor, scale: float) -> Tensor:
    height, width = (max(16, round(side * scale)) for side in image.shape[-2:])
    return resample(image, height, width)
