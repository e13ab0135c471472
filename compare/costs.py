"""What a run will take on this machine: predicted beforehand, and fitted to what was measured."""

from __future__ import annotations

import math
import statistics
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from compare.schema import Tile
from core.device import fast_dtype
from core.measure import Stopwatch
from methods.base import Method
from methods.settings import MethodSettings

REFERENCE_SECONDS = 0.0147  # seconds of `calibrate` on the machine of Method.reference_seconds
CALIBRATIONS = 15
COLD_SECONDS = 3.0  # a first pass that takes longer hardly consists of preparing kernels
MOST_COLD = 3.0  # times as long as the next that a first pass is taken to be at most


@cache
def calibrate(device: torch.device) -> float:
    """Seconds of a convolution such as the networks consist of: the quickest of a few, after a warm-up."""
    dtype = fast_dtype(device)
    features = torch.zeros(1, 64, 256, 256, device=device, dtype=dtype)
    weight = torch.zeros(64, 64, 3, 3, device=device, dtype=dtype)
    seconds = []
    for _ in range(1 + CALIBRATIONS):
        with Stopwatch(device) as watch:
            F.conv2d(
                features.to(memory_format=torch.channels_last), weight.to(memory_format=torch.channels_last)
            )
        seconds.append(watch.seconds)
    return min(seconds[1:])


def speed_factor(device: torch.device) -> float:
    """A device's seconds for one of the machine of Method.reference_seconds, as `calibrate` finds."""
    return calibrate(device) / REFERENCE_SECONDS


class CostModel:
    """Predicts a method's seconds from its last runs here, and before the first from the machine's speed.

    A method's own formula for a reference machine (`Method.reference_seconds`) carries over from one setting
    to another; what is learnt here is how many times slower or faster this machine is. A first quick pass
    also prepares kernels: it says how long the next can be at most, and what else ran here, how long it will
    be. Safe to share among threads.

    Args:
        device: what settings that leave something to the machine are decided for.
        speed_factor: gives this machine's seconds for one of the reference machine, which is assumed until a
            method has run; it may take a moment, once.
    """

    def __init__(
        self, methods: Mapping[str, Method], device: torch.device, speed_factor: Callable[[], float]
    ) -> None:
        self.methods, self.device, self.speed_factor = methods, device, speed_factor
        self._lock = threading.Lock()
        self._factors: dict[str, dict[int, float]] = {name: {} for name in methods}  # by log2 of the pixels
        self._first: dict[str, dict[int, float]] = {name: {} for name in methods}  # of quick first passes

    def record(self, tile: Tile) -> None:
        """Learn from a tile whose method ran to its end."""
        if tile.image is None or tile.seconds is None or math.isfinite(tile.settings.most_seconds):
            return  # what was cut off says nothing of its steps
        pixels = tile.image.shape[0] * tile.image.shape[1]
        reference = self.methods[tile.method].reference_seconds(tile.settings, pixels / 1e6)
        learnt = tile.learning is not None and tile.learning.picture is not None  # which no warm run repeats
        factor = (tile.seconds.total if learnt else tile.seconds.median) / reference
        size, seconds = round(math.log2(pixels)), tile.seconds
        with self._lock:
            known, first = self._factors[tile.method], self._first[tile.method]
            single = tile.total == 1 and not seconds.warm and seconds.total < COLD_SECONDS
            if single and size not in known and size not in first:
                first[size] = factor
            else:
                known[size] = factor
                first.pop(size, None)

    def decided(self, name: str, settings: MethodSettings) -> MethodSettings:
        """A method's settings as a run here has them: with what they leave to the machine."""
        decided: MethodSettings = self.methods[name].decide(settings, self.device)
        return decided

    def predict(self, name: str, settings: MethodSettings, pixels: int) -> float:
        """Seconds that a run will take, without loading."""
        settings = self.decided(name, settings)
        with self._lock:
            known, first = dict(self._factors[name]), dict(self._first[name])
            all_known = [factor for each in self._factors.values() for factor in each.values()]
        nearest = min({**first, **known}, key=lambda size: abs(size - math.log2(pixels)), default=None)
        if nearest in known:
            factor = known[nearest]
        else:
            factor = self.speed_factor()
            if nearest is not None:
                usual = statistics.median(all_known) if all_known else factor
                factor = min(first[nearest], max(first[nearest] / MOST_COLD, usual))
        seconds = factor * self.methods[name].reference_seconds(settings, pixels / 1e6)
        return min(seconds, settings.most_seconds)


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
