"""The page's charts as inline SVG: axes, lines and marks, and those of losses and of sizes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from ui.labels import Label
from ui.language import ENGLISH, Language

Point = tuple[float, float]
"""In values of the axes."""
Line = tuple[str, Sequence[Point]]
"""Its class in the style sheets, and its points."""

TINY = 1e-300  # stands for what a logarithm cannot show
LINE_HEIGHT = 15  # px, of text
LOSSES = ("content", "style", "total variation")  # in the order of the colours and dashes in tile.css
MOST_POINTS = 160  # of a line of losses; more cannot be distinguished at its width
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
    """A circle with a title to hover over; with a `link`, it and its name lead there.

    Attributes:
        kind: its class in the style sheets; "farther" is a cross.
        name: stands where `label` says; strong: whether it is emphasised.
        spread: the least and the greatest value on the x axis, joined by a bar.
    """

    kind: str
    point: Point
    title: str
    link: str = ""
    name: str = ""
    strong: bool = False
    spread: tuple[float, float] | None = None
    label: Label | None = None


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
        shape = f'<circle class="{mark.kind}" cx="{x:.1f}" cy="{y:.1f}" r="{5 if mark.link else 4}"/>'
        if mark.kind == "farther":
            shape = f'<path class="farther" d="M{x - 5:.1f} {y - 5:.1f}l10 10m0-10l-10 10"/>'
        if mark.spread:
            low, high = map(self.x.at, mark.spread)
            shape = f'<path class="spread" d="M{low:.1f} {y - 4:.1f}v8m0-4H{high:.1f}m0-4v8"/>{shape}'
        if not mark.link:
            return f"<g><title>{title}</title>{shape}</g>"
        name = "" if mark.label is None else text(*mark.label.base, mark.label.words)
        strong = ' class="strong"' if mark.strong else ""
        parts = f"<title>{title}</title>{name}{shape}"
        return f'<a{strong} href="{escape(mark.link)}" aria-label="{title}">{parts}</a>'


def text(x: float, y: float, words: str, anchor: str = "start") -> str:
    """A line of text at a position in px."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def losses_chart(history: Sequence[tuple[float, Mapping[str, float]]], say: Language = ENGLISH) -> str:
    """Losses over seconds and their legend; an empty frame of the same height where there are none."""
    seconds = max((moment for moment, _ in history), default=0.0)
    lines = loss_lines(history) if seconds else {}
    x, y, label = Axis(0, 1, 40, 352), Axis(0, 1, 144, 26), say("chart.no_losses")
    if lines:
        ticks = {seconds * share: f"{seconds * share:.3g}\u202fs" for share in (0, 0.5, 1)}
        x = Axis(0, seconds, x.start, x.end, ticks, inside=True)
        values = (value for points in lines.values() for _, value in points)
        y = Axis.decades(values, y.start, y.end, lambda exponent: f"10{superscript(exponent)}", ticks=4)
        latest = "; ".join(f"{loss_name(name, say)} {points[-1][1]:.3g}" for name, points in lines.items())
        label = say("chart.losses_label", latest=latest)
    curves = [(loss_kind(name), points) for name, points in lines.items()]
    chart = Chart(360, 168, say("chart.losses"), label, x, y, curves)
    legend = "".join(
        f'<span><svg viewBox="0 0 18 8" aria-hidden="true"><path class="{loss_kind(name)}" d="M0 4H18"/>'
        f"</svg>{escape(loss_name(name, say))} <b>{points[-1][1]:.3g}</b></span>"
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


def loss_name(name: str, say: Language) -> str:
    """A loss in words; that of a method we do not know as it calls it."""
    return say(f"loss.{name.replace(' ', '_')}") if name in (*LOSSES, "neighbours") else name


def loss_kind(name: str) -> str:
    """The class of a loss's line; unknown ones share the last."""
    return f"line line-{LOSSES.index(name) if name in LOSSES else len(LOSSES)}"


def superscript(number: int) -> str:
    """A number in superscript figures."""
    return str(number).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def size_chart(
    title: str,
    unit: str,
    measured: Mapping[str, Sequence[Point]],
    fits: Mapping[str, Point],
    sizes: Mapping[float, int],
    say: Language = ENGLISH,
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
    label = say("chart.sizes_label", title=title, largest=largest)
    return Chart(500, 300, say("chart.sizes", title=title), label, x, y, lines, marks, texts).svg()
