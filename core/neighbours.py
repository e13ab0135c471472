"""Nearest neighbours: how near a picture's patches are to a painting's, and how many of them it uses."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

CHUNK = 4096  # features whose neighbours are looked for at once
MOST_PLACES = 8192  # of each picture; evenly spread ones stand for all of a panorama
STRIDE, PATCH = 8, 68  # px at relu4_1: from one place to the next, and what one sees


def nearest(queries: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
    """For each of the queries (C, N) the nearest of the features (C, M): its cosine and its index, both (N,).

    Cosines are of features centred by their own mean, as Kolkin et al. 2022 (NNST) have them, section 3.2.
    """
    queries, features = (
        F.normalize(each - each.mean(1, keepdim=True), dim=0) for each in (queries, features)
    )
    starts = range(0, queries.shape[1], CHUNK)
    found = [(queries[:, i : i + CHUNK].mT @ features).max(1) for i in starts]
    return torch.cat([each.values for each in found]), torch.cat([each.indices for each in found])


def neighbours(picture: Tensor, painting: Tensor) -> tuple[float, float]:
    """Of features (1, C, H, W): the mean cosine distance of the picture's to their `nearest` in the painting,
    and the share of the painting's that are nearest to any.

    The first is 0 and the second 1 for the painting itself, save where it repeats itself. Li and Wand 2016
    match patches so; at relu4_1 a feature is a patch of PATCH px, and more of them are used the more of the
    painting a picture shows: one that fills itself with a single motif is near to it, too.
    """
    places, painted = (spread(each) for each in (picture, painting))
    cosines, found = nearest(places, painted)
    return (1 - cosines).mean().clamp_min(0).item(), int(found.bincount().count_nonzero()) / painted.shape[1]


def nearest_map(picture: Tensor, painting: Tensor) -> tuple[Tensor, Tensor]:
    """For each place of a picture's features (1, C, H, W) the cosine distance to its `nearest` among the
    painting's (1, C, h, w), and where that is, as row * w + column: both (H, W)."""
    painted = spread(painting)
    cosines, found = nearest(picture[0].float().flatten(1), painted)
    places = found * every(painting.shape[-2] * painting.shape[-1])
    return (1 - cosines).clamp_min(0).reshape(picture.shape[-2:]), places.reshape(picture.shape[-2:])


def spread(features: Tensor) -> Tensor:
    """Features (1, C, H, W) as (C, N) at no more than MOST_PLACES places."""
    flat = features[0].float().flatten(1)
    return flat[:, :: every(flat.shape[1])]


def every(places: int) -> int:
    """Each which of so many places stands for its neighbours too."""
    return -(-places // MOST_PLACES)
