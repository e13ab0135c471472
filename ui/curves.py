"""The losses of a run over its seconds, drawn as inline SVG with a logarithmic axis."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

Curve = Sequence[tuple[float, Mapping[str, float]]]

WIDTH, HEIGHT = 360, 168
LEFT, RIGHT, TOP, BOTTOM = 40, 352, 26, 144
MOST_POINTS = 160  # of one line; more cannot be told apart at this width
LINES = ("content", "style", "total variation")  # in the order of the colours and dashes in page.css


def chart(curve: Curve) -> str:
    """The chart and its legend; an empty frame of the same height where there is nothing to draw."""
    lines = series(curve)
    seconds = max((moment for moment, _ in curve), default=0.0)
    values = [value for points in lines.values() for _, value in points]
    drawing = plot(lines, seconds, values) if values and seconds else ""
    latest = "; ".join(f"{name} {points[-1][1]:.3g}" for name, points in lines.items())
    told = f"Losses over seconds. Latest: {latest}" if drawing else "No losses yet"
    return (
        f'<figure class="{"chart" if drawing else "chart blank"}">'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(told)}">'
        '<text x="0" y="13">Weighted loss, log scale</text>'
        f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>{drawing}</svg>'
        f"<figcaption>{legend(lines)}</figcaption></figure>"
    )


def series(curve: Curve) -> dict[str, list[tuple[float, float]]]:
    """(seconds, loss) points by name, without the total and without what a logarithm cannot show."""
    names = dict.fromkeys(name for _, losses in curve for name in losses if name != "total")
    lines = {
        name: [
            (moment, losses[name])
            for moment, losses in curve
            if losses.get(name, 0) > 0 and math.isfinite(losses[name])
        ]
        for name in sorted(names, key=rank)
    }
    return {name: thinned(points) for name, points in lines.items() if points}


def rank(name: str) -> int:
    """The place of a loss among the lines; unknown ones come last."""
    return LINES.index(name) if name in LINES else len(LINES)


def thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most MOST_POINTS of the points and the last one, evenly picked."""
    stride = math.ceil(len(points) / MOST_POINTS)
    return points[:-1:stride] + points[-1:]


def plot(lines: Mapping[str, list[tuple[float, float]]], seconds: float, values: Sequence[float]) -> str:
    """Ticks and lines."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high = max(high, low + 1)

    def x(moment: float) -> float:
        return LEFT + (RIGHT - LEFT) * moment / seconds

    def y(value: float) -> float:
        return BOTTOM - (BOTTOM - TOP) * (math.log10(value) - low) / (high - low)

    parts = []
    stride = math.ceil((high - low) / 4)
    for exponent in range(low, high + 1, stride):
        height = y(10.0**exponent)
        parts.append(f'<path class="rule" d="M{LEFT} {height:.1f}H{RIGHT}"/>')
        parts.append(
            f'<text x="{LEFT - 6}" y="{height + 4:.1f}" text-anchor="end">10{raised(exponent)}</text>'
        )
    for share, anchor in ((0, "start"), (0.5, "middle"), (1, "end")):
        moment = seconds * share
        parts.append(
            f'<text x="{x(moment):.1f}" y="{BOTTOM + 18}" text-anchor="{anchor}">{moment:.3g}\u202fs</text>'
        )
    for name, points in lines.items():
        path = "L".join(f"{x(moment):.1f} {y(value):.1f}" for moment, value in points)
        parts.append(f'<path class="line line-{rank(name)}" d="M{path}"/>')
    return "".join(parts)


def raised(exponent: int) -> str:
    """An exponent in superscript figures."""
    return str(exponent).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def legend(lines: Mapping[str, list[tuple[float, float]]]) -> str:
    """A sample of each line, its name and its latest value."""
    if not lines:
        return ""
    return "".join(
        f'<span><svg viewBox="0 0 18 8" aria-hidden="true"><path class="line line-{rank(name)}" d="M0 4H18"/>'
        f"</svg>{escape(name)} <b>{points[-1][1]:.3g}</b></span>"
        for name, points in lines.items()
    )
