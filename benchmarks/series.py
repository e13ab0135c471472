"""The rows as one pandas table, and the series in it: the rows of one method with one set of settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers import PEERS
from benchmarks.plain import PLAIN
from benchmarks.rows import COLUMNS, FLOATS, Row, shortened
from methods import ALL
from methods.base import Method


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """The rows in their order, by content and style, in the columns of results.csv and four more.

    label: what a reader knows the series by. seconds: the warm median where there is one, else those of the
    first run. iterative: whether it was measured on its way. picture: the file name of the result.
    """
    rows = list(rows)
    table = pd.DataFrame([vars(row) for row in rows], columns=COLUMNS).astype(dict.fromkeys(FLOATS, float))
    table["seconds"] = table["warm_median"].fillna(table["total"])
    table["iterative"] = table["course"].map(bool)
    table["picture"] = [row.picture for row in rows]
    kinds = {row.key[-2:]: row for row in rows}  # by method and settings
    labels = {key: label(row.method, row.title, row.settings) for key, row in kinds.items()}
    table["label"] = in_order(labels[row.key[-2:]] for row in rows)
    return table.set_index(["content", "style"])


def in_order(labels: Iterable[str]) -> pd.Categorical:
    """Labels that pandas sorts and groups in the order of their first appearance."""
    labels = list(labels)
    return pd.Categorical(labels, categories=list(dict.fromkeys(labels)))


def label(method: str, title: str, settings: Mapping[str, Any]) -> str:
    """The method's title, and of its settings those that are not its defaults."""
    known: dict[str, type[Method]] = {each.name: each for each in (*ALL, *PEERS, *PLAIN)}
    if method not in known:
        return title
    kind, changed = known[method].Settings, []
    preset, default = settings.get("preset"), next(iter(kind.presets), None)
    if preset != default:
        changed.append(str(preset))
    defaults = kind.make(**({"preset": preset} if preset in kind.presets else {})).as_dict()
    for name, value in settings.items():
        if value != shortened(defaults.get(name)):
            changed.append(f"{name.replace('_', ' ')} {value}")
    return f"{title}, {', '.join(changed)}" if changed else title


def series(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The table's rows by label."""
    return dict(iter(table.groupby("label", observed=True)))


def at(table: pd.DataFrame, size: int) -> pd.DataFrame:
    """The rows of one size."""
    return table[table["size"] == size]


def main_size(table: pd.DataFrame) -> int:
    """The size with the most rows, of several the largest."""
    counts = table["size"].value_counts()
    return int(counts[counts == counts.max()].index.max())


def common_pairs(table: pd.DataFrame) -> pd.Index:
    """The pairs of pictures that all series of a table of one size have."""
    present = table["label"].groupby(level=[0, 1]).nunique()
    return present.index[present == table["label"].nunique()]


def split_nearest(table: pd.DataFrame) -> pd.DataFrame:
    """Rows that painted the nearest style that a method knows as series of their own."""
    labels = table["label"].astype(str).mask(table["nearest"], lambda each: each + " (nearest)")
    return table.assign(label=in_order(labels))


def paces(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Series of steps of one size each, whatever their number: of each size the rows with the most steps."""
    steady = table[table["iterative"] & table["settings"].map(has_one_pace)]
    labels = [
        label(row.method, row.title, {k: v for k, v in row.settings.items() if k != "steps"})
        for row in steady.itertuples()
    ]
    steady = steady.assign(label=in_order(labels))
    most = steady.groupby(["label", "size"], observed=True)["steps"].transform("max")
    return series(steady[steady["steps"] == most])


def has_one_pace(settings: Mapping[str, Any]) -> bool:
    """Whether all steps of a run with these settings are of one size, and their number was set."""
    return settings.get("levels", 1) == 1 and not settings.get("seconds")


def seconds_at(course: list[list[float]], settings: Mapping[str, Any], steps: int) -> float | None:
    """After how many seconds a run with steps had taken so many of them; None where that is not known.

    Beyond its end by the pace of the run so far, where all its steps are of one size.
    """
    if len(course) < 2:
        return None
    taken, seconds = np.array(course)[:, :2].T
    if steps <= taken[-1]:
        return float(np.interp(steps, [0, *taken], [0, *seconds]))
    if not has_one_pace(settings):
        return None
    pace = (seconds[-1] - seconds[0]) / (taken[-1] - taken[0])
    return float(seconds[-1] + (steps - taken[-1]) * pace)
