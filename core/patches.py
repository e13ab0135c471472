"""Pictures piece by piece: which part a pass reads, and which part of its result counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """Along a side, in px: a pass reads from `start` to `stop`, its result counts from `first` to `last`."""

    start: int
    first: int
    last: int
    stop: int


@dataclass(frozen=True)
class Patch:
    """A rectangle to read, with margins whose result is thrown away, because it lacks its surroundings."""

    rows: Span
    columns: Span

    def read(self, image: Tensor, scale: int = 1) -> Tensor:
        """The rectangle of a (B, C, H, W) picture, or of what is `scale` times smaller than it; a view."""
        rows, columns = (
            slice(span.start // scale, -(-span.stop // scale)) for span in (self.rows, self.columns)
        )
        return image[..., rows, columns]

    def valid(self, result: Tensor, scale: int = 1) -> Tensor:
        """What counts of a result for the rectangle that is `scale` times smaller than it; a view."""
        rows, columns = (
            slice((span.first - span.start) // scale, -(-(span.last - span.start) // scale))
            for span in (self.rows, self.columns)
        )
        return result[..., rows, columns]

    def write(self, result: Tensor, image: Tensor) -> None:
        """Write what counts into its place in the whole picture."""
        image[..., self.rows.first : self.rows.last, self.columns.first : self.columns.last] = self.valid(
            result
        )


def covering(height: int, width: int, side: int, overlap: int) -> Iterator[Patch]:
    """Patches that count every pixel once and read `side` px each, evenly spread, `overlap` px of them twice.

    The overlap may be more; a shorter side of the picture is read whole. See `feathered`.
    """
    for rows in _even_spans(height, side, overlap):
        for columns in _even_spans(width, side, overlap):
            yield Patch(rows, columns)


def feathered(parts: Iterable[tuple[Patch, Tensor]], like: Tensor, feather: int) -> Tensor:
    """The picture of the patches' results, of the size of `like`, (B, C, H, W).

    Where patches overlap it is their weighted mean; a weight rises to 1 within `feather` px from an edge.
    """
    total, weights = torch.zeros_like(like), torch.zeros_like(like[:1, :1])
    for patch, part in parts:
        rows, columns = (_rise(side, feather) for side in part.shape[-2:])
        weight = rows[:, None] * columns
        patch.read(total).add_(weight * part)
        patch.read(weights).add_(weight)
    return total / weights


def whole(height: int, width: int) -> Patch:
    """The one patch that reads and counts everything."""
    return Patch(Span(0, 0, height, height), Span(0, 0, width, width))


def patches(height: int, width: int, side: int, margin: int) -> Iterator[Patch]:
    """Patches that together count every pixel once: squares of about `side` px plus a margin of `margin` px.

    With sides and margins that are multiples of 8, a patch's grid of pooled features is the whole picture's.
    """
    for rows in _spans(height, side, margin):
        for columns in _spans(width, side, margin):
            yield Patch(rows, columns)


def in_bands(function: Callable[[Tensor], Tensor], x: Tensor, rows: int, margin: int, scale: float) -> Tensor:
    """`function` of (B, C, H, W), on a CPU in bands of `rows` rows, whose features stay in its cache.

    The function looks no further than `margin` rows and gives `scale` times as many; bands and margins must
    make whole rows of it. On a GPU, and where a gradient may be wanted, it gets everything at once.
    """
    if x.device.type != "cpu" or torch.is_grad_enabled():
        return function(x)
    parts = []
    for span in _spans(x.shape[-2], rows, margin):
        before, count = int(scale * (span.first - span.start)), int(scale * (span.last - span.first))
        parts.append(function(x[..., span.start : span.stop, :])[..., before : before + count, :])
    return torch.cat(parts, -2)


def _spans(length: int, side: int, margin: int) -> Iterator[Span]:
    for first in range(0, length, side):
        last = min(first + side, length)
        yield Span(max(0, first - margin), first, last, min(length, last + margin))


def _even_spans(length: int, side: int, overlap: int) -> Iterator[Span]:
    side = min(side, length)
    count = 1 if side == length else math.ceil((length - overlap) / (side - overlap))
    starts = [round(index * (length - side) / max(count - 1, 1)) for index in range(count)]
    seams = [(start + side + after) // 2 for start, after in pairwise(starts)]
    for start, first, last in zip(starts, [0, *seams], [*seams, length], strict=True):
        yield Span(start, first, last, start + side)


def _rise(length: int, feather: int) -> Tensor:
    places = torch.arange(1, length + 1)
    return torch.minimum(places, places.flip(0)).clamp_max(feather) / feather
