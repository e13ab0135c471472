"""The report's figures, by matplotlib: PNG files that are sharp in print."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatter, NullLocator

from benchmarks.estimates import mean, median
from benchmarks.rows import Cell
from benchmarks.series import Series, common_cells
from core.metrics import pareto_front

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444", "#8C564B")
MARKERS = "osD^vPXdph"
DASHES = ("-", "--", ":", "-.")
BAR_STEP = 0.02  # of an axis's width, between the intervals at its right edge
DPI = 200
LOOK: dict[Any, Any] = {  # matplotlib types its keys one by one
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.ymargin": 0.08,
    "grid.color": "#e3e6ec",
    "axes.edgecolor": "#5b6475",
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}


def plain_numbers(axis: Axis) -> None:
    """Numbers as 0.1, 1, 10 along a logarithmic axis, and between them where it spans few powers of ten."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))


class Palette:
    """A colour and a marker for each series, the same in all figures."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.places = {label: place for place, label in enumerate(labels)}

    def colour(self, series: Series) -> str:
        """The colour of a series, or of the one that its "(nearest)" rows were split from."""
        return COLOURS[self._place(series) % len(COLOURS)]

    def marker(self, series: Series) -> str:
        """Its marker, for those who do not see the colour."""
        return MARKERS[self._place(series) % len(MARKERS)]

    def _place(self, series: Series) -> int:
        return self.places[series.label.removesuffix(" (nearest)")]


def losses(slow: Sequence[Series], quick: Sequence[Series], size: int, palette: Palette, path: Path) -> int:
    """Content and style distance of methods with steps over their steps, and of the others as levels.

    All on the pairs that all were measured on; returns how many.
    """
    cells = common_cells([*slow, *quick], size)
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(7.2, 3.6))
        axes = figure.subplots(1, 2)
        for column, (axis, name) in enumerate(zip(axes, ("content", "style"), strict=True), start=2):
            for each in slow:
                steps, values = mean_course(each, size, cells, column)
                axis.plot(steps, values, color=palette.colour(each), label=each.label)
            for place, each in enumerate(quick):
                level = mean(levels(each, size, cells, f"{name}_distance"))
                dash = DASHES[place % len(DASHES)]
                axis.axhline(level.value, color=palette.colour(each), linestyle=dash, label=each.label)
                edge, through = 1 - BAR_STEP * (len(quick) - place), axis.get_yaxis_transform()
                axis.vlines(edge, level.low, level.high, palette.colour(each), linewidth=2, transform=through)
            axis.set(xscale="log", xlabel="steps", ylabel=f"{name} distance", ylim=(0, None))
            first, last = axis.get_xlim()
            axis.set_xlim(right=last * (last / first) ** (BAR_STEP * (len(quick) + 1)))  # room for the bars
            plain_numbers(axis.xaxis)
        photo = mean(levels(slow[0], size, cells, "untouched_style")).value
        axes[1].axhline(photo, color="#8a92a0", linewidth=0.8)
        axes[1].annotate(
            "the untouched photo",
            (0.98, photo),
            (0, 3),
            ("axes fraction", "data"),
            "offset points",
            ha="right",
        )
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        figure.savefig(path, dpi=DPI)
    return len(cells)


def levels(series: Series, size: int, cells: set[Cell], name: str) -> dict[Cell, float]:
    """A row's number of that name for each of the pairs."""
    values = series.values(size, lambda row: getattr(row, name))
    return {cell: value for cell, value in values.items() if cell in cells}


def mean_course(series: Series, size: int, cells: set[Cell], column: int) -> tuple[list[float], list[float]]:
    """Steps, and the mean over the pairs of what their courses have in that column, between their samples."""
    courses = [np.array(row.course) for row in series.at(size) if row.course and row.cell in cells]
    first, last = max(each[0, 0] for each in courses), min(each[-1, 0] for each in courses)
    steps = np.geomspace(first, max(first, last), 60)
    values = np.mean([np.interp(steps, each[:, 0], each[:, column]) for each in courses], axis=0)
    return steps.tolist(), values.tolist()


def resolution(some: Sequence[Series], palette: Palette, path: Path) -> None:
    """Seconds over the long side, medians and quartiles, on the pairs measured at all of a method's sizes."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(7.2, 4))
        axis = figure.subplots()
        for each in some:
            cells = set.intersection(*({row.cell for row in each.at(size)} for size in each.sizes))
            if not cells:
                continue
            found = [median(each.seconds(size)[cell] for cell in cells) for size in each.sizes]
            axis.errorbar(
                each.sizes,
                [point.value for point in found],
                [[point.value - point.low for point in found], [point.high - point.value for point in found]],
                color=palette.colour(each),
                marker=palette.marker(each),
                markersize=4,
                capsize=2,
                label=each.label,
            )
        sizes = sorted({size for each in some for size in each.sizes})
        axis.set(xscale="log", yscale="log", xlabel="long side, px", ylabel="seconds")
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        plain_numbers(axis.yaxis)
        figure.legend(loc="outside lower center", ncols=2)
        figure.savefig(path, dpi=DPI)


def trade(some: Sequence[Series], size: int, palette: Palette, path: Path) -> int:
    """Style distance over seconds with the Pareto front, on the pairs that all were measured on; how many."""
    cells = common_cells(some, size)
    points = []
    for each in some:
        seconds = [value for cell, value in each.seconds(size).items() if cell in cells]
        points.append((each, median(seconds), mean(levels(each, size, cells, "style_distance"))))
    front = pareto_front(points, lambda point: (point[1].value, point[2].value))
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(7.2, 4))
        axis = figure.subplots()
        line = np.array([(x.value, y.value) for _, x, y in front])
        axis.plot(*line.T, color="#9aa3b2", linestyle="--", linewidth=1, zorder=1)
        for each, x, y in points:
            best = any(each is other for other, _, _ in front)
            axis.errorbar(
                x.value,
                y.value,
                [[y.value - y.low], [y.high - y.value]],
                [[x.value - x.low], [x.high - x.value]],
                color=palette.colour(each),
                marker=palette.marker(each),
                markersize=7,
                markerfacecolor=palette.colour(each) if best else "white",
                capsize=2,
                label=each.label,
            )
        axis.set(xscale="log", xlabel="seconds", ylabel="style distance", ylim=(0, None))
        plain_numbers(axis.xaxis)
        figure.legend(loc="outside lower center", ncols=2)
        figure.savefig(path, dpi=DPI)
    return len(cells)
