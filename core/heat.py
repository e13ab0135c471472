"""Matrices as heat maps: which of their rows are shown, and in which colours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

Colour = tuple[int, int, int]

FROM_NOTHING: tuple[Colour, ...] = ((22, 21, 20), (58, 86, 197), (226, 120, 60), (255, 244, 214))
BOTH_WAYS: tuple[Colour, ...] = ((58, 86, 197), (243, 241, 237), (200, 78, 32))  # less, the same, more


def strongest(gram: Tensor, count: int) -> Tensor:
    """The channels of a Gram matrix (C, C) with the largest mean squares, the largest first: at most `count`
    indices."""
    return gram.diagonal().argsort(descending=True, stable=True)[:count]


def signed_root(values: Tensor, largest: Tensor) -> Tensor:
    """Values as shares of `largest`, at most 1 either way, and their roots with their signs, so that small
    ones are seen too."""
    shares = (values / largest.clamp_min(1e-12)).clamp(-1, 1)
    return shares.sign() * shares.abs().sqrt()


def coloured(shares: Tensor, colours: Sequence[Colour]) -> Tensor:
    """Shares from 0 to 1 (H, W) as a picture (1, 3, H, W) in [0, 1], between colours at even distances."""
    stops = torch.tensor(colours, dtype=torch.float32, device=shares.device) / 255
    place = shares.clamp(0, 1) * (len(colours) - 1)
    low = place.long().clamp_max(len(colours) - 2)
    part = (place - low)[..., None]
    return (stops[low] * (1 - part) + stops[low + 1] * part).permute(2, 0, 1)[None]
