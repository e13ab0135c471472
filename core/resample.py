"""Resizing of picture tensors."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def resample(image: Tensor, height: int, width: int) -> Tensor:
    """A (B, 3, H, W) picture in [0, 1] at another size, bicubic with antialiasing, still in [0, 1]."""
    if image.shape[-2:] == (height, width):
        return image
    resized = F.interpolate(image, (height, width), mode="bicubic", antialias=True, align_corners=False)
    return resized.clamp(0, 1)


def fit_long_side(image: Tensor, size: int) -> Tensor:
    """The picture with its long side `size` px; the short side keeps the aspect ratio, at least 16 px."""
    return _scaled(image, size / max(image.shape[-2:]))


def fit_short_side(image: Tensor, size: int) -> Tensor:
    """The picture with its short side `size` px."""
    return _scaled(image, size / min(image.shape[-2:]))


def _scaled(image: Tensor, scale: float) -> Tensor:
    height, width = (max(16, round(side * scale)) for side in image.shape[-2:])
    return resample(image, height, width)
