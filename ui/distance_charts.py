"""Two charts of measured pictures: style distance over seconds, and over content distance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from compare.schema import Tile
from core.metrics import pareto_front
from ui.chart import Axis, Chart, Line, Mark, Point, drawn
from ui.html import time
from ui.labels import HEIGHT, Box, Label, placed
from ui.language import ENGLISH, Language

HEADROOM = 1.08  # of an axis of distances
LEFT, RIGHT, TOP, BOTTOM, UNDER = 44, 20, 30, 300, 40  # px of the axes, and beneath them
ROW, ROWS = HEIGHT + 6, 12  # px of a row of names above the axes, and how many there are at most
RADIUS = 6  # px around a mark that stay free

Costs = Callable[[Tile], Point]


def seconds_and_style(tile: Tile) -> Point:
    """Seconds, the warm median where there is one, and style distance of a measured tile."""
    assert tile.seconds is not None
    assert tile.distances is not None
    return tile.seconds.median, tile.distances.style


def content_and_style(tile: Tile) -> Point:
    """Both distances of a measured tile."""
    assert tile.distances is not None
    return tile.distances.content, tile.distances.style


def best(tiles: Sequence[Tile], costs: Costs = seconds_and_style) -> list[Tile]:
    """Those than which none is better in both: of pictures in the style of the painting that was chosen,
    and nearer to it than the untouched photo."""
    return pareto_front((tile for tile in tiles if not (tile.painted_as or tile.farther)), costs)


def seconds_chart(tiles: Sequence[Tile], width: int, say: Language = ENGLISH) -> str:
    """Style distance over seconds of measured tiles, one at least; `width` is the drawing's, in px."""
    curves = [[(each.seconds, each.distances.style) for each in tile.distance_history] for tile in tiles]
    across = [seconds for curve in curves for seconds, _ in curve]
    for tile in tiles:
        across += [seconds_and_style(tile)[0], *(tile.seconds.warm if tile.seconds else ())]
    x = Axis.decades(across, LEFT, width - RIGHT, lambda exponent: f"{10.0**exponent:g}\u202fs")
    return Drawing(tiles, curves, x, seconds_and_style, say("chart.seconds"), say).svg(width)


def content_chart(tiles: Sequence[Tile], width: int, say: Language = ENGLISH) -> str:
    """Style distance over content distance of measured tiles, one at least, each on an axis from 0."""
    curves = [
        [(each.distances.content, each.distances.style) for each in tile.distance_history] for tile in tiles
    ]
    across = [content for curve in curves for content, _ in curve]
    across += [content_and_style(tile)[0] for tile in tiles]
    x = from_zero(across, LEFT, width - RIGHT)
    return Drawing(tiles, curves, x, content_and_style, say("chart.content"), say).svg(width)


def from_zero(values: Sequence[float], start: float, end: float) -> Axis:
    """An axis of distances to beyond the greatest, which has a tick."""
    top = max(values) or 1.0
    return Axis(0, HEADROOM * top, start, end, {share * top: f"{share * top:.2f}" for share in (0, 0.5, 1)})


@dataclass(frozen=True)
class Drawing:
    """Style distance over something: a mark for each tile, the line of the best, the photo's own distance,
    and `curves`, which may be empty, of how methods with steps came there."""

    tiles: Sequence[Tile]
    curves: Sequence[Sequence[Point]]
    x: Axis
    costs: Costs
    title: str
    say: Language = ENGLISH

    def svg(self, width: int) -> str:
        """Names stand where they cover nothing; where there is no such place, in rows above the axes."""
        heights = [style for curve in self.curves for _, style in curve]
        heights += [self.costs(tile)[1] for tile in self.tiles]
        level = self.tiles[0].baseline.style if self.tiles[0].baseline else max(heights)
        front = best(self.tiles, self.costs)
        lines: list[Line] = [("curve", curve) for curve in self.curves if curve]
        lines += [
            ("front", [self.costs(tile) for tile in front]),
            ("anchor", [(0, level), (self.x.high, level)]),
        ]
        marks = [self.mark(tile, tile in front) for tile in sorted(self.tiles, key=self.costs)]
        for rows in range(ROWS):
            y = from_zero([*heights, level], BOTTOM + ROW * rows, TOP + ROW * rows)
            labels = self.labels(lines, marks, level, y)
            if labels:
                break
        marks = [replace(mark, label=label) for mark, label in zip(marks, labels[1:], strict=False)]
        spoken = f"{self.title}. {'; '.join(mark.title for mark in marks)}"
        texts = [drawn(label) for label in labels[:1]]
        height = BOTTOM + ROW * rows + UNDER
        return Chart(width, height, self.title, spoken, self.x, y, lines, marks, texts).svg()

    def mark(self, tile: Tile, front: bool) -> Mark:
        """A tile's mark, which leads to it."""
        assert tile.seconds is not None
        assert tile.distances is not None
        seconds, warm = tile.seconds.median, tile.seconds.warm
        about = {"style": tile.distances.style, "content": tile.distances.content}
        title = self.say("chart.mark", title=tile.title, seconds=time(seconds), **about)
        kind = "farther" if tile.farther else "warm" if warm else "once"
        spread = (min(warm), max(warm)) if warm and self.costs is seconds_and_style else None
        title += f" ({self.say('tile.farther')})" if tile.farther else ""
        return Mark(kind, self.costs(tile), title, f"#tile-{tile.method}", tile.title, front, spread)

    def labels(self, lines: Sequence[Line], marks: Sequence[Mark], level: float, y: Axis) -> list[Label]:
        """Of the photo's own distance and of the marks; none where one has no place."""

        def at(point: Point) -> Point:
            return self.x.at(point[0]), y.at(point[1])

        names = [(self.say("chart.untouched", style=level), at((self.x.high, level)))]
        names += [(mark.name, at(mark.point)) for mark in marks]
        drawn_lines = [[at(point) for point in points] for _, points in lines]
        drawn_lines += [[at((end, mark.point[1])) for end in mark.spread] for mark in marks if mark.spread]
        drawn_lines.append([(self.x.start, TOP), (self.x.start, y.start), (self.x.end, y.start)])
        taken = [
            Box(left - RADIUS, top - RADIUS, left + RADIUS, top + RADIUS)
            for left, top in (at(mark.point) for mark in marks)
        ]
        return placed(names, drawn_lines, taken, Box(self.x.start, TOP - ROW / 2, self.x.end, y.start)) or []
