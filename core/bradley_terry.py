"""Who is preferred, from votes between two at a time: the Bradley-Terry model with ties, and intervals."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
POINTS = 400 / np.log(10)  # of a unit of strength: 400 points more are chosen ten times as often
PRIOR = 1e-2  # precision around 0, which keeps who never lost finite
RESAMPLES, SEED = 300, 0
PERCENTILES = [2.5, 97.5]


@dataclass(frozen=True)
class Battle:
    """A vote between two: 1 where the first was chosen, 0 where the second was, 0.5 for a tie. `cluster` is
    what votes share that are not independent of each other, as the pair of pictures."""

    first: str
    second: str
    score: float
    cluster: Hashable


@dataclass(frozen=True)
class Strength:
    """Points above or below the mean of all, the 95 % interval around them, and the number of battles."""

    points: float
    low: float
    high: float
    battles: int


def chosen(lead: float) -> float:
    """How often who has so many points more than another is chosen, ties aside: from 0 to 1."""
    return float(1 / (1 + np.exp(-lead / POINTS)))


def strengths(battles: Iterable[Battle], resamples: int = RESAMPLES) -> dict[str, Strength]:
    """Each name's strength, the strongest first; nothing without battles.

    Intervals are from a bootstrap over clusters with a fixed seed.
    """
    fought = list(battles)
    names = sorted({name for each in fought for name in (each.first, each.second)})
    if not names:
        return {}
    counts = counted(fought, names)
    found = POINTS * fitted(counts.sum(0), len(names))
    random = np.random.default_rng(SEED)
    draws = random.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), resamples)
    again = [POINTS * fitted(np.tensordot(draw, counts, 1), len(names)) for draw in draws]
    low, high = np.percentile(again, PERCENTILES, axis=0)
    number = {name: sum(name in (each.first, each.second) for each in fought) for name in names}
    known = {
        name: Strength(float(found[place]), float(low[place]), float(high[place]), number[name])
        for place, name in enumerate(names)
    }
    return dict(sorted(known.items(), key=lambda item: -item[1].points))


def counted(battles: Iterable[Battle], names: list[str]) -> Array:
    """How often the first of two names won, the second, and neither, by cluster and two names in order:
    (clusters, pairs of names, 3)."""
    places = {pair: place for place, pair in enumerate(combinations(names, 2))}
    clusters: dict[Hashable, Array] = {}
    for each in battles:
        turned = each.first > each.second
        pair = (each.second, each.first) if turned else (each.first, each.second)
        outcome = 2 if each.score == 0.5 else int((each.score == 0) != turned)
        clusters.setdefault(each.cluster, np.zeros((len(places), 3)))[places[pair], outcome] += 1
    return np.stack(list(clusters.values()))


def fitted(counts: Array, size: int) -> Array:
    """The logarithms of the strengths of `size` names, mean 0, from counts of every two (pairs, 3).

    Davidson 1970, "On Extending the Bradley-Terry Model to Accommodate Ties", eq. 2.3: the first is chosen in
    proportion to p, the second to q, neither to v sqrt(p q). The likelihood is concave in the logarithms;
    Newton's steps, with a weak normal prior.
    """
    first, second = np.triu_indices(size, 1)
    pairs = np.arange(len(first))
    features = np.zeros((len(first), 3, size + 1))  # of the three outcomes, in strengths and log v
    features[pairs, 0, first] = features[pairs, 1, second] = 1
    features[pairs, 2, first] = features[pairs, 2, second] = 0.5
    features[:, 2, size] = 1
    parameters, totals = np.zeros(size + 1), counts.sum(1)
    for _ in range(50):
        logits = features @ parameters
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        slope = np.einsum("po,pok->k", counts - totals[:, None] * shares, features) - PRIOR * parameters
        means = np.einsum("po,pok->pk", shares, features)
        spread = np.einsum("p,po,pok,pol->kl", totals, shares, features, features)
        spread += PRIOR * np.eye(size + 1) - np.einsum("p,pk,pl->kl", totals, means, means)
        step = np.linalg.solve(spread, slope).clip(-2, 2)
        parameters += step
        if np.abs(step).max() < 1e-8:
            break
    found: Array = parameters[:size] - parameters[:size].mean()
    return found
