"""Two charts of measured pictures: style distance over seconds, and over content distance."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from compare.schema import Tile
from core.metrics import pareto_front
from ui.chart import LINE_HEIGHT, Axis, Chart, Line, Mark, Point, text
from ui.html import time
from ui.labels import ABOVE, HEIGHT, REACH, Box, Label, placed
from ui.language import ENGLISH, Language

HEADROOM = 1.08  # of an axis of distances
FAR = 1.5  # times the greatest distance of a picture, from where on the photo's own lies beyond the axis
LEFT, RIGHT, TOP, BOTTOM, UNDER = 44, 20, 42, 300, 40  # px of the axes, and beneath them
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
        """A name stands beside its mark; where there is no room, a short one, or a number that a line
        beneath explains."""
        greatest = max(self.costs(tile)[1] for tile in self.tiles)
        level = self.tiles[0].baseline.style if self.tiles[0].baseline else greatest
        beyond = level > FAR * greatest > 0
        y = from_zero([greatest] if beyond else [greatest, level], BOTTOM, TOP)
        front = best(self.tiles, self.costs)
        lines: list[Line] = [("curve", curve) for each in self.curves if (curve := beneath(each, y.high))]
        lines.append(("front", [self.costs(tile) for tile in front]))
        if not beyond:
            lines.append(("anchor", [(0, level), (self.x.high, level)]))
        marks = [self.mark(tile, tile in front) for tile in sorted(self.tiles, key=self.costs)]
        words = self.say("chart.untouched_beyond" if beyond else "chart.untouched", style=level)
        photo, *labels = self.labels(words, lines, marks, y)
        marks = [replace(mark, label=label) for mark, label in zip(marks, labels, strict=True)]
        spoken = f"{self.title}. {'; '.join(mark.title for mark in marks)}"
        texts = [text(*photo.base, photo.words)] if photo else []
        numbered = [f"{mark.label.words} {mark.name}" for mark in marks if mark.label and number(mark.label)]
        under = BOTTOM + UNDER
        texts += [text(LEFT, under + LINE_HEIGHT * row + ABOVE, line) for row, line in enumerate(numbered)]
        height = under + LINE_HEIGHT * len(numbered) + (LINE_HEIGHT // 2 if numbered else 0)
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

    def labels(self, photo: str, lines: Sequence[Line], marks: Sequence[Mark], y: Axis) -> list[Label | None]:
        """Of the photo's own distance, at the upper right, and of the marks."""

        def at(point: Point) -> Point:
            return self.x.at(point[0]), y.at(point[1])

        drawn_lines = [[at(point) for point in points] for _, points in lines]
        drawn_lines += [[at((end, mark.point[1])) for end in mark.spread] for mark in marks if mark.spread]
        drawn_lines.append([(self.x.start, TOP), (self.x.start, y.start), (self.x.end, y.start)])
        taken = [
            Box(left - RADIUS, top - RADIUS, left + RADIUS, top + RADIUS)
            for left, top in (at(mark.point) for mark in marks)
        ]
        area = Box(self.x.start, TOP - HEIGHT - 4, self.x.end, y.start)
        corner = next((points[-1] for kind, points in lines if kind == "anchor"), (self.x.high, y.high))
        forms = [(mark.name, short(mark.name), str(place)) for place, mark in enumerate(marks, start=1)]
        chosen = [0] * len(marks)
        while True:
            order = sorted(range(len(marks)), key=lambda place: -chosen[place])
            names = [
                (
                    forms[place][form],
                    at(marks[place].point),
                    REACH if form < 2 else math.inf,
                    marks[place].strong,
                )
                for place in order
                for form in [chosen[place]]
            ]
            first, *found = placed([(photo, at(corner), math.inf, False), *names], drawn_lines, taken, area)
            labels = dict(zip(order, found, strict=True))
            lacking = [place for place in order if labels[place] is None and chosen[place] < 2]
            if not lacking:
                return [first, *(labels[place] for place in range(len(marks)))]
            chosen[lacking[0]] += 1


def short(title: str) -> str:
    """What tells a method from the others: "AdaIN" of "Huang & Belongie (AdaIN)"."""
    within = re.search(r"\((.+)\)$", title)
    return within[1] if within else title.removesuffix(" et al.")


def number(label: Label) -> bool:
    """Whether it stands for a name."""
    return label.words.isdigit()


def beneath(curve: Sequence[Point], high: float) -> Sequence[Point]:
    """A curve from where it comes beneath a height to stay there."""
    above = max((place for place, (_, y) in enumerate(curve) if y > high), default=None)
    if above is None or above + 1 == len(curve):
        return curve if above is None else ()
    (x1, y1), (x2, y2) = curve[above : above + 2]
    return [(x1 + (x2 - x1) * (y1 - high) / (y1 - y2), high), *curve[above + 1 :]]
