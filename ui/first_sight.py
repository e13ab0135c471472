"""The finished comparison that the page opens with: computed earlier, and kept in examples/first-sight.

`python -m benchmarks.first_sight` makes it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from compare.schema import Moment, Seconds, Tile
from core.images import open_picture
from core.yardstick import Distances
from methods import ticked_at_first
from methods.base import Method, Note
from ui.examples import PHOTOS
from ui.files import address
from ui.tile import Pictures, tile_html
from weights.catalog import entry

FOLDER = PHOTOS / "first-sight"
NUMBERS = "first-sight.json"
PHOTO, PAINTING = "photo", "painting"  # names of their pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FirstSight:
    """What is kept of a comparison.

    Attributes:
        title: the pair; words: the machine and the day, in a sentence.
        photo, painting: addresses of the two pictures.
        tiles: by the methods' names, as they were when it ended; html: as they are drawn.
    """

    title: str
    words: str
    photo: str
    painting: str
    tiles: Mapping[str, Tile]
    html: Mapping[str, str]


def picture_file(name: str) -> str:
    """Name of the file of a method's picture, or of one of the two that were compared."""
    return f"{name}.webp"


def first_sight(methods: Mapping[str, Method], folder: Path = FOLDER) -> FirstSight | None:
    """Of those methods that are ticked at first; None where there are none, or where the folder cannot be
    read, which the log tells."""
    try:
        kept = json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
        names = [name for name in ticked_at_first(methods.values()) if name in kept["tiles"]]
        tiles = {name: read_tile(methods[name], kept["tiles"][name], folder) for name in names}
        day = date.fromisoformat(kept["date"])
        title = f"{kept['photo']} in the style of {kept['painting']}"
        words = f"Computed earlier on {kept['machine']}, {day.day} {day:%B %Y}."
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("The page opens without a comparison: %s", error)
        return None
    photo, painting = (address(folder / picture_file(name)) for name in (PHOTO, PAINTING))
    html = {name: draw(tile, photo, folder) for name, tile in tiles.items()}
    return FirstSight(title, words, photo, painting, tiles, html) if tiles else None


def draw(tile: Tile, photo: str, folder: Path) -> str:
    """A tile as a run draws it; its picture is a lossy copy and no download."""
    assert tile.image is not None
    height, width, _ = tile.image.shape
    return tile_html(tile, Pictures(width / height, photo, address(folder / picture_file(tile.method))))


def read_tile(method: Method, kept: Mapping[str, Any], folder: Path) -> Tile:
    """A method's tile from its entry. OSError, ValueError, KeyError or TypeError where that is damaged."""
    weights = [replace(entry(each["key"]), sha256=each["sha256"]) for each in kept["weights"]]
    return Tile(
        method.name,
        method.title,
        method.Settings.make(),
        iterative=method.iterative,
        state="done",
        step=kept["steps"],
        total=kept["steps"],
        image=np.asarray(open_picture(folder / picture_file(method.name)).rgb),
        loss_history=tuple((seconds, losses) for seconds, losses in kept["losses"]),
        seconds=Seconds(**{**kept["seconds"], "warm": tuple(kept["seconds"]["warm"])}),
        peak_memory=kept["peak_memory_bytes"],
        distances=Distances(**kept["distances"]),
        baseline=Distances(**kept["untouched"]),
        distance_history=tuple(
            Moment(each["seconds"], each["step"], Distances(each["content"], each["style"]))
            for each in kept["course"]
        ),
        device=kept["device"],
        dtype=kept["dtype"],
        weights=tuple(weights),
        notes=tuple(
            Note(each["key"], "{sentence}", {**each["values"], "sentence": each["sentence"]})
            for each in kept["notes"]
        ),
    )
