"""Numbers with what is known of their uncertainty: medians and quartiles, means and ratios with intervals.

An interval is a 95 % bootstrap interval with a fixed seed. Pairs of pictures that share a photo or a style
are no independent samples, so photos and styles are drawn again, each for itself, and a pair counts as often
as both together (Owen 2007, "The Pigeonhole Bootstrap").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.rows import Cell

RESAMPLES, SEED = 2000, 0
PERCENTILES = [2.5, 97.5]


@dataclass(frozen=True)
class Estimate:
    """A value, the interval around it, and the number of measurements behind it."""

    value: float
    low: float
    high: float
    count: int

    def overlaps(self, other: Estimate) -> bool:
        """Whether the two intervals have a number in common; one measurement alone has no interval."""
        alone = min(self.count, other.count) < 2
        return alone or (self.low <= other.high and other.low <= self.high)


def median(values: Iterable[float]) -> Estimate:
    """The median, and the quartiles as its interval; of one value at least."""
    numbers = list(values)
    low, middle, high = np.percentile(numbers, [25, 50, 75])
    return Estimate(float(middle), float(low), float(high), len(numbers))


def mean(values: Mapping[Cell, float]) -> Estimate:
    """The mean over pairs of pictures with its bootstrap interval; of one pair at least."""
    table, there = crossed(values)
    draws = resampled_means(table, there)
    low, high = np.nanpercentile(draws, PERCENTILES)
    return Estimate(float(np.mean(list(values.values()))), float(low), float(high), len(values))


def ratio(above: Mapping[Cell, float], below: Mapping[Cell, float]) -> Estimate | None:
    """The geometric mean of the ratios of two positive numbers of one pair; None without common pairs."""
    logarithms = {cell: float(np.log(above[cell] / below[cell])) for cell in above if cell in below}
    if not logarithms:
        return None
    found = mean(logarithms)
    value, low, high = (float(np.exp(each)) for each in (found.value, found.low, found.high))
    return Estimate(value, low, high, found.count)


def ranks(estimates: Mapping[str, Estimate]) -> dict[str, str]:
    """Places, smallest first: "1", or "2–4" where an interval overlaps with others: they are not ranked."""
    places = {}
    for name, each in estimates.items():
        others = [other for key, other in estimates.items() if key != name]
        apart = [other for other in others if not each.overlaps(other)]
        first = 1 + sum(other.value < each.value for other in apart)
        last = len(estimates) - sum(other.value > each.value for other in apart)
        places[name] = str(first) if first == last else f"{first}–{last}"
    return places


def crossed(values: Mapping[Cell, float]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The values as a matrix of photos by styles with 0 for missing pairs, and 1 where there is one."""
    photos, styles = (sorted({cell[side] for cell in values}) for side in (0, 1))
    table, there = np.zeros((2, len(photos), len(styles)))
    for (photo, style), value in values.items():
        table[photos.index(photo), styles.index(style)] = value
        there[photos.index(photo), styles.index(style)] = 1
    return table, there


def resampled_means(table: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means over photos and styles drawn again with replacement; NaN where no pair was drawn."""
    random = np.random.default_rng(SEED)
    weights = [random.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float) for n in table.shape]
    total, count = (np.einsum("rp,ps,rs->r", weights[0], each, weights[1]) for each in (table, there))
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(RESAMPLES, np.nan), where=count > 0)
    return means
