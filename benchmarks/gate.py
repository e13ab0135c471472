"""Are the results of a folder worse than an earlier results.csv, beyond noise?"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from pathlib import Path

from benchmarks.estimates import Estimate, mean, ratio
from benchmarks.machine import read_machine
from benchmarks.rows import Cell, Key, Row, read
from benchmarks.series import Series, label, series_of

Group = tuple[str, int]  # a series' label and a size

DISTANCES: dict[str, Callable[[Row], float | None]] = {
    "content distance": lambda row: row.content_distance,
    "style distance": lambda row: row.style_distance,
}


def gate(folder: Path, baseline: Path, slower: float, worse: float) -> int:
    """Print what is worse; 1 where something is, else 0. ValueError where nothing can be compared.

    Args:
        slower: share by which seconds may grow. On another machine than the baseline's all methods may grow
            alike: the median growth counts as the machine's.
        worse: share by which a mean distance may grow.
    """
    now, before = read(folder / "results.csv"), read(baseline)
    shared = {row.key for row in now} & {row.key for row in before if not row.error}
    if not shared:
        raise ValueError(f"{folder} and {baseline} have no measurement in common.")
    cold = {row.key for row in (*now, *before) if row.warm_median is None}
    rows = [[alike(row, cold) for row in some if row.key in shared] for some in (now, before)]
    new, old = (groups(series_of(some, split_nearest=False)) for some in rows)
    found = [f"{label(row)}, {row.size} px: {row.error}" for row in rows[0] if row.error]
    found += slower_ones(growths(new, old), machine_factor(folder, baseline, growths(new, old)), slower)
    for name, value in DISTANCES.items():
        found += worse_ones(name, value, new, old, worse)
    missing = sum(row.key not in shared for row in before if not row.error)
    print(f"{len(shared)} measurements compared with {baseline}, {missing} of it are missing here.")
    print("\n".join(f"Worse: {each}" for each in found) or "Nothing is worse beyond noise.")
    return 1 if found else 0


def alike(row: Row, cold: Container[Key]) -> Row:
    """The row without its warm seconds where its counterpart has none: first runs are compared then."""
    return replace(row, warm_median=None) if row.key in cold else row


def groups(some: list[Series]) -> dict[Group, Series]:
    """The series by label and size."""
    return {(each.label, size): each for each in some for size in each.sizes}


def growths(new: Mapping[Group, Series], old: Mapping[Group, Series]) -> dict[Group, Estimate]:
    """The paired ratio of seconds now to seconds before, where it has an interval."""
    found = {
        group: ratio(new[group].seconds(group[1]), old[group].seconds(group[1]))
        for group in new
        if group in old
    }
    return {group: each for group, each in found.items() if each is not None and each.count > 1}


def machine_factor(folder: Path, baseline: Path, found: Mapping[Group, Estimate]) -> float:
    """By how much this machine is slower than the baseline's; 1 on the same one."""
    same = read_machine(folder)["device"] == read_machine(baseline.parent)["device"]
    return 1.0 if same or not found else statistics.median(each.value for each in found.values())


def slower_ones(found: Mapping[Group, Estimate], factor: float, slower: float) -> list[str]:
    """What became slower, in sentences."""
    return [
        f"{name}, {size} px: seconds x {each.value / factor:.2f} "
        f"({each.low / factor:.2f} to {each.high / factor:.2f}, {each.count} pairs)"
        for (name, size), each in found.items()
        if each.low / factor > 1 + slower
    ]


def worse_ones(
    name: str,
    value: Callable[[Row], float | None],
    new: Mapping[Group, Series],
    old: Mapping[Group, Series],
    worse: float,
) -> list[str]:
    """Where a mean distance grew, in sentences."""
    sentences = []
    for group, series in new.items():
        size = group[1]
        before = old[group].values(size, value) if group in old else {}
        after = series.values(size, value)
        change: dict[Cell, float] = {cell: after[cell] - before[cell] for cell in after if cell in before}
        if not change:
            continue
        new_choices, usual = mean(change), statistics.mean(before[cell] for cell in change)
        if new_choices.low > worse * usual:
            sentences.append(
                f"{group[0]}, {size} px: {name} {usual:.4f} grew by {new_choices.value:.4f} "
                f"({new_choices.low:.4f} to {new_choices.high:.4f}, {new_choices.count} pairs)"
            )
    return sentences
