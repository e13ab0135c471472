"""Measures beside the yardstick's: structural similarity, and which of several results nothing beats."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor

from core.colour import luma

SIGMA, RADIUS = 1.5, 5  # px, of the Gaussian window
STABILISERS = 0.01**2, 0.03**2  # (K1 L)^2 and (K2 L)^2 with L = 1

T = TypeVar("T")


def pareto_front(things: Iterable[T], costs: Callable[[T], tuple[float, float]]) -> list[T]:
    """Those than which none is better in both costs, the best by the first cost first."""
    front: list[T] = []
    for thing in sorted(things, key=costs):
        if not front or costs(thing)[1] < costs(front[-1])[1]:
            front.append(thing)
    return front


@torch.no_grad()
def ssim(image: Tensor, reference: Tensor) -> float:
    """Mean structural similarity of two pictures' luma, (1, 3, H, W) in [0, 1], sides of 11 px or more.

    1 for equal pictures, 0 where nothing of the structure is left. Wang, Bovik, Sheikh, Simoncelli 2004,
    "Image Quality Assessment: From Error Visibility to Structural Similarity", eq. 13, with their window of
    11 x 11 px, over the positions at which it lies within the picture.
    """
    x, y = (luma(each.cpu().double()) for each in (image, reference))
    offsets = torch.arange(-RADIUS, RADIUS + 1, dtype=x.dtype)
    window = (-offsets.square() / (2 * SIGMA**2)).exp()
    window /= window.sum()
    maps = torch.cat([x, y, x * x, y * y, x * y])
    maps = F.conv2d(F.conv2d(maps, window.view(1, 1, -1, 1)), window.view(1, 1, 1, -1))
    mean_x, mean_y, square_x, square_y, product = maps
    c1, c2 = STABILISERS
    luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
    covariance = product - mean_x * mean_y
    variances = square_x - mean_x**2 + square_y - mean_y**2
    return float((luminance * (2 * covariance + c2) / (variances + c2)).mean())
