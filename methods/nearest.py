"""The plate nearest in style to a picture: for methods that know only the styles they were trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import torch
from torch import Tensor

from core.images import PAINTING, open_picture, to_tensor
from core.plates import STYLES, Plate, plate, plates
from core.sentence import Sentence
from core.sketch import sketched_distance
from core.yardstick import style_distance, style_grams
from methods.base import Note, Stop, Style
from weights.formats import unpack

SKETCHES = STYLES / "sketches.safetensors"
CANDIDATES = 4  # plates that are measured; by the sketches of 68 paintings, one of the first 3 was nearest
NEAREST = "nearest"  # the note's key: another style than the picture's was applied
FROM_FILE = "Made with the file {file}."
AS_PAINTING = "As {title}."
NEAREST_TEXT = "Painted as the most similar painting that it knows, {caption}; style distance {distance:.2f}."


def nearest_plate(
    names: Sequence[str], style: Style, device: torch.device, stop: Stop | None = None
) -> tuple[str, Note]:
    """The name of that of the named plates which is nearest to a style by the yardstick, and a note on it.

    The style remembers both. ValueError where none of the names is a plate.
    """
    return style.once((NEAREST, *names, device), lambda: _search(names, style, device, stop))


def _search(names: Sequence[str], style: Style, device: torch.device, stop: Stop | None) -> tuple[str, Note]:
    known = {each.name: each for each in plates() if each.name in names}
    if not known:
        text = "None of the paintings that it knows is in styles/, so the most similar is not known."
        raise ValueError(Sentence("nearest_unknown", text))
    target = style.grams(device)
    little = sketches()
    roughly = {name: sketched_distance(little[name], target) for name in known if name in little}
    others = [name for name in known if name not in little]
    distances = {}
    for name in [*others, *sorted(roughly, key=lambda name: roughly[name])[:CANDIDATES]]:
        if stop is not None:
            stop.check()
        distances[name] = style_distance(_grams(name, device), target)
    name = min(distances, key=lambda name: distances[name])
    values = {
        "plate": name,
        "caption": title_of(known[name]),
        "distance": distances[name],
        "painted_as": short_title(known[name]),
    }
    return name, Note(NEAREST, NEAREST_TEXT, values)


def title_of(painting: Plate) -> Sentence:
    """The caption of a painting of ours."""
    return Sentence(f"painting.{painting.name}", painting.caption)


def short_title(painting: Plate) -> Sentence:
    """The title alone of a painting of ours."""
    return Sentence(f"painting.{painting.name}", painting.title)


def style_in(file: str) -> Sentence:
    """What a picture is painted as whose style comes from a file."""
    return Sentence("style_in", "the style in {file}", {"file": file})


@cache
def sketches() -> dict[str, dict[str, Tensor]]:
    """Those of our plates by name, as `python -m training.sketches` wrote them; none without its file."""
    if not SKETCHES.is_file():
        return {}
    tensors, about = unpack(SKETCHES.read_bytes(), SKETCHES.name)
    places = enumerate(about["plates"])
    return {name: {key: each[place] for key, each in tensors.items()} for place, name in places}


@cache
def _grams(name: str, device: torch.device) -> Mapping[str, Tensor]:
    return style_grams(to_tensor(open_picture(plate(name).path, PAINTING).rgb).to(device))
