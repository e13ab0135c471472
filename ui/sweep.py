"""The resolution sweep: its sizes and button, and what it found, in two drawings and a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import gradio as gr

from compare.comparison import Tile
from ui.picture_input import said
from ui.scaling import MEMORY, SECONDS, Line, Quantity, scaling
from ui.tile import MEGABYTE, megabytes, time

SIZES = (256, 384, 512, 768, 1024, 1536, 2048)
FIRST_SIZES = (256, 512, 1024)


class SweepPanel:
    """Constructing one draws it."""

    def __init__(self) -> None:
        with gr.Accordion("Resolution sweep", open=False, elem_classes="panel"):
            self.sizes = gr.CheckboxGroup(
                [(f"{size:,}", size) for size in SIZES],
                value=list(FIRST_SIZES),
                label="Sizes",
                info="Long sides in pixels; the chosen methods run at each, with the settings as they stand",
            )
            self.forecast = gr.HTML(said(""), apply_default_css=False)
            self.button = gr.Button("Run the sweep", elem_id="sweep")


def checked_sizes(sizes: Any) -> tuple[int, ...]:
    """The sizes of a sweep, small ones first; ValueError where there is none or one is not offered."""
    if not isinstance(sizes, (list, tuple)) or not sizes or not set(sizes) <= set(SIZES):
        offered = ", ".join(map(str, SIZES))
        raise ValueError(f"The sweep's sizes are {sizes!r}; choose at least one of {offered}.")
    return tuple(sorted(set(sizes)))


@dataclass(frozen=True)
class Point:
    """What a method took at one size. Without seconds it gave no picture, and `told` says why."""

    size: int
    pixels: int
    seconds: float | None
    memory: int | None  # bytes
    told: str

    @property
    def megapixels(self) -> float:
        """As the drawings count them."""
        return self.pixels / 1e6

    @property
    def megabytes(self) -> float:
        """As the drawings count them, 1 at least: an allocator may have had the room already."""
        return max(1.0, (self.memory or 0) / MEGABYTE)


def point(size: int, tile: Tile) -> Point:
    """The point of an ended tile."""
    if tile.state != "done" or tile.frame is None or tile.seconds is None:
        return Point(size, 0, None, None, tile.error or tile.state)
    height, width = tile.frame.image.shape[-2:]
    return Point(size, height * width, tile.seconds.usual, tile.peak_memory, "")


Points = Mapping[str, Sequence[Point]]
"""What a sweep has found so far, by the methods' names; empty where none was asked for."""


def records(points: Points) -> list[dict[str, Any]]:
    """A row for each method at each size, as results.csv names its columns."""
    return [
        {
            "method": name,
            "size_pixels": each.size,
            "pixels": each.pixels or None,
            "seconds": each.seconds,
            "peak_memory_bytes": each.memory,
            "error": each.told,
        }
        for name, found in points.items()
        for each in found
    ]


def section(points: Points, titles: Mapping[str, str]) -> str:
    """The drawings and the table; nothing before the first point. `titles` are the methods', by name."""
    if not any(each.seconds for found in points.values() for each in found):
        return '<section class="summary sweep" hidden></section>'
    points = {titles[name]: found for name, found in points.items()}
    seconds = {
        title: [(each.megapixels, each.seconds) for each in found if each.seconds]
        for title, found in points.items()
    }
    memory = {
        title: [
            (each.megapixels, each.megabytes) for each in found if each.seconds and each.memory is not None
        ]
        for title, found in points.items()
    }
    ticks = {each.megapixels: each.size for found in points.values() for each in found if each.seconds}
    drawings = scaling(SECONDS, seconds, ticks) + scaling(MEMORY, memory, ticks)
    return (
        '<section class="summary sweep" aria-label="Resolution sweep"><h2>Speed and size</h2>'
        f'<div class="pair">{drawings}</div>{table(points, seconds, memory)}'
        '<p class="protocol">Lines and costs: a fixed part and a part per megapixel, fitted by least squares '
        "(of seconds, relative ones). Seconds: the warm median with fair timing, else one run.</p></section>"
    )


def table(
    points: Points,
    seconds: Mapping[str, Line],
    memory: Mapping[str, Line],
) -> str:
    """A row per method: its seconds and memory at every size, and what they come to per megapixel."""
    sizes = sorted({each.size for found in points.values() for each in found})
    headings = ["Method", *(f"{size:,}\u202fpx" for size in sizes), "Seconds at x MP", "Memory at x MP"]
    rows = []
    for title, found in points.items():
        at = {each.size: each for each in found}
        cells = [cell(at.get(size)) for size in sizes]
        cells.append(formula(SECONDS, seconds[title]))
        cells.append(formula(MEMORY, memory[title]))
        rows.append(
            f'<tr><th scope="row">{escape(title)}</th>{"".join(f"<td>{each}</td>" for each in cells)}</tr>'
        )
    head = "".join(f'<th scope="col">{each}</th>' for each in headings)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def cell(found: Point | None) -> str:
    """A method at one size."""
    if found is None:
        return "–"
    if found.seconds is None:
        return f'<span title="{escape(found.told)}">{escape(found.told.split(":")[0][:24])}</span>'
    memory = "–" if found.memory is None else megabytes(found.memory)
    return f"{time(found.seconds)}<small>{memory}</small>"


def formula(quantity: Quantity, line: Line) -> str:
    """The fitted cost, as in "0.02 + 0.91 x s"."""
    if not line:
        return "–"
    digits, (fixed, slope) = quantity.digits, quantity.fit(line)
    whole = f"{slope:,.{digits}f}\u202fx\u202f{quantity.unit}"
    return f"{fixed:,.{digits}f} + {whole}" if fixed >= 0.5 * 10**-digits else whole
