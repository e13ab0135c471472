"""Sliced Wasserstein: how far two pictures' features lie apart along random directions."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

SEED = 0
MOST_PLACES = 2048  # evenly spread ones stand for all where there are more


class SlicedDistribution:
    """A picture's features (1, C, H, W) at one layer, projected on C random unit directions and sorted."""

    def __init__(self, features: Tensor) -> None:
        self.values = projections(features)

    def relative_distance(self, features: Tensor) -> float:
        """Mean squared difference to the sorted projections of features (1, C, H, W), by our mean square.

        Heitz, Vanhoey, Chambon, Belcour 2021, "A Sliced Wasserstein Loss for Neural Texture Synthesis", eq.
        4, with as many directions as channels, as there, and at most MOST_PLACES places. Unlike Gram matrices
        it sees whole distributions, beyond mean and covariance. 0 for the same features in any order, 1 for
        features that are 0 everywhere.
        """
        other = projections(features)
        if other.shape != self.values.shape:
            other = quantiles(other, self.values.shape[1])
        return ((other - self.values).square().mean() / self.values.square().mean().clamp_min(1e-12)).item()


def projections(features: Tensor) -> Tensor:
    """Features (1, C, H, W) along C unit directions, always the same, sorted: (C, N <= MOST_PLACES)."""
    places = features[0].flatten(1).mT  # a view where the memory is channels_last
    places = places[:: -(-len(places) // MOST_PLACES)].float()
    projected = directions(places.shape[1]).to(places.device) @ places.mT
    if projected.device.type != "cpu":
        return projected.sort(1).values
    return torch.from_numpy(np.sort(projected.numpy(), axis=1))  # several times quicker than PyTorch's


@cache
def directions(count: int) -> Tensor:
    """Unit vectors (C, C), drawn once."""
    random = torch.Generator().manual_seed(SEED)
    return F.normalize(torch.randn(count, count, generator=random), dim=1)


def quantiles(values: Tensor, count: int) -> Tensor:
    """Sorted values (C, N) as `count` quantiles, between which they are interpolated: (C, count)."""
    places = torch.linspace(0, values.shape[1] - 1, count, device=values.device)
    below = places.long().clamp_max(max(values.shape[1] - 2, 0))
    above = (below + 1).clamp_max(values.shape[1] - 1)
    return values[:, below].lerp(values[:, above], places - below)
