"""What a resolution sweep found, in two charts and a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any

from compare.costs import fitted
from compare.schema import Tile
from core.sentence import Sentence
from ui import chart
from ui.html import MEGABYTE, megabytes, time
from ui.language import ENGLISH, Language


@dataclass(frozen=True)
class Point:
    """What a method took at one size, a long side in px; the fields are named as the columns of sweep.csv.

    Without seconds, pixels and bytes it made no picture, and `error` says why.
    """

    size_pixels: int
    pixels: int | None = None
    seconds: float | None = None
    peak_memory_bytes: int | None = None
    error: str = ""

    @property
    def megapixels(self) -> float:
        """As the charts count them."""
        return (self.pixels or 0) / 1e6

    @property
    def megabytes(self) -> float | None:
        """As the charts count them: 1 at least, for an allocator may have had the room already."""
        return None if self.peak_memory_bytes is None else max(1.0, self.peak_memory_bytes / MEGABYTE)


Points = Mapping[str, Sequence[Point]]
"""What a sweep has found so far, by the methods' names; empty where there was none."""


@dataclass(frozen=True)
class Quantity:
    """What is drawn of the points: its text, its unit, figures after the point, and where it comes from.

    A fit's errors are `relative` for seconds; the growth of a process, in which an allocator has its say,
    errs by megabytes.
    """

    key: str
    unit: str
    digits: int
    relative: bool
    value: Callable[[Point], float | None]

    def line(self, found: Sequence[Point]) -> list[chart.Point]:
        """(megapixels, value) of what was measured."""
        pairs = [(each.megapixels, self.value(each)) for each in found]
        return [(megapixels, value) for megapixels, value in pairs if value]

    def fit(self, found: Sequence[Point]) -> tuple[float, float]:
        """The fixed part of the value and its part per megapixel."""
        megapixels, values = zip(*self.line(found), strict=True)
        return fitted(megapixels, values, self.relative)

    def figure(self, points: Points, sizes: Mapping[float, int], say: Language) -> str:
        """The chart of all methods that have a value, by title."""
        lines = {title: line for title, found in points.items() if (line := self.line(found))}
        fits = {title: self.fit(points[title]) for title in lines}
        if not lines:
            return ""
        drawn = chart.size_chart(say(f"sweep.{self.key}"), self.unit, lines, fits, sizes, say)
        return f"<figure>{drawn}</figure>"

    def formula(self, found: Sequence[Point]) -> str:
        """The fitted cost, as in "0.02 + 0.91 x s"."""
        if not self.line(found):
            return "–"
        digits, (fixed, slope) = self.digits, self.fit(found)
        part = f"{slope:,.{digits}f}\u202fx\u202f{self.unit}"
        return f"{fixed:,.{digits}f} + {part}" if fixed >= 0.5 * 10**-digits else part


QUANTITIES = (
    Quantity("seconds", "s", 2, True, lambda point: point.seconds),
    Quantity("memory", "MB", 0, False, lambda point: point.megabytes),
)


def point(size: int, tile: Tile) -> Point:
    """The point of an ended tile."""
    if tile.state != "done" or tile.image is None or tile.seconds is None:
        return Point(size, error=tile.error or Sentence(f"state.{tile.state}", tile.state))
    height, width, _ = tile.image.shape
    return Point(size, height * width, tile.seconds.median, tile.peak_memory)


def records(points: Points) -> list[dict[str, Any]]:
    """The rows of sweep.csv: one for each method at each size."""
    return [{"method": name, **asdict(each)} for name, found in points.items() for each in found]


def section(points: Points, titles: Mapping[str, str], say: Language = ENGLISH) -> str:
    """The charts and the table; nothing before the first picture. `titles` are the methods', by name."""
    sizes = {each.megapixels: each.size_pixels for found in points.values() for each in found if each.seconds}
    if not sizes:
        return '<section class="summary sweep" hidden></section>'
    points = {titles[name]: found for name, found in points.items()}
    return (
        f'<section class="summary sweep" aria-label="{say("sweep.panel")}"><h2>{say("sweep.title")}</h2>'
        f'<div class="pair">{"".join(each.figure(points, sizes, say) for each in QUANTITIES)}</div>'
        f'{table(points, say)}<p class="protocol">{say("sweep.protocol")}</p></section>'
    )


def table(points: Points, say: Language) -> str:
    """A row per method, by title: seconds and memory at every size, and what they come to per megapixel."""
    sizes = sorted({each.size_pixels for found in points.values() for each in found})
    fits = (say("sweep.seconds_at"), say("sweep.memory_at"))
    headings = [say("summary.method"), *(f"{size:,}\u202fpx" for size in sizes), *fits]
    rows = []
    for title, found in points.items():
        by_size = {each.size_pixels: each for each in found}
        cells = [cell(by_size.get(size), say) for size in sizes] + [
            each.formula(found) for each in QUANTITIES
        ]
        listed = "".join(f"<td>{each}</td>" for each in cells)
        rows.append(f'<tr><th scope="row">{escape(title)}</th>{listed}</tr>')
    head = "".join(f'<th scope="col">{each}</th>' for each in headings)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def cell(found: Point | None, say: Language) -> str:
    """A method at one size."""
    if found is None:
        return "–"
    if found.seconds is None:
        error = say.sentence(found.error)
        short = error.split(":")[0]
        short = short if len(short) <= 24 else f"{short[:23].rstrip()}…"
        return f'<span title="{escape(error)}">{escape(short)}</span>'
    memory = "–" if found.peak_memory_bytes is None else megabytes(found.peak_memory_bytes)
    return f"{time(found.seconds)}<small>{memory}</small>"
