"""Rows that belong together: one method with one set of settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from benchmarks.peers import PEERS
from benchmarks.rows import Cell, Row, shortened
from methods import ALL
from methods.base import Method


@dataclass(frozen=True)
class Series:
    """Measured rows of one method with one set of settings; `label` is what a reader knows it by."""

    label: str
    rows: tuple[Row, ...]

    @property
    def method(self) -> str:
        """Its key."""
        return self.rows[0].method

    @property
    def settings(self) -> dict[str, Any]:
        """Those of all its rows."""
        return self.rows[0].settings

    @property
    def has_course(self) -> bool:
        """Whether it takes steps and was measured on its way."""
        return any(row.course for row in self.rows)

    @property
    def sizes(self) -> list[int]:
        """At which it was measured."""
        return sorted({row.size for row in self.rows})

    def at(self, size: int) -> list[Row]:
        """The rows of a size."""
        return [row for row in self.rows if row.size == size]

    def values(self, size: int, value: Callable[[Row], float | None]) -> dict[Cell, float]:
        """A number of each pair at a size, where it is known."""
        found = {row.cell: value(row) for row in self.at(size)}
        return {cell: each for cell, each in found.items() if each is not None}

    def seconds(self, size: int) -> dict[Cell, float]:
        """Seconds of each pair at a size."""
        return self.values(size, lambda row: row.seconds)


def series_of(rows: Iterable[Row], split_nearest: bool) -> list[Series]:
    """All series in the order of the rows, without failed runs.

    Args:
        split_nearest: rows that painted the nearest style that a method knows are a series of their own.
    """
    groups: dict[str, list[Row]] = {}
    for row in rows:
        if not row.error:
            told = label(row) + (" (nearest)" if split_nearest and row.nearest else "")
            groups.setdefault(told, []).append(row)
    return [Series(name, tuple(group)) for name, group in groups.items()]


def label(row: Row) -> str:
    """The method's title, and of its settings those that are not its defaults."""
    known: dict[str, type[Method]] = {method.name: method for method in (*ALL, *PEERS)}
    if row.method not in known:
        return row.title
    kind, changed = known[row.method].Settings, []
    preset, default = row.settings.get("preset"), next(iter(kind.presets), None)
    if preset != default:
        changed.append(str(preset))
    usual = kind.make(**({"preset": preset} if preset in kind.presets else {})).as_dict()
    for name, value in row.settings.items():
        if value != shortened(usual.get(name)):
            changed.append(f"{name.replace('_', ' ')} {value}")
    return f"{row.title}, {', '.join(changed)}" if changed else row.title


def paces(some: Iterable[Series]) -> list[Series]:
    """Series of steps of one size each, whatever their number: of each size the rows with the most steps."""
    groups: dict[str, list[Row]] = {}
    for row in (row for each in some for row in each.rows if row.course and has_one_pace(row)):
        apart = {name: value for name, value in row.settings.items() if name != "steps"}
        groups.setdefault(label(replace(row, settings=apart)), []).append(row)
    return [Series(name, tuple(longest(group))) for name, group in groups.items()]


def longest(rows: Sequence[Row]) -> list[Row]:
    """Of each size the rows with the most steps."""
    most = {size: max(row.steps or 0 for row in rows if row.size == size) for size in {r.size for r in rows}}
    return [row for row in rows if row.steps == most[row.size]]


def has_one_pace(row: Row) -> bool:
    """Whether all its steps are of one size, and their number was set."""
    return row.settings.get("levels", 1) == 1 and not row.settings.get("seconds")


def common_cells(some: Sequence[Series], size: int) -> set[Cell]:
    """The pairs that all of them were measured on at a size."""
    cells = [{row.cell for row in each.at(size)} for each in some if each.at(size)]
    return set.intersection(*cells) if cells else set()


def main_size(some: Sequence[Series]) -> int:
    """The size with the most rows, of several the largest."""
    counts = {size: sum(len(each.at(size)) for each in some) for each in some for size in each.sizes}
    return max(counts, key=lambda size: (counts[size], size))


def seconds_at(row: Row, steps: int) -> float | None:
    """After how many seconds a run with steps had taken so many of them; None where that is not known.

    Beyond its end by the pace of the run so far, where all its steps are of one size.
    """
    if len(row.course) < 2:
        return None
    taken, seconds = np.array(row.course)[:, :2].T
    if steps <= taken[-1]:
        return float(np.interp(steps, [0, *taken], [0, *seconds]))
    if not has_one_pace(row):
        return None
    pace = (seconds[-1] - seconds[0]) / (taken[-1] - taken[0])
    return float(seconds[-1] + (steps - taken[-1]) * pace)
