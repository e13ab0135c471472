"""What a run will take on this machine: predicted beforehand, and fitted to what was measured."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import fast_dtype
from core.measure import Stopwatch
from methods.base import Method
from methods.settings import MethodSettings

REFERENCE_TRIAL = 0.0147  # seconds of `trial` on the machine of Method.reference_seconds
TRIALS = 5


@cache
def trial(device: torch.device) -> float:
    """Seconds of a convolution such as the networks consist of: the quickest of a few, after a warm-up."""
    dtype = fast_dtype(device)
    features = torch.zeros(1, 64, 256, 256, device=device, dtype=dtype)
    weight = torch.zeros(64, 64, 3, 3, device=device, dtype=dtype)
    seconds = []
    for _ in range(1 + TRIALS):
        with Stopwatch(device) as watch:
            F.conv2d(
                features.to(memory_format=torch.channels_last), weight.to(memory_format=torch.channels_last)
            )
        seconds.append(watch.seconds)
    return min(seconds[1:])


class Costs:
    """Predicts a method's seconds from its last runs here, and before the first from the machine's speed.

    A method's own formula for a reference machine (`Method.reference_seconds`) carries over from one setting
    to another; what is learnt here is how many times slower or faster this machine is. Safe to share among
    threads.

    Args:
        pace: this machine's seconds for one of the reference machine, until it is known better; None: from a
            trial.
    """

    def __init__(
        self, methods: Mapping[str, Method], device: torch.device, pace: float | None = None
    ) -> None:
        self.methods, self.device, self._pace = methods, device, pace
        self._lock = threading.Lock()
        self._paces: dict[str, dict[int, float]] = {name: {} for name in methods}  # by log2 of the pixels

    def record(self, name: str, settings: MethodSettings, pixels: int, seconds: float) -> None:
        """Learn from a finished run of a picture of so many pixels."""
        if math.isfinite(settings.most_seconds):
            return  # it was cut off, which says nothing of its steps
        pace = seconds / self.methods[name].reference_seconds(settings, pixels / 1e6)
        with self._lock:
            self._paces[name][round(math.log2(pixels))] = pace

    def predict(self, name: str, settings: MethodSettings, pixels: int) -> float:
        """Seconds that a run will take, without loading."""
        with self._lock:
            paces = dict(self._paces[name])
        nearest = min(paces, key=lambda known: abs(known - math.log2(pixels)), default=None)
        pace = self.first_pace() if nearest is None else paces[nearest]
        seconds = pace * self.methods[name].reference_seconds(settings, pixels / 1e6)
        return min(seconds, settings.most_seconds)

    def first_pace(self) -> float:
        """What is assumed of this machine before a method has run; the trial takes a moment, once."""
        return trial(self.device) / REFERENCE_TRIAL if self._pace is None else self._pace


def fitted(
    megapixels: Sequence[float], values: Sequence[float], relative: bool = True
) -> tuple[float, float]:
    """A fixed part and a part per megapixel, neither negative, with the least squared errors.

    Errors are `relative` to the values, which are then above 0, or absolute. Where nothing fixed can be told,
    as from a single size, all is put on the megapixels.
    """
    target = torch.tensor(values, dtype=torch.float64)[:, None]
    rows = torch.tensor([[1.0, size] for size in megapixels], dtype=torch.float64)
    if relative:
        rows, target = rows / target, target / target

    def least_squares(columns: Tensor) -> list[float]:
        solution: list[float] = torch.linalg.lstsq(columns, target).solution.flatten().tolist()
        return solution

    if len(set(megapixels)) > 1:
        fixed, slope = least_squares(rows)
        if slope < 0:
            return least_squares(rows[:, :1])[0], 0.0
        if fixed >= 0:
            return fixed, slope
    return 0.0, least_squares(rows[:, 1:])[0]
