"""Faults that nobody asked for: a mesh in even areas, and a border busier than the middle."""

from __future__ import annotations

from torch import Tensor

from core.losses import neighbour_differences, periodicity

MESHES = (4, 8, 16)  # px, at which decoders leave one
BORDER = 1 / 16  # of the short side
LEAST = 1e-4  # a fortieth of a grey level, which keeps even pictures at 1


def meshes(image: Tensor) -> dict[int, float]:
    """`periodicity` of a (1, 3, H, W) picture in [0, 1] at its own size, by the period in px."""
    return {period: periodicity(image, period).item() for period in MESHES}


def border_stains(image: Tensor) -> float:
    """The mean difference of neighbours along the border over that of the middle: (1, 3, H, W) in [0, 1].

    1 where both are alike, and for a picture without any detail. Padding with zeros, reflections and stains
    that optimisation pushes to the edge make it rise; a photo's own, beside it, says what its motif does. Our
    own measure.
    """
    margin = max(1, round(BORDER * min(image.shape[-2:])))
    totals, counts = [0.0, 0.0], [0, 0]  # of the whole, and of the middle
    for differences in neighbour_differences(image.float()):
        for place, area in enumerate((differences, differences[..., margin:-margin, margin:-margin])):
            totals[place] += area.abs().sum().item()
            counts[place] += area.numel()
    if not counts[1]:
        return 1.0
    border = (totals[0] - totals[1]) / (counts[0] - counts[1])
    return (border + LEAST) / (totals[1] / counts[1] + LEAST)
