"""Where the names of a chart's marks stand, so that none covers a line, a mark, an edge or another name."""

from __future__ import annotations

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
CHARACTER, HEIGHT = 6.7, 14  # px of a character at most, and of a line of text of 12 px
ABOVE = 11  # px of a line of text over its base line
DETOUR = 200  # px that a name goes rather than to meet a leader
NEAR = 12  # px from a mark, within which a name needs no line that leads to it


@dataclass(frozen=True)
class Box:
    """A rectangle in px; the y axis points down."""

    left: float
    top: float
    right: float
    bottom: float

    def nearest(self, place: Place) -> Place:
        """Its point that is nearest to a place."""
        x, y = place
        return min(max(x, self.left), self.right), min(max(y, self.top), self.bottom)


@dataclass(frozen=True)
class Label:
    """A name at its place: its box, its base line's start, and a leader from its mark where it is far off."""

    words: str
    box: Box
    leader: tuple[Place, Place] | None

    @property
    def base(self) -> Place:
        """Where the text starts."""
        return self.box.left, self.box.top + ABOVE


def text_width(words: str) -> float:
    """About how wide a line of 12 px is, rather too wide than too narrow."""
    return CHARACTER * len(words)


def placed(
    names: Sequence[tuple[str, Place]],
    lines: Sequence[Sequence[Place]],
    taken: Sequence[Box],
    area: Box,
) -> list[Label] | None:
    """A label for each (name, its mark's place), as near to the mark as one is free; None where one has no
    place. Leaders, which are faint, go through names where nothing else is left.

    Args:
        lines: what no name may touch; taken: rectangles that none may touch, such as marks.
        area: where names may stand.
    """
    segments = [pair for line in lines for pair in pairwise(line)]
    boxes, leaders, labels = list(taken), list[tuple[Place, Place]](), list[Label]()
    for words, mark in names:
        width = text_width(words)
        left, top = candidates(area, width)
        free = np.ones(left.shape, bool)
        for box in boxes:
            free &= ~overlaps(left, top, width, box)
        for segment in segments:
            free &= ~crossed(left, top, width, segment)
        if not free.any():
            return None
        ends = nearest_points(left, top, width, mark)
        distance = np.hypot(ends[0] - mark[0], ends[1] - mark[1]) + 1e-3 * np.abs(left - mark[0])
        for faint in leaders:
            distance += DETOUR * crossed(left, top, width, faint)
        for label in labels:
            distance += DETOUR * leads_through(mark, ends, label.box)
        best = int(np.argmin(np.where(free, distance, np.inf)))
        x, y = float(left[best]), float(top[best])
        box = Box(x, y, x + width, y + HEIGHT)
        end = box.nearest(mark)
        leader = None if np.hypot(end[0] - mark[0], end[1] - mark[1]) <= NEAR else (mark, end)
        labels.append(Label(words, box, leader))
        boxes.append(box)
        leaders += [] if leader is None else [leader]
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


def nearest_points(left: Places, top: Places, width: float, mark: Place) -> tuple[Places, Places]:
    """The points of texts there that are nearest to a mark."""
    return np.clip(mark[0], left, left + width), np.clip(mark[1], top, top + HEIGHT)


def leads_through(mark: Place, ends: tuple[Places, Places], box: Box) -> NDArray[np.bool_]:
    """Whether lines from a mark to these ends go through a box."""
    dx, dy = (ends[0] - mark[0]) / 2, (ends[1] - mark[1]) / 2
    x, y = mark[0] + dx - (box.left + box.right) / 2, mark[1] + dy - (box.top + box.bottom) / 2
    return meets(x, y, dx, dy, (box.right - box.left) / 2, (box.bottom - box.top) / 2)


def meets(x: Any, y: Any, dx: Any, dy: Any, half_x: float, half_y: float) -> NDArray[np.bool_]:
    """Whether segments from (x - dx, y - dy) to (x + dx, y + dy) meet a rectangle around 0: no axis
    separates them."""
    apart = (np.abs(x) > half_x + np.abs(dx)) | (np.abs(y) > half_y + np.abs(dy))
    met: NDArray[np.bool_] = ~(apart | (np.abs(dx * y - dy * x) > half_x * np.abs(dy) + half_y * np.abs(dx)))
    return met
