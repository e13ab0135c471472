"""Where the names of a chart's marks stand: beside them, so that none covers a line, a mark, an edge or
another name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Place = tuple[float, float]
"""In px from the left and from the top."""

GRID = 4  # px between the places that are tried
CLEAR = 3  # px that stay free around a name
CHARACTER, BOLD, HEIGHT = 6.7, 7.4, 14  # px of a character and a bold one, and of a line of text of 12 px
ABOVE = 11  # px of a line of text over its base line
REACH = 16  # px from a mark, within which its name stands
DETOUR = 200  # px that a name goes rather than to be taken for another mark's
CLEARLY = 1.5  # times as far as its own mark is any other from a name


@dataclass(frozen=True)
class Box:
    """A rectangle in px; the y axis points down."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Label:
    """A name at its place: its box, and its base line's start."""

    words: str
    box: Box

    @property
    def base(self) -> Place:
        """Where the text starts."""
        return self.box.left, self.box.top + ABOVE


def text_width(words: str, bold: bool = False) -> float:
    """About how wide a line of 12 px is, rather too wide than too narrow."""
    return (BOLD if bold else CHARACTER) * len(words)


def placed(
    names: Sequence[tuple[str, Place, float, bool]],
    lines: Sequence[Sequence[Place]],
    taken: Sequence[Box],
    area: Box,
) -> list[Label | None]:
    """A label for each (name, its mark's place, how far from that it may stand in px, whether it is bold), in
    their order, as near to the mark as a place is free and clearly nearer to it than to any other; None where
    there is none.

    Args:
        lines: what no name may touch; taken: rectangles that none may touch, such as marks.
        area: where names may stand.
    """
    segments = [pair for line in lines for pair in pairwise(line)]
    boxes, labels = list(taken), list[Label | None]()
    for words, mark, reach, bold in names:
        width = text_width(words, bold)
        left, top = candidates(area, width)
        free = np.ones(left.shape, bool)
        for box in boxes:
            free &= ~overlaps(left, top, width, box)
        for segment in segments:
            free &= ~crossed(left, top, width, segment)
        distance, taken_for = distances(left, top, width, mark), np.zeros(left.shape, bool)
        for _, other, its_reach, _ in names:
            if other != mark and its_reach < math.inf:
                taken_for |= distances(left, top, width, other) < CLEARLY * distance
        distance = distance + DETOUR * taken_for
        free &= distance <= reach
        aside = 1e-3 * np.abs(left - mark[0]) + 1e-2 * np.abs(top + HEIGHT / 2 - mark[1])
        if not free.any():
            labels.append(None)
            continue
        best = int(np.argmin(np.where(free, distance + aside, np.inf)))
        x, y = float(left[best]), float(top[best])
        boxes.append(Box(x, y, x + width, y + HEIGHT))
        labels.append(Label(words, boxes[-1]))
    return labels


Places = NDArray[np.float64]


def candidates(area: Box, width: float) -> tuple[Places, Places]:
    """Left and top of the places that are tried for a text."""
    across = np.arange(area.left, area.right - width, GRID, dtype=float)
    down = np.arange(area.top, area.bottom - HEIGHT, GRID, dtype=float)
    left, top = np.meshgrid(across, down)
    return left.ravel(), top.ravel()


def overlaps(left: Places, top: Places, width: float, box: Box) -> NDArray[np.bool_]:
    """Whether texts there come too near to a box."""
    apart = (left > box.right + CLEAR) | (left + width < box.left - CLEAR)
    return ~(apart | (top > box.bottom + CLEAR) | (top + HEIGHT < box.top - CLEAR))


def crossed(left: Places, top: Places, width: float, segment: tuple[Place, Place]) -> NDArray[np.bool_]:
    """Whether texts there come too near to a segment."""
    (x1, y1), (x2, y2) = segment
    x, y = (x1 + x2) / 2 - left - width / 2, (y1 + y2) / 2 - top - HEIGHT / 2
    return meets(x, y, (x2 - x1) / 2, (y2 - y1) / 2, width / 2 + CLEAR, HEIGHT / 2 + CLEAR)


def distances(left: Places, top: Places, width: float, mark: Place) -> Places:
    """From texts there to a mark."""
    found: Places = np.hypot(
        np.clip(mark[0], left, left + width) - mark[0], np.clip(mark[1], top, top + HEIGHT) - mark[1]
    )
    return found


def meets(x: Any, y: Any, dx: Any, dy: Any, half_x: float, half_y: float) -> NDArray[np.bool_]:
    """Whether segments from (x - dx, y - dy) to (x + dx, y + dy) meet a rectangle around 0: no axis
    separates them."""
    apart = (np.abs(x) > half_x + np.abs(dx)) | (np.abs(y) > half_y + np.abs(dy))
    met: NDArray[np.bool_] = ~(apart | (np.abs(dx * y - dy * x) > half_x * np.abs(dy) + half_y * np.abs(dx)))
    return met
