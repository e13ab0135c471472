"""Whether the measures agree on which method is better: rank correlations, and where orders differ."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from benchmarks.statistics import Estimate, mean
from core.measures import MEASURES, Measure, Question

QUESTIONS: dict[Question, str] = {
    "photo": "how much of the photo is left",
    "painting": "how like the painting it is",
}  # of faults there are several kinds, which need not agree
FEWEST = 3  # methods on a pair whose ranks are correlated


def measured(table: pd.DataFrame) -> pd.DataFrame:
    """A row for each picture of a table of one size that has all measures: its label, and a column for each
    measure by its key. Only pairs of pictures that all methods have."""
    rows = table[table["measures"].map(bool)]
    values = pd.DataFrame(rows["measures"].tolist(), rows.index)
    values = values.assign(content=rows["content_distance"], style=rows["style_distance"])
    values.insert(0, "label", rows["label"].astype(str))
    methods = values.groupby(level=[0, 1])["label"].nunique()
    shared = methods.index[methods == values["label"].nunique()]
    return values[values.index.isin(shared)]


def places(values: pd.DataFrame) -> pd.DataFrame:
    """`measured` with each method's place on its pair in place of the values: 1 is best, equals share one."""
    placed = values.copy()
    for each in MEASURES:
        groups = values.groupby(level=[0, 1])[each.key]
        placed[each.key] = groups.rank(ascending=not each.more).to_numpy()
    return placed


def mean_places(placed: pd.DataFrame) -> pd.DataFrame:
    """The mean place of each method by each measure, as text; the best by the yardstick's style first."""
    means = placed.groupby("label")[[each.key for each in MEASURES]].mean().sort_values("style")
    shown = means.map("{:.1f}".format).rename(columns={each.key: each.title for each in MEASURES})
    return shown.rename_axis("method").reset_index()


def correlations(placed: pd.DataFrame, question: Question) -> dict[tuple[str, str], Estimate]:
    """Spearman's rank correlation of every two measures of a question, by their titles: over the methods on
    each pair of pictures, and of these the mean, with its bootstrap interval over photos and styles."""
    keys = {each.key: each.title for each in MEASURES if each.question == question}
    found: dict[tuple[str, str], list[float]] = {pair: [] for pair in combinations(keys, 2)}
    groups = placed.groupby(level=[0, 1])
    for (one, other), values in found.items():
        values += [spearman(group[one].to_numpy(), group[other].to_numpy()) for _, group in groups]
    index = pd.MultiIndex.from_tuples([name for name, _ in groups], names=["content", "style"])
    series = {pair: pd.Series(values, index).dropna() for pair, values in found.items()}
    return {(keys[one], keys[other]): mean(each) for (one, other), each in series.items() if len(each)}


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's correlation of two lists of ranks; NaN for fewer than FEWEST, or where all are equal."""
    if len(one) < FEWEST or not one.std() or not other.std():
        return float("nan")
    return float(np.corrcoef(one, other)[0, 1])


def disagreements(placed: pd.DataFrame, question: Question) -> Iterator[str]:
    """A sentence for every two methods whose order depends on the measure: one puts the first before the
    second, another after it, both so often that their intervals do not reach a draw."""
    measures = [each for each in MEASURES if each.question == question]
    by_label = dict(iter(placed.groupby("label")))
    for one, other in combinations(by_label, 2):
        before, after = [], []
        for each in measures:
            share = mean(lead(by_label[one], by_label[other], each))
            if share.count > 1 and share.low > 0:
                before.append(each.title)
            elif share.count > 1 and share.high < 0:
                after.append(each.title)
        if before and after:
            yield f"{one} is before {other} by {listed(before)}, after it by {listed(after)}."


def lead(one: pd.DataFrame, other: pd.DataFrame, measure: Measure) -> pd.Series:
    """By pair of pictures: 1 where the first method is better, -1 where the second is, 0 for a draw."""
    return np.sign(other[measure.key] - one[measure.key])


def listed(titles: Sequence[str]) -> str:
    """Titles in a sentence."""
    return titles[0] if len(titles) == 1 else f"{'; '.join(titles[:-1])} and {titles[-1]}"
