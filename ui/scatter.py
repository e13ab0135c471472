"""Speed against style distance, drawn as inline SVG: a point per method, a curve for one with steps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from compare.comparison import Tile
from core.pareto import pareto_front
from ui.tile import time

WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 44, 700, 30, 300
HEADROOM = 1.08
NAME_WIDTH, NAME_HEIGHT, NAME_ABOVE = 150, 16, 14  # px that a name takes, and between it and its mark


def seconds_of(tile: Tile) -> float:
    """The warm median where there is one, else the first run's seconds."""
    assert tile.seconds is not None
    return tile.seconds.usual


def front(tiles: Sequence[Tile]) -> list[Tile]:
    """The Pareto front, quickest first: tiles than which none is both quicker and nearer to the style."""
    return pareto_front(tiles, lambda tile: (seconds_of(tile), style_of(tile)))


def style_of(tile: Tile) -> float:
    """The style distance of a measured tile."""
    assert tile.distances is not None
    return tile.distances.style


@dataclass(frozen=True)
class Axes:
    """Powers of ten of seconds from `low` to `high`, and style distances from 0 to `top`."""

    low: int
    high: int
    top: float

    @classmethod
    def around(cls, tiles: Sequence[Tile]) -> Axes:
        """Axes on which all points, courses and anchors of the tiles fit."""
        moments = [seconds_of(tile) for tile in tiles]
        styles = [style_of(tile) for tile in tiles]
        for tile in tiles:
            moments += [moment for moment, _ in tile.course]
            styles += [each.style for _, each in tile.course]
            styles += [tile.untouched.style] if tile.untouched else []
        low = math.floor(math.log10(min(moments)))
        return cls(low, max(low + 1, math.ceil(math.log10(max(moments)))), max(styles) or 1.0)

    def at(self, seconds: float, style: float) -> str:
        """The place of a point, as "x y"."""
        return f"{self.x(seconds):.1f} {self.y(style):.1f}"

    def x(self, seconds: float) -> float:
        """Its place across."""
        return LEFT + (RIGHT - LEFT) * (math.log10(seconds) - self.low) / (self.high - self.low)

    def y(self, style: float) -> float:
        """Its place down."""
        return BOTTOM - (BOTTOM - TOP) * style / (HEADROOM * self.top)

    def drawn(self) -> str:
        """The lines and their numbers."""
        parts = [f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>']
        for exponent in range(self.low, self.high + 1):
            across = self.x(10.0**exponent)
            parts.append(f'<path class="rule" d="M{across:.1f} {TOP}V{BOTTOM}"/>')
            parts.append(text(across, BOTTOM + 18, f"{10.0**exponent:g}\u202fs", "middle"))
        for share in (0, 0.5, 1):
            style = share * self.top
            parts.append(text(LEFT - 6, self.y(style) + 4, f"{style:.2f}", "end"))
        return "".join(parts)


def drawing(tiles: Sequence[Tile]) -> str:
    """The figure for tiles that were measured, one at least."""
    axes, best = Axes.around(tiles), front(tiles)
    told = "; ".join(f"{tile.title}: {time(seconds_of(tile))}, {style_of(tile):.3f}" for tile in tiles)
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="group" '
        f'aria-label="Style distance over seconds. {escape(told)}">'
        f"{text(0, 14, 'Style distance (style picture = 0) over seconds, log scale', 'start')}"
        f"{axes.drawn()}{lines(axes, tiles, best)}{points(axes, tiles, best)}</svg>"
        "<figcaption>Filled: no other method is both quicker and nearer to the style. Curve: a method with "
        "steps on its way. Seconds: the warm median where there is one, else the first run.</figcaption>"
        "</figure>"
    )


def lines(axes: Axes, tiles: Sequence[Tile], best: Sequence[Tile]) -> str:
    """The anchor, the Pareto front, and courses with the levels that they pass."""
    parts = []
    if tiles[0].untouched:
        style = tiles[0].untouched.style
        parts.append(f'<path class="anchor" d="M{LEFT} {axes.y(style):.1f}H{RIGHT}"/>')
        parts.append(text(RIGHT, axes.y(style) - 5, f"untouched photo {style:.2f}", "end"))
    courses = [tile for tile in tiles if tile.course]
    for tile in tiles:
        if courses and not tile.course:
            parts.append(f'<path class="level" d="M{axes.at(seconds_of(tile), style_of(tile))}H{RIGHT}"/>')
    for tile in courses:
        path = "L".join(axes.at(moment, each.style) for moment, each in tile.course)
        parts.append(f'<path class="course" d="M{path}"/>')
    path = "L".join(axes.at(seconds_of(tile), style_of(tile)) for tile in best)
    parts.append(f'<path class="front" d="M{path}"/>')
    return "".join(parts)


def points(axes: Axes, tiles: Sequence[Tile], best: Sequence[Tile]) -> str:
    """All marks with their names; where marks are near each other, the names stand above them like stairs."""
    ordered, parts = sorted(tiles, key=seconds_of), []
    while ordered:
        group = [ordered.pop(0)]
        while ordered and axes.x(seconds_of(ordered[0])) - axes.x(seconds_of(group[-1])) < NAME_WIDTH:
            group.append(ordered.pop(0))
        foot = min(axes.y(style_of(tile)) for tile in group) - NAME_ABOVE
        foot = max(foot, NAME_HEIGHT * len(group))  # the highest name stays inside
        for stair, tile in zip(reversed(range(len(group))), group, strict=True):
            parts.append(point(tile, axes, tile in best, foot - NAME_HEIGHT * stair))
    return "".join(parts)


def point(tile: Tile, axes: Axes, best: bool, height: float) -> str:
    """A method's mark and above it, at a height, its name; it leads to the method's tile."""
    assert tile.distances is not None
    told = (
        f"{tile.title}: {time(seconds_of(tile))}, style distance {tile.distances.style:.3f}, "
        f"content distance {tile.distances.content:.3f}"
    )
    x, y = axes.x(seconds_of(tile)), axes.y(style_of(tile))
    left = x > RIGHT - NAME_WIDTH
    name = text(x - 5 if left else x + 5, height, tile.title, "end" if left else "start")
    return (
        f'<a href="#tile-{escape(tile.method)}" aria-label="{escape(told)}"><title>{escape(told)}</title>'
        f'<path class="leader" d="M{x:.1f} {y:.1f}V{height - 8:.1f}"/>'
        f'<circle class="{"best" if best else "other"}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>{name}</a>'
    )


def text(x: float, y: float, words: str, anchor: str) -> str:
    """A line of text."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
