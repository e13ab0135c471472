"""The report's figures, by matplotlib: plots that are sharp in print, and a contact sheet of all pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogFormatter, NullLocator
from PIL import Image
from torch import Tensor

from benchmarks.series import common_pairs, series
from benchmarks.statistics import mean, median
from core.images import open_picture, to_tensor
from core.metrics import pareto_front
from core.sheet import contact_sheet

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#444444", "#8C564B")
MARKERS = "osD^vPXdph"
DASHES = ("-", "--", ":", "-.")
BAR_STEP = 0.02  # of an axis's width, between the intervals at its right edge
DPI = 200
WIDTH = 7.2  # inches
SHEET_SIDE = 72  # px, of each picture of the contact sheet
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
SHEET_LOOK: dict[Any, Any] = {"font.size": 6, "axes.grid": False}


class Palette:
    """A colour and a marker for each series of a table, the same in all figures."""

    def __init__(self, table: pd.DataFrame) -> None:
        self.places = {label: place for place, label in enumerate(table["label"].unique())}

    def colour(self, label: str) -> str:
        """The colour of a series, or of the one that its "(nearest)" rows were split from."""
        return COLOURS[self._place(label) % len(COLOURS)]

    def marker(self, label: str) -> str:
        """Its marker, for those who do not see the colour."""
        return MARKERS[self._place(label) % len(MARKERS)]

    def _place(self, label: str) -> int:
        return self.places[label.removesuffix(" (nearest)")]


@contextmanager
def drawing(path: Path, height: float, columns: int = 1) -> Iterator[list[Axes]]:
    """The axes, side by side, of a figure with a legend below it, which is then saved."""
    with matplotlib.rc_context(LOOK):
        figure = Figure(figsize=(WIDTH, height))
        axes = list(figure.subplots(1, columns, squeeze=False)[0])
        yield axes
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower center", ncols=2)
        figure.savefig(path, dpi=DPI)


def plain_numbers(axis: Axis) -> None:
    """Numbers as 0.1, 1, 10 along a logarithmic axis, and between them where it spans few powers of ten."""
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(LogFormatter(minor_thresholds=(1, 0.4)))


def losses(table: pd.DataFrame, palette: Palette, path: Path) -> int:
    """Content and style distance of methods with steps over their steps, and of the others as levels.

    All on the pairs that all series of the table, of one size, were measured on; returns how many.
    """
    pairs = common_pairs(table)
    table = table[table.index.isin(pairs)]
    slow, quick = (series(table[table["iterative"] == kind]) for kind in (True, False))
    with drawing(path, 3.6, columns=2) as axes:
        for column, (axis, name) in enumerate(zip(axes, ("content", "style"), strict=True), start=2):
            for label, each in slow.items():
                axis.plot(*mean_course(each["course"], column), color=palette.colour(label), label=label)
            for place, (label, each) in enumerate(quick.items()):
                level, colour = mean(each[f"{name}_distance"]), palette.colour(label)
                axis.axhline(level.value, color=colour, linestyle=DASHES[place % len(DASHES)], label=label)
                edge, transform = 1 - BAR_STEP * (len(quick) - place), axis.get_yaxis_transform()
                axis.vlines(edge, level.low, level.high, colour, linewidth=2, transform=transform)
            axis.set(xscale="log", xlabel="steps", ylabel=f"{name} distance", ylim=(0, None))
            first, last = axis.get_xlim()
            axis.set_xlim(right=last * (last / first) ** (BAR_STEP * (len(quick) + 1)))  # room for the bars
            plain_numbers(axis.xaxis)
        photo = mean(next(iter(slow.values()))["untouched_style"]).value
        axes[1].axhline(photo, color="#8a92a0", linewidth=0.8)
        where = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "ha": "right"}
        axes[1].annotate("the untouched photo", (0.98, photo), (0, 3), **where)  # type: ignore[arg-type]
    return len(pairs)


def mean_course(courses: pd.Series, column: int) -> tuple[list[float], list[float]]:
    """Steps, and the mean over the pairs of what their courses have in that column, between their samples."""
    arrays = [np.array(course) for course in courses]
    first, last = max(each[0, 0] for each in arrays), min(each[-1, 0] for each in arrays)
    steps = np.geomspace(first, max(first, last), 60)
    values = np.mean([np.interp(steps, each[:, 0], each[:, column]) for each in arrays], axis=0)
    return steps.tolist(), values.tolist()


def resolution(table: pd.DataFrame, palette: Palette, path: Path) -> None:
    """Seconds over the long side, medians and quartiles, on the pairs measured at all of a method's sizes."""
    several = table[table.groupby("label", observed=True)["size"].transform("nunique") > 1]
    table = table if several.empty else several
    with drawing(path, 4) as (axis,):
        for label, each in series(table).items():
            sizes = each.groupby(level=[0, 1])["size"].nunique()
            everywhere = each[each.index.isin(sizes.index[sizes == each["size"].nunique()])]
            if everywhere.empty:
                continue
            found = {size: median(some["seconds"]) for size, some in everywhere.groupby("size")}
            axis.errorbar(
                list(found),
                [point.value for point in found.values()],
                np.hstack([point.errors for point in found.values()]),
                color=palette.colour(label),
                marker=palette.marker(label),
                markersize=4,
                capsize=2,
                label=label,
            )
        sizes = sorted(table["size"].unique())
        axis.set(xscale="log", yscale="log", xlabel="long side, px", ylabel="seconds")
        axis.set_xticks(sizes, [str(size) for size in sizes])
        axis.xaxis.set_minor_locator(NullLocator())
        plain_numbers(axis.yaxis)


def trade(table: pd.DataFrame, palette: Palette, path: Path) -> int:
    """Style distance over seconds with the Pareto front, on the pairs that all were measured on; how many."""
    pairs = common_pairs(table)
    groups = series(table[table.index.isin(pairs)])
    points = {
        label: (median(each["seconds"]), mean(each["style_distance"])) for label, each in groups.items()
    }
    front = pareto_front(points, lambda label: (points[label][0].value, points[label][1].value))
    with drawing(path, 4) as (axis,):
        line = np.array([[each.value for each in points[label]] for label in front])
        axis.plot(*line.T, color="#9aa3b2", linestyle="--", linewidth=1, zorder=1)
        for label, (x, y) in points.items():
            axis.errorbar(
                x.value,
                y.value,
                y.errors,
                x.errors,
                color=palette.colour(label),
                marker=palette.marker(label),
                markersize=7,
                markerfacecolor=palette.colour(label) if label in front else "white",
                capsize=2,
                label=label,
            )
        axis.set(xscale="log", xlabel="seconds", ylabel="style distance", ylim=(0, None))
        plain_numbers(axis.xaxis)
    return len(pairs)


def sheet(table: pd.DataFrame, pictures: Path, path: Path) -> None:
    """Write the contact sheet of a folder's pictures, those of a table of one size, as JPEG.

    A row for each style; for each photo the methods side by side. What is not there stays white.
    """
    rows = table.sort_values("label", kind="stable")
    names = {(*row.Index, row.label): row.picture for row in rows.itertuples()}
    photos, styles = (rows.index.unique(level) for level in ("content", "style"))
    labels = rows["label"].unique()
    columns = list(product(photos, labels))
    files = [["", *(f"{photo}.jpg" if label == labels[0] else "" for photo, label in columns)]]
    for style in styles:
        files.append([f"{style}.jpg", *(names.get((photo, style, label), "") for photo, label in columns)])
    picture = contact_sheet([[opened(pictures / name) for name in line] for line in files], SHEET_SIDE)
    heads = ["style", *(f"{Path(photo).stem}: {label}" for photo, label in columns)]
    named(picture, ["photo", *(Path(style).stem for style in styles)], heads, path)


def opened(path: Path) -> Tensor:
    """The picture of a file, white where there is none."""
    return to_tensor(open_picture(path).rgb) if path.is_file() else torch.ones(1, 3, SHEET_SIDE, SHEET_SIDE)


def named(picture: Image.Image, rows: Sequence[str], columns: Sequence[str], path: Path) -> None:
    """Write a contact sheet, pixel by pixel, with names beside its rows and above its columns."""
    with matplotlib.rc_context(SHEET_LOOK):
        figure = Figure(figsize=(picture.width / DPI, picture.height / DPI))
        axis = figure.add_axes((0, 0, 1, 1))  # the names stand outside, so that the page grows
        axis.imshow(np.asarray(picture), interpolation="none", aspect="auto")
        axis.spines[:].set_visible(False)
        axis.tick_params(length=0, labeltop=True, labelbottom=False)
        across, down = (np.arange(len(names)) + 0.5 for names in (columns, rows))
        axis.set_xticks(across * picture.width / len(columns), list(columns), rotation=90)
        axis.set_yticks(down * picture.height / len(rows), list(rows))
        figure.savefig(path, dpi=DPI, bbox_inches="tight", pil_kwargs={"quality": 54, "optimize": True})
