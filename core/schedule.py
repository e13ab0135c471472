"""How learning rates fall."""

from __future__ import annotations

import math


def half_cosine(done: float, constant: float, least: float) -> float:
    """The share of the learning rate that a step has: 1 for the share `constant` of a training, of which
    `done`, from 0 to 1, is over, then along half a cosine down to `least` (Loshchilov and Hutter 2017)."""
    fall = max(0.0, (done - constant) / (1 - constant))
    return least + (1 - least) * (1 + math.cos(math.pi * fall)) / 2
