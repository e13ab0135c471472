"""The space of styles: our style pictures in a plane by style distance, and pictures between styles.

What needs a network is a function of plain values, done where the engine computes, and on its CPU: pictures
are small, and an engine that borrows its GPU has it for comparisons alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache

import torch
from torch import Tensor

from core.images import PAINTING, PHOTO, Pixels, open_picture, resize, to_pixels, to_tensor
from core.plates import plate, plates
from core.resample import fit_long_side
from core.scaling import Scaling, scaled
from core.sketch import sketch, squared_distance
from methods.base import Style
from methods.cin import CIN
from methods.mix import bounded
from methods.mixtures import Shares, mixtures
from methods.nearest import sketches

CPU = torch.device("cpu")
THUMBNAIL_SIDE = 112  # px
SIDE = 256  # px, long side of a picture between styles
STYLE_SIDE = 1024  # px, of a painting; VGG-19 sees it smaller still
KEPT = 6  # style pictures that stay in memory

Place = tuple[float, float]
Sketch = Mapping[str, Tensor]


@cache
def plane() -> tuple[tuple[str, ...], Scaling]:
    """The names of our style pictures, and where they lie, from their sketches alone."""
    known = sketches()
    return tuple(known), scaled(torch.stack([apart(each) for each in known.values()]))


def apart(one: Sketch) -> Tensor:
    """How far a sketch is from those of all our style pictures, (N,), as a squared distance of the plane.

    It is the root of the style distance, whose order it keeps: so the few that are far from all others do not
    press these together. Roots of squared distances are squared distances too (Schoenberg 1938).
    """
    return squared_distance(stacked(), one).sqrt()


@cache
def stacked() -> Sketch:
    """The sketches of all our style pictures, in their order."""
    layers = next(iter(sketches().values()))
    return {layer: torch.stack([each[layer] for each in sketches().values()]) for layer in layers}


def places() -> dict[str, Place]:
    """Where our style pictures lie, by name; none where there are no sketches."""
    if not sketches():
        return {}
    names, scaling = plane()
    return {name: (x, y) for name, (x, y) in zip(names, scaling.places.tolist(), strict=True)}


def placed(painting: str) -> tuple[Place, Pixels]:
    """Where the painting in a file lies among them, and a thumbnail. PictureError where it is unfit."""
    style = style_of(painting)
    x, y = plane()[1].place(apart(sketch(style.grams(CPU)))).tolist()
    return (x, y), to_pixels(fit_long_side(style.image, THUMBNAIL_SIDE))


def between(photo: str, paintings: Sequence[str], shares: Sequence[Shares]) -> list[Pixels]:
    """The photo in a file, SIDE px long, in mixtures of paintings: our names of them, or files.

    PictureError where one is unfit.
    """
    content = to_tensor(resize(open_picture(photo, PHOTO), SIDE).rgb)
    found = mixtures(painter(), content, [style_of(each) for each in paintings], shares)
    return [to_pixels(each[None]) for each in found]


@cache
def painter() -> CIN:
    """CIN, ready to paint."""
    cin = CIN()
    cin.load(CPU)
    return cin


@lru_cache(maxsize=KEPT)
def style_of(painting: str) -> Style:
    """The style of one of our style pictures, by its name, or of the painting in a file."""
    if painting in {each.name for each in plates()}:
        return Style(to_tensor(open_picture(plate(painting).path, PAINTING).rgb), painting)
    return Style(to_tensor(bounded(open_picture(painting, PAINTING), STYLE_SIDE).opaque()))
