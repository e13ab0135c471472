"""How long visitors wait, by the number of workers: a simulation of the line in front of them.

Comparisons come at random (a Poisson process), each quick or long, and are done in their order by whichever
worker is free first, as engine/queue.py gives them; who comes to a full line is refused.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace

from compare.limits import PUBLIC

HOURS = 24  # that are simulated
SPREAD = 0.25  # of a comparison's seconds around its kind's: the standard deviation of their logarithm


@dataclass(frozen=True)
class Traffic:
    """Who comes.

    Attributes:
        visitors: in an hour; each: comparisons of one.
        quick, long: seconds that a worker has for a comparison of that kind; share: of those that are long.
        room: comparisons that may wait in line.
    """

    visitors: int
    each: float
    quick: float
    long: float
    share: float
    room: int = PUBLIC.waiting

    @property
    def load(self) -> float:
        """Workers that would be busy all the time."""
        mean = (1 - self.share) * self.quick + self.share * self.long
        return self.visitors * self.each * mean / 3600


@dataclass(frozen=True)
class Outcome:
    """What so many workers come to: the part of the time that one is busy, seconds of waiting on average, of
    half and of 95 in 100 comparisons at most, and the part of the comparisons that is refused."""

    workers: int
    busy: float
    mean: float
    median: float
    most: float
    refused: float


def simulated(
    traffic: Traffic, workers: int, seed: int = 0, hours: float = HOURS, spread: float = SPREAD
) -> Outcome:
    """The line for some hours, from an empty one; the same seed gives the same visitors to any number of
    workers."""
    chance = random.Random(seed)
    free = [0.0] * workers  # when each worker is
    heapify(free)
    begins: deque[float] = deque()  # of comparisons that wait; in their order, for they begin in it
    now, worked, refused, waits = 0.0, 0.0, 0, list[float]()
    while now < 3600 * hours:
        now += chance.expovariate(traffic.visitors * traffic.each / 3600)
        kind = traffic.long if chance.random() < traffic.share else traffic.quick
        seconds = kind * chance.lognormvariate(0, spread)
        while begins and begins[0] <= now:
            begins.popleft()
        if len(begins) >= traffic.room:
            refused += 1
            continue
        begin = max(now, free[0])
        heapreplace(free, begin + seconds)
        begins.append(begin)
        worked += seconds
        waits.append(begin - now)
    waits.sort()
    share = refused / (refused + len(waits))
    busy = min(1.0, worked / (workers * max(now, *free)))
    mean = sum(waits) / len(waits)
    return Outcome(workers, busy, mean, waits[len(waits) // 2], waits[int(0.95 * len(waits))], share)


def table(traffic: Traffic, workers: Sequence[int]) -> str:
    """The outcomes as Markdown."""
    heads = ("workers", "busy", "mean wait", "half wait at most", "95 of 100 wait at most", "refused")
    lines = [f"| {' | '.join(heads)} |", "|" + "---|" * len(heads)]
    for count in workers:
        each = simulated(traffic, count)
        waits = f"{each.mean:.1f} s | {each.median:.1f} s | {each.most:.0f} s"
        lines.append(f"| {count} | {each.busy:.0%} | {waits} | {each.refused:.1%} |")
    return "\n".join(lines)
