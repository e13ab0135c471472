"""Noise that gives flat areas of a photo something to become texture and strokes."""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from core.patches import Patch

PERIOD = 1024  # px after which the noise on a picture repeats itself
COARSE = 8  # px, the distance of positions of relu4_1
FINE_SHARE, COARSE_SHARE = 0.8, 0.6


class Noise:
    """Noise on a picture of any size, the same on every device, of which a patch sees its part."""

    def __init__(self, seed: int, strength: float) -> None:
        self.pixels, self.strength = _of_seed(seed), strength

    def at(self, patch: Patch) -> Tensor:
        """The noise of what a patch reads, (1, 1, height, width)."""
        rows, columns = (torch.arange(span.start, span.stop) % PERIOD for span in (patch.rows, patch.columns))
        return self.strength * self.pixels[..., rows[:, None], columns]


def periodic_noise(count: int, side: int, random: torch.Generator) -> Tensor:
    """Grey noise of a deviation of about 1 that repeats seamlessly, (count, 1, side, side), of two scales.

    Pixels' noise gives fine texture, but hardly reaches relu4_1; noise as coarse as its positions makes
    neighbours differ, from which strokes come. `side` is a multiple of COARSE.
    """
    fine = torch.randn(count, 1, side, side, generator=random)
    positions = torch.randn(count, 1, side // COARSE, side // COARSE, generator=random)
    around = F.pad(positions, (2, 2, 2, 2), "circular")  # bicubic interpolation looks 2 positions far
    coarse = F.interpolate(around, scale_factor=COARSE, mode="bicubic")
    edge = 2 * COARSE
    return FINE_SHARE * fine + COARSE_SHARE * coarse[..., edge:-edge, edge:-edge]


@lru_cache(maxsize=4)
def _of_seed(seed: int) -> Tensor:
    return periodic_noise(1, PERIOD, torch.Generator().manual_seed(seed))
