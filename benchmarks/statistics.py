"""Numbers with what is known of their uncertainty: medians and quartiles, means and ratios with intervals.

An interval is a 95 % bootstrap interval with a fixed seed. Pairs of pictures that share a photo or a style
are no independent samples, so photos and styles are drawn again, each for itself, and a pair counts as often
as both together (Owen 2007, "The Pigeonhole Bootstrap").
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESAMPLES, SEED = 2000, 0
PERCENTILES = [2.5, 97.5]


@dataclass(frozen=True)
class Estimate:
    """A value, the interval around it, and the number of measurements behind it."""

    value: float
    low: float
    high: float
    count: int

    @property
    def errors(self) -> list[list[float]]:
        """How far the interval reaches down and up, as matplotlib's error bars take it."""
        return [[self.value - self.low], [self.high - self.value]]

    def overlaps(self, other: Estimate) -> bool:
        """Whether the two intervals have a number in common; one measurement alone has no interval."""
        alone = min(self.count, other.count) < 2
        return alone or (self.low <= other.high and other.low <= self.high)


def median(values: Iterable[float]) -> Estimate:
    """The median, and the quartiles as its interval; of one value at least."""
    numbers = list(values)
    low, middle, high = np.percentile(numbers, [25, 50, 75])
    return Estimate(float(middle), float(low), float(high), len(numbers))


def mean(values: pd.Series) -> Estimate:
    """The mean over pairs of pictures with its bootstrap interval; of one pair at least.

    `values` is indexed by content and style, each pair once.
    """
    table = values.unstack().sort_index(axis=0).sort_index(axis=1)  # one order, so that draws are the same
    low, high = np.nanpercentile(resampled_means(table), PERCENTILES)
    return Estimate(float(values.mean()), float(low), float(high), len(values))


def ratio(above: pd.Series, below: pd.Series) -> Estimate | None:
    """The geometric mean of the ratios of two positive numbers of one pair; None without common pairs."""
    logarithms = np.log(above / below).dropna()
    if logarithms.empty:
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


def resampled_means(table: pd.DataFrame) -> NDArray[np.float64]:
    """Means over photos and styles drawn again with replacement; NaN where no pair was drawn.

    `table` has a row for each photo, a column for each style, and NaN for missing pairs.
    """
    random = np.random.default_rng(SEED)
    weights = [random.multinomial(n, np.full(n, 1 / n), RESAMPLES).astype(float) for n in table.shape]
    filled, present = table.fillna(0).to_numpy(float), table.notna().to_numpy(float)
    total, count = (np.einsum("rp,ps,rs->r", weights[0], each, weights[1]) for each in (filled, present))
    means: NDArray[np.float64] = np.divide(total, count, out=np.full(RESAMPLES, np.nan), where=count > 0)
    return means
