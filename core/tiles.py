"""Large pictures piece by piece: which part a pass reads, and which part of its result counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Span:
    """Along a side, in px: a pass reads from `start` to `stop`, its result counts from `first` to `last`."""

    start: int
    first: int
    last: int
    stop: int


@dataclass(frozen=True)
class Tile:
    """A rectangle to read, with margins whose result is thrown away, because it lacks its surroundings."""

    rows: Span
    columns: Span

    def read(self, image: Tensor, scale: int = 1) -> Tensor:
        """The rectangle of a (B, C, H, W) picture, or of what is `scale` times smaller than it; a view."""
        rows, columns = (
            slice(span.start // scale, -(-span.stop // scale)) for span in (self.rows, self.columns)
        )
        return image[..., rows, columns]

    def counted(self, result: Tensor, scale: int = 1) -> Tensor:
        """What counts of a result for the rectangle that is `scale` times smaller than it; a view."""
        rows, columns = (
            slice((span.first - span.start) // scale, -(-(span.last - span.start) // scale))
            for span in (self.rows, self.columns)
        )
        return result[..., rows, columns]

    def put(self, result: Tensor, image: Tensor) -> None:
        """Write what counts into its place in the whole picture."""
        image[..., self.rows.first : self.rows.last, self.columns.first : self.columns.last] = self.counted(
            result
        )


def tiles(height: int, width: int, side: int, margin: int) -> Iterator[Tile]:
    """Tiles that together count every pixel once: squares of about `side` px plus a margin of `margin` px.

    With sides and margins that are multiples of 8, a tile's grid of pooled features is the whole picture's.
    """
    for rows in _spans(height, side, margin):
        for columns in _spans(width, side, margin):
            yield Tile(rows, columns)


def _spans(length: int, side: int, margin: int) -> Iterator[Span]:
    for first in range(0, length, side):
        last = min(first + side, length)
        yield Span(max(0, first - margin), first, last, min(length, last + margin))
