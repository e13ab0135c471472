"""What a sweep measured over megapixels, drawn as inline SVG with logarithmic axes."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from compare.costs import fitted
from ui.scatter import text

Line = Sequence[tuple[float, float]]
"""(megapixels, value) of one method, values above 0."""


@dataclass(frozen=True)
class Quantity:
    """What is measured: its name, its unit, figures after the point, and how its errors are weighed.

    Seconds err by shares; the growth of a process, in which an allocator has its say, by megabytes.
    """

    title: str
    unit: str
    digits: int
    relative: bool

    def fit(self, line: Line) -> tuple[float, float]:
        """The fixed part of a method's cost and its part per megapixel."""
        megapixels, values = zip(*line, strict=True)
        return fitted(megapixels, values, self.relative)


SECONDS = Quantity("Seconds", "s", 2, relative=True)
MEMORY = Quantity("Peak memory", "MB", 0, relative=False)

WIDTH, HEIGHT = 500, 300
LEFT, RIGHT, TOP, BOTTOM = 60, 340, 30, 256
INSET = 12  # px between the axis and the smallest picture
LINE_HEIGHT = 15
CURVE_POINTS = 32


@dataclass(frozen=True)
class Axes:
    """Megapixels from `least` to `most`, and values between two powers of ten."""

    least: float
    most: float
    low: int
    high: int

    @classmethod
    def around(cls, megapixels: Sequence[float], values: Sequence[float]) -> Axes:
        """Axes on which all of them fit."""
        low = math.floor(math.log10(min(values)))
        high = max(low + 1, math.ceil(math.log10(max(values))))
        return cls(min(megapixels), max(*megapixels, 1.01 * min(megapixels)), low, high)

    def x(self, megapixels: float) -> float:
        """Its place across."""
        share = math.log(megapixels / self.least) / math.log(self.most / self.least)
        return LEFT + INSET + (RIGHT - LEFT - 2 * INSET) * share

    def y(self, value: float) -> float:
        """Its place down, at the edge where it lies beyond."""
        share = (math.log10(max(value, 1e-12)) - self.low) / (self.high - self.low)
        return BOTTOM - (BOTTOM - TOP) * min(1.0, max(0.0, share))

    def drawn(self, unit: str, ticks: Mapping[float, int]) -> str:
        """The lines and their numbers; `ticks` are the long sides that the megapixels belong to."""
        parts = [f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>']
        for exponent in range(self.low, self.high + 1):
            height = self.y(10.0**exponent)
            parts.append(f'<path class="rule" d="M{LEFT} {height:.1f}H{RIGHT}"/>')
            parts.append(text(LEFT - 6, height + 4, f"{10.0**exponent:,g}\u202f{unit}", "end"))
        for megapixels, size in ticks.items():
            parts.append(text(self.x(megapixels), BOTTOM + 18, f"{size}", "middle"))
            parts.append(text(self.x(megapixels), BOTTOM + 33, f"{megapixels:.2g}\u202fMP", "middle"))
        return "".join(parts)

    def line(self, fixed: float, slope: float) -> str:
        """A fitted cost across the whole width."""
        sizes = [self.least * (self.most / self.least) ** (i / CURVE_POINTS) for i in range(CURVE_POINTS + 1)]
        path = "L".join(f"{self.x(size):.1f} {self.y(fixed + slope * size):.1f}" for size in sizes)
        return f'<path class="front" d="M{path}"/>'


def scaling(quantity: Quantity, lines: Mapping[str, Line], ticks: Mapping[float, int]) -> str:
    """A method's points, the fitted line through them, and its name at the end; nothing without points."""
    title, unit = quantity.title, quantity.unit
    drawn = {name: line for name, line in lines.items() if line}
    if not drawn:
        return ""
    axes = Axes.around(list(ticks), [value for line in drawn.values() for _, value in line])
    parts = [text(0, 14, f"{title} over megapixels, log scales", "start"), axes.drawn(unit, ticks)]
    under = math.inf
    for name, line in sorted(drawn.items(), key=lambda each: each[1][-1][1]):
        parts.append(axes.line(*quantity.fit(line)))
        for megapixels, value in line:
            told = escape(f"{name}, {ticks[megapixels]} px: {value:.3g} {unit}")
            place = f'cx="{axes.x(megapixels):.1f}" cy="{axes.y(value):.1f}"'
            parts.append(f'<circle class="best" {place} r="4"><title>{told}</title></circle>')
        under = min(axes.y(line[-1][1]) + 4, under - LINE_HEIGHT)  # names never cover each other
        parts.append(text(RIGHT + 8, under, name, "start"))
    told = "; ".join(f"{name} {line[-1][1]:.3g} {unit}" for name, line in drawn.items())
    label = escape(f"{title} over megapixels. At the largest size: {told}")
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">'
        f"{''.join(parts)}</svg></figure>"
    )
