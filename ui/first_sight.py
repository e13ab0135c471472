"""The finished comparison that the page opens with: computed earlier, and kept in examples/first-sight.

`python -m benchmarks.first_sight` makes it.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from compare.inspection import Inspection, inspect
from compare.results import measured
from compare.schema import Moment, Seconds, Tile
from core.images import open_picture
from core.yardstick import Distances
from methods import ticked_at_first
from methods.base import Method, Note
from ui.examples import PHOTOS, photos, shown_plates
from ui.files import address
from ui.language import Language
from ui.pair import pair_html
from ui.request import read_settings
from ui.tile import FIRST, Pictures, tile_html
from weights.catalog import entry

FOLDER = PHOTOS / "first-sight"
NUMBERS = "first-sight.json"
PHOTO, PAINTING = "photo", "painting"  # names of their pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FirstSight:
    """What is kept of a comparison.

    Attributes:
        names: of the photo and the painting; machine, day: where it was computed, and when.
        photo, painting: addresses of the two pictures.
        tiles: by the methods' names, as they were when it ended; pictures: what they show.
        folder: where all of it lies.
    """

    names: Mapping[str, str]
    machine: str
    day: str
    photo: str
    painting: str
    tiles: Mapping[str, Tile]
    pictures: Mapping[str, Pictures]
    folder: Path = FOLDER

    def head(self, say: Language) -> str:
        """What was compared, where and when."""
        words = say("first_sight.words", machine=self.machine, day=self.day)
        return pair_html(self.photo, self.painting, words, say("pair.title", **self.names), say)

    def tile(self, name: str, say: Language) -> str:
        """A method's tile as a run draws it; its picture is a lossy copy and no download."""
        return tile_html(self.tiles[name], self.pictures[name], say=say) if name in self.tiles else ""

    def inspection(self, name: str) -> Callable[[], Inspection]:
        """What is to be computed of a method's picture that somebody inspects."""
        return partial(inspect, *(self.folder / picture_file(each) for each in (PHOTO, PAINTING, name)))


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
        titles = {str(each.title): each.title for each in (*photos(), *shown_plates())}  # in all languages
        compared = {role: titles.get(kept[role], kept[role]) for role in (PHOTO, PAINTING)}
        about = compared, kept["machine"], day.isoformat()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("The page opens without a comparison: %s", error)
        return None
    photo, painting = (address(folder / picture_file(name)) for name in (PHOTO, PAINTING))
    drawn = {
        name: Pictures(ratio(tile), photo, address(folder / picture_file(name)), kept=FIRST)
        for name, tile in tiles.items()
    }
    return FirstSight(*about, photo, painting, tiles, drawn, folder) if tiles else None


def ratio(tile: Tile) -> float:
    """Width / height of its picture."""
    assert tile.image is not None
    height, width, _ = tile.image.shape
    return float(width / height)


def read_tile(method: Method, kept: Mapping[str, Any], folder: Path) -> Tile:
    """A method's tile from its entry. OSError, ValueError, KeyError or TypeError where that is damaged."""
    weights = [replace(entry(each["key"]), sha256=each["sha256"]) for each in kept["weights"]]
    return Tile(
        method.name,
        method.title,
        read_settings(method, kept["settings"]),
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
        serves=method.serves,
        **measured(kept),
        device=kept["device"],
        dtype=kept["dtype"],
        weights=tuple(weights),
        notes=tuple(
            Note(each["key"], "{sentence}", {**each["values"], "sentence": each["sentence"]})
            for each in kept["notes"]
        ),
    )
