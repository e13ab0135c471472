"""The page's charts as inline SVG: axes, lines and marks, and the three charts that are described by them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from compare.schema import Tile
from core.metrics import pareto_front
from ui.html import time

Point = tuple[float, float]
"""In values of the axes."""
Line = tuple[str, Sequence[Point]]
"""Its class in the style sheets, and its points."""

TINY = 1e-300  # stands for what a logarithm cannot show
LINE_HEIGHT = 15  # px, of text
NAME_WIDTH, NAME_HEIGHT, NAME_ABOVE = 150, 16, 14  # px that a mark's name takes, and between it and its mark
LOSSES = ("content", "style", "total variation")  # in the order of the colours and dashes in tile.css
MOST_POINTS = 160  # of a line of losses; more cannot be distinguished at its width
HEADROOM = 1.08  # of the style distances' axis
INSET = 12 / 256  # of the way from the smallest to the largest picture, free at both ends
FIT_POINTS = 32  # of a fitted line, which logarithmic axes bend


@dataclass(frozen=True)
class Axis:
    """Places values from `low` to `high` between two positions in px; those beyond lie at the edge.

    Attributes:
        ticks: text by value; a line break begins a second line.
        rules: whether a line crosses the chart at each tick.
        inside: whether the first and the last text end where the axis does.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: Mapping[float, str] = field(default_factory=dict)
    log: bool = False
    rules: bool = False
    inside: bool = False

    @classmethod
    def decades(
        cls, values: Iterable[float], start: float, end: float, words: Callable[[int], str], ticks: int = 99
    ) -> Axis:
        """Between the powers of ten around values above 0, with `words` of their exponents at the ticks."""
        logarithms = [math.log10(value) for value in values]
        low, high = math.floor(min(logarithms)), math.ceil(max(logarithms))
        high = max(high, low + 1)
        texts = {10.0**each: words(each) for each in range(low, high + 1, math.ceil((high - low) / ticks))}
        return cls(10.0**low, 10.0**high, start, end, texts, log=True, rules=True)

    def at(self, value: float) -> float:
        """The position of a value."""
        low, high, value = (
            math.log10(max(each, TINY)) if self.log else each for each in (self.low, self.high, value)
        )
        share = (value - low) / (high - low)
        return self.start + (self.end - self.start) * min(1.0, max(0.0, share))


@dataclass(frozen=True)
class Mark:
    """A circle with a title to hover over; `name` stands above it, at `height` px, and leads to `link`."""

    kind: str  # its class in the style sheets
    point: Point
    title: str
    name: str = ""
    height: float = 0
    link: str = ""


@dataclass(frozen=True)
class Chart:
    """What a chart shows; `label` says it to those who cannot see it. `texts` are elements of `text`."""

    width: int
    height: int
    title: str
    label: str
    x: Axis
    y: Axis
    lines: Sequence[Line] = ()
    marks: Sequence[Mark] = ()
    texts: Sequence[str] = ()

    def svg(self) -> str:
        """The element; a group to a screen reader where there are links in it, else a picture."""
        role = "group" if any(mark.link for mark in self.marks) else "img"
        lines, marks = map(self._line, self.lines), map(self._mark, self.marks)
        parts = [text(0, 14, self.title), *self._axes(), *lines, *self.texts, *marks]
        return (
            f'<svg viewBox="0 0 {self.width} {self.height}" role="{role}" aria-label="{escape(self.label)}">'
            f"{''.join(parts)}</svg>"
        )

    def _axes(self) -> Iterator[str]:
        left, right, bottom, top = self.x.start, self.x.end, self.y.start, self.y.end
        yield f'<path class="axis" d="M{left} {top}V{bottom}H{right}"/>'
        for value, words in self.x.ticks.items():
            x = self.x.at(value)
            if self.x.rules:
                yield f'<path class="rule" d="M{x:.1f} {top}V{bottom}"/>'
            anchor = {left: "start", right: "end"}.get(x, "middle") if self.x.inside else "middle"
            for place, line in enumerate(words.split("\n")):
                yield text(x, bottom + 18 + LINE_HEIGHT * place, line, anchor)
        for value, words in self.y.ticks.items():
            y = self.y.at(value)
            if self.y.rules:
                yield f'<path class="rule" d="M{left} {y:.1f}H{right}"/>'
            yield text(left - 6, y + 4, words, "end")

    def _line(self, line: Line) -> str:
        kind, points = line
        path = "L".join(f"{self.x.at(x):.1f} {self.y.at(y):.1f}" for x, y in points)
        return f'<path class="{kind}" d="M{path}"/>'

    def _mark(self, mark: Mark) -> str:
        x, y, title = self.x.at(mark.point[0]), self.y.at(mark.point[1]), escape(mark.title)
        circle = f'<circle class="{mark.kind}" cx="{x:.1f}" cy="{y:.1f}"'
        if not mark.name:
            return f'{circle} r="4"><title>{title}</title></circle>'
        left = x > self.x.end - NAME_WIDTH
        name = text(x - 5 if left else x + 5, mark.height, mark.name, "end" if left else "start")
        return (
            f'<a href="{escape(mark.link)}" aria-label="{title}"><title>{title}</title>'
            f'<path class="leader" d="M{x:.1f} {y:.1f}V{mark.height - 8:.1f}"/>{circle} r="5"/>{name}</a>'
        )


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """A line of text at a position in px."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def losses_chart(history: Sequence[tuple[float, Mapping[str, float]]]) -> str:
    """Losses over seconds and their legend; an empty frame of the same height where there are none."""
    seconds = max((moment for moment, _ in history), default=0.0)
    lines = loss_lines(history) if seconds else {}
    x, y, label = Axis(0, 1, 40, 352), Axis(0, 1, 144, 26), "No losses yet"
    if lines:
        ticks = {seconds * share: f"{seconds * share:.3g}\u202fs" for share in (0, 0.5, 1)}
        x = Axis(0, seconds, x.start, x.end, ticks, inside=True)
        values = (value for points in lines.values() for _, value in points)
        y = Axis.decades(values, y.start, y.end, lambda exponent: f"10{superscript(exponent)}", ticks=4)
        latest = "; ".join(f"{name} {points[-1][1]:.3g}" for name, points in lines.items())
        label = f"Losses over seconds. Latest: {latest}"
    curves = [(loss_kind(name), points) for name, points in lines.items()]
    chart = Chart(360, 168, "Weighted loss, log scale", label, x, y, curves)
    legend = "".join(
        f'<span><svg viewBox="0 0 18 8" aria-hidden="true"><path class="{loss_kind(name)}" d="M0 4H18"/>'
        f"</svg>{escape(name)} <b>{points[-1][1]:.3g}</b></span>"
        for name, points in lines.items()
    )
    kind = "chart" if lines else "chart blank"
    return f'<figure class="{kind}">{chart.svg()}<figcaption>{legend}</figcaption></figure>'


def loss_lines(history: Sequence[tuple[float, Mapping[str, float]]]) -> dict[str, list[Point]]:
    """(seconds, loss) by name, thinned, without the total and without what a logarithm cannot show."""
    names = {name for _, losses in history for name in losses if name != "total"}
    lines = {}
    for name in sorted(names, key=lambda name: (loss_kind(name), name)):
        points = [(seconds, losses.get(name, 0.0)) for seconds, losses in history]
        points = [point for point in points if point[1] > 0 and math.isfinite(point[1])]
        if points:
            lines[name] = points[: -1 : math.ceil(len(points) / MOST_POINTS)] + points[-1:]
    return lines


def loss_kind(name: str) -> str:
    """The class of a loss's line; unknown ones share the last."""
    return f"line line-{LOSSES.index(name) if name in LOSSES else len(LOSSES)}"


def superscript(number: int) -> str:
    """A number in superscript figures."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def trade(tile: Tile) -> Point:
    """Seconds, the warm median where there is one, and style distance of a measured tile."""
    assert tile.seconds is not None
    assert tile.distances is not None
    return tile.seconds.median, tile.distances.style


def distance_chart(tiles: Sequence[Tile], width: int = 760) -> str:
    """Style distance over seconds of measured tiles, one at least: a mark for each, the Pareto front, the
    photo's own distance, and a curve for an iterative method with the levels that it passes.

    `width` is the drawing's, in px.
    """
    histories = [[(each.seconds, each.distances.style) for each in tile.distance_history] for tile in tiles]
    known = [*map(trade, tiles), *(point for history in histories for point in history)]
    anchors = [tiles[0].baseline.style] if tiles[0].baseline else []
    top = max([*anchors, *(style for _, style in known)]) or 1.0
    x = Axis.decades(
        (each for each, _ in known), 44, width - 20, lambda exponent: f"{10.0**exponent:g}\u202fs"
    )
    y = Axis(0, HEADROOM * top, 300, 30, {share * top: f"{share * top:.2f}" for share in (0, 0.5, 1)})
    lines: list[Line] = [("anchor", [(x.low, style), (x.high, style)]) for style in anchors]
    texts = [text(x.end, y.at(style) - 5, f"untouched photo {style:.2f}", "end") for style in anchors]
    if any(histories):
        levels = [trade(tile) for tile in tiles if not tile.distance_history]
        lines += [("level", [(seconds, style), (x.high, style)]) for seconds, style in levels]
    lines += [("curve", history) for history in histories if history]
    comparable = [tile for tile in tiles if not tile.painted_as]  # painted in the style that was chosen
    best = pareto_front(comparable, trade)
    lines.append(("front", [trade(tile) for tile in best]))
    each_one = "; ".join(f"{tile.title}: {time(trade(tile)[0])}, {trade(tile)[1]:.3f}" for tile in tiles)
    title = "Style distance (style picture = 0) over seconds, log scale"
    label = f"Style distance over seconds. {each_one}"
    return Chart(width, 340, title, label, x, y, lines, tile_marks(tiles, best, x, y), texts).svg()


def tile_marks(tiles: Sequence[Tile], best: Sequence[Tile], x: Axis, y: Axis) -> list[Mark]:
    """Marks that lead to the tiles; where some are near each other, names stand above them as stairs."""
    ordered, marks = sorted(tiles, key=lambda tile: trade(tile)[0]), []
    while ordered:
        group = [ordered.pop(0)]
        while ordered and x.at(trade(ordered[0])[0]) - x.at(trade(group[-1])[0]) < NAME_WIDTH:
            group.append(ordered.pop(0))
        foot = min(y.at(trade(tile)[1]) for tile in group) - NAME_ABOVE
        height = max(foot - NAME_HEIGHT * len(group), 0)  # the highest name stays inside
        for tile in group:
            height += NAME_HEIGHT
            assert tile.distances is not None
            title = (
                f"{tile.title}: {time(trade(tile)[0])}, style distance {tile.distances.style:.3f}, "
                f"content distance {tile.distances.content:.3f}"
            )
            kind = "best" if tile in best else "other"
            marks.append(Mark(kind, trade(tile), title, tile.title, height, f"#tile-{tile.method}"))
    return marks


def size_chart(
    title: str,
    unit: str,
    measured: Mapping[str, Sequence[Point]],
    fits: Mapping[str, Point],
    sizes: Mapping[float, int],
) -> str:
    """Each method's values over megapixels, the fitted line through them, and its name at the end.

    Args:
        measured: (megapixels, value above 0) of each method, by its title; one point at least.
        fits: the fixed part of the value and its part per megapixel.
        sizes: the long sides that the megapixels belong to.
    """
    least, most = min(sizes), max(*sizes, 1.01 * min(sizes))
    ratio = most / least
    ticks = {megapixels: f"{size}\n{megapixels:.2g}\u202fMP" for megapixels, size in sizes.items()}
    values = (value for points in measured.values() for _, value in points)
    x = Axis(least / ratio**INSET, most * ratio**INSET, 60, 340, ticks, log=True)
    y = Axis.decades(values, 256, 30, lambda exponent: f"{10.0**exponent:,g}\u202f{unit}")
    across = [least * ratio ** (place / FIT_POINTS) for place in range(FIT_POINTS + 1)]
    lines, marks, texts, under = list[Line](), list[Mark](), list[str](), math.inf
    for name, points in sorted(measured.items(), key=lambda each: each[1][-1][1]):
        fixed, slope = fits[name]
        lines.append(("front", [(each, fixed + slope * each) for each in across]))
        titles = [f"{name}, {sizes[each]} px: {value:.3g} {unit}" for each, value in points]
        marks += [Mark("best", point, words) for point, words in zip(points, titles, strict=True)]
        under = min(y.at(points[-1][1]) + 4, under - LINE_HEIGHT)  # names never cover each other
        texts.append(text(x.end + 8, under, name))
    largest = "; ".join(f"{name} {points[-1][1]:.3g} {unit}" for name, points in measured.items())
    label = f"{title} over megapixels. At the largest size: {largest}"
    return Chart(500, 300, f"{title} over megapixels, log scales", label, x, y, lines, marks, texts).svg()
