"""Are the results of a folder worse than an earlier results.csv, beyond noise?"""

from __future__ import annotations

import statistics
from pathlib import Path

import pandas as pd

from benchmarks.machine import read_machine
from benchmarks.rows import read
from benchmarks.series import table_of
from benchmarks.statistics import mean, ratio

PAIRED = ["label", "size", "content", "style"]  # what makes a measurement the same one in both tables


def gate(folder: Path, baseline: Path, slower: float, worse: float) -> int:
    """Print what is worse; 1 where something is, else 0. ValueError where nothing can be compared.

    Args:
        slower: share by which seconds may grow. On another machine than the baseline's all methods may grow
            alike: the median growth counts as the machine's.
        worse: share by which a mean distance may grow.
    """
    paths = folder / "results.csv", baseline
    now, before = (table_of(read(path)).reset_index().astype({"label": str}) for path in paths)
    before = before[before["error"] == ""]
    shared = now.merge(before, on=PAIRED, suffixes=("", "_before"))
    if shared.empty:
        raise ValueError(f"{folder} and {baseline} have no measurement in common.")
    failed = shared[shared["error"] != ""]
    found = [f"{row.label}, {row.size} px: {row.error}" for row in failed.itertuples()]
    good = shared[shared["error"] == ""].set_index(["content", "style"])
    same_machine = read_machine(folder)["device"] == read_machine(baseline.parent)["device"]
    found += slower_ones(good, same_machine, slower)
    found += worse_ones(good, "content_distance", worse) + worse_ones(good, "style_distance", worse)
    print(
        f"{len(shared)} measurements compared with {baseline}, {len(before) - len(shared)} of it are missing "
        "here."
    )
    print("\n".join(f"Worse: {each}" for each in found) or "Nothing is worse beyond noise.")
    return 1 if found else 0


def slower_ones(shared: pd.DataFrame, same_machine: bool, slower: float) -> list[str]:
    """What became slower, in sentences; by warm seconds where both have them, else by those of first runs."""
    warm = shared["warm_median"].notna() & shared["warm_median_before"].notna()
    shared = shared.assign(
        now=shared["warm_median"].where(warm, shared["total"]),
        before=shared["warm_median_before"].where(warm, shared["total_before"]),
    )
    growths = {group: ratio(each["now"], each["before"]) for group, each in groups(shared)}
    found = {group: each for group, each in growths.items() if each is not None and each.count > 1}
    by_machine = statistics.median(each.value for each in found.values()) if found and not same_machine else 1
    return [
        f"{name}: seconds x {each.value / by_machine:.2f} "
        f"({each.low / by_machine:.2f} to {each.high / by_machine:.2f}, {each.count} pairs)"
        for name, each in found.items()
        if each.low / by_machine > 1 + slower
    ]


def worse_ones(shared: pd.DataFrame, column: str, worse: float) -> list[str]:
    """Where a mean distance grew, in sentences."""
    sentences = []
    for name, each in groups(shared.dropna(subset=[column, f"{column}_before"])):
        growth, before = mean(each[column] - each[f"{column}_before"]), each[f"{column}_before"].mean()
        if growth.low > worse * before:
            sentences.append(
                f"{name}: {column.replace('_', ' ')} {before:.4f} grew by {growth.value:.4f} "
                f"({growth.low:.4f} to {growth.high:.4f}, {growth.count} pairs)"
            )
    return sentences


def groups(shared: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The measurements of each series and size, with the name of both."""
    grouped = shared.groupby(["label", "size"], sort=False)
    return [(f"{label}, {size} px", each) for (label, size), each in grouped]
