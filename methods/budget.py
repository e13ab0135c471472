"""How long a picture is optimised, and at which sizes: levels coarse to fine, steps, seconds, patience."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate

from methods.base import Stop

COARSEST_SHORT_SIDE = 64  # px; below this, relu5_1 sees too few positions for a Gram matrix to mean anything
OVERTIME = 0.5  # seconds by which a budget may be exceeded so that a finer level can begin
GAIN_SECONDS, GAIN_STEPS = 1.0, 4  # over which `patience` looks back at least


class Clock:
    """Seconds of a run's own work, without those that it spends paused by `stop`, or waiting for whoever
    looks at its frames."""

    def __init__(self, stop: Stop | None = None) -> None:
        self._stop, self._now = stop, stop.clock if stop else time.perf_counter
        self._started = self._now()

    @property
    def seconds(self) -> float:
        """So far."""
        return self._now() - self._started

    def check(self) -> None:
        """Raises Stopped where the run is to end; a step that is a CUDA graph does not check that itself."""
        if self._stop:
            self._stop.check()

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens inside does not count."""
        before = self.seconds
        yield
        self._started = self._now() - before


@dataclass(frozen=True)
class Level:
    """One size of the pyramid, (height, width), its steps, and the second after which the next begins."""

    size: tuple[int, int]
    steps: int
    last_second: float


def schedule(
    steps: int, seconds: float, levels: int, height: int, width: int, growth: int = 2, ratio: float = 2.0
) -> list[Level]:
    """The pyramid's levels, coarse to fine: `ratio` times the side and `growth` times the steps each time.

    A budget of `seconds` (0: none) is shared as the steps' pixels are.
    """
    sizes = pyramid(steps, levels, height, width, growth, ratio)
    work = list(accumulate(count * size[0] * size[1] for size, count in sizes))
    return [
        Level(size, count, seconds * part / work[-1]) for (size, count), part in zip(sizes, work, strict=True)
    ]


def pyramid(
    steps: int, levels: int, height: int, width: int, growth: int = 2, ratio: float = 2.0
) -> list[tuple[tuple[int, int], int]]:
    """Sizes and steps of each level of a (height, width) picture; fewer levels where it is small."""
    while levels > 1 and min(height, width) / ratio ** (levels - 1) < COARSEST_SHORT_SIDE:
        levels -= 1
    shares = [growth**level for level in range(levels)]
    counts = [steps * share // sum(shares) for share in shares]
    counts[-1] += steps - sum(counts)
    factors = [ratio**power for power in reversed(range(levels))]
    sizes = [(round(height / factor), round(width / factor)) for factor in factors]
    return [(size, count) for size, count in zip(sizes, counts, strict=True) if count]


class Patience:
    """Tells when an objective no longer falls by a share a second, looking back a second and some steps."""

    def __init__(self, share: float) -> None:
        self.share = share
        self.past: deque[tuple[float, float]] = deque()  # seconds, lowest value so far

    def over(self, seconds: float, value: float) -> bool:
        """Whether it is over, after `seconds`, with the objective at `value`; never where the share is 0."""
        lowest = min(value, self.past[-1][1]) if self.past else value
        self.past.append((seconds, lowest))
        while len(self.past) > GAIN_STEPS + 1 and self.past[1][0] <= seconds - GAIN_SECONDS:
            self.past.popleft()
        since, before = self.past[0]
        passed = seconds - since
        full = len(self.past) > GAIN_STEPS and passed >= GAIN_SECONDS
        return full and before - lowest < self.share * passed * before


@dataclass(frozen=True)
class Budget:
    """When a run ends: after `steps`; or, where `seconds` is not 0, after those; or by `patience` before."""

    steps: int
    seconds: float = 0.0
    patience: float = 0.0

    def expected(self, done: int, seconds: float) -> int:
        """How many steps it will be: as set, or as many as the seconds hold at the pace so far."""
        return max(done + 1, round(done * self.seconds / seconds)) if self.seconds else self.steps

    def allows(self, level: Level, finer: Level, pace: float, seconds: float) -> bool:
        """Whether there is time for a finer level's targets and first step, at `pace` seconds a step now."""
        cost = 2 * pace * finer.size[0] * finer.size[1] / (level.size[0] * level.size[1])
        return not self.seconds or seconds + cost <= self.seconds + OVERTIME
