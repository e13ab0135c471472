"""What is kept of a finished tile: its picture, its record for results.json, the text inside its PNG."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from PIL import Image

from compare.schema import Learning, Request, Tile
from core.alpha import unblended
from core.images import to_image
from core.measures import Landmarks, Measures
from core.version import VERSION

MOST_LOSSES = 160  # moments of a curve that are kept; more cannot be distinguished in a tile


def photo(request: Request) -> Image.Image:
    """The content as it was given, transparency included, at its working size."""
    return to_image(request.content if request.straight is None else request.straight, request.alpha)


def picture(tile: Tile, request: Request) -> Image.Image | None:
    """The tile's picture with the content's transparency restored; None where there is none yet."""
    if tile.image is None or request.alpha is None or request.straight is None:
        return None if tile.image is None else to_image(tile.image)
    return to_image(unblended(tile.image, request.content, request.straight, request.alpha), request.alpha)


def record(tile: Tile) -> dict[str, Any]:
    """Everything known about one tile, ready for JSON. Seconds, bytes and pixels; null where not measured.

    "measures" are described in core/measures.py, "landmarks" are those of the photo and the painting.
    "learning" are the seconds in which the method learns the painting here and now, and those of a picture
    after it; without the latter they are predicted. "offers" are what the method could do next, by the
    settings that this changes.
    "untouched" (the photo's own distances), "course" (the distances on the way) and "note" are names that
    older versions gave them.
    """
    size = None if tile.image is None else tile.image.shape[:2]
    return {
        "method": tile.method,
        "state": tile.state,
        "settings": tile.settings.as_dict(),
        "width": size[1] if size else None,
        "height": size[0] if size else None,
        "steps": tile.step if size else None,
        "seconds": asdict(tile.seconds) if tile.seconds else None,
        "peak_memory_bytes": tile.peak_memory,
        "distances": asdict(tile.distances) if tile.distances else None,
        "untouched": asdict(tile.baseline) if tile.baseline else None,
        "measures": asdict(tile.measures) if tile.measures else None,
        "landmarks": asdict(tile.landmarks) if tile.landmarks else None,
        "learning": asdict(tile.learning) if tile.learning else None,
        "course": [
            {"seconds": each.seconds, "step": each.step, **asdict(each.distances)}
            for each in tile.distance_history
        ],
        "losses": dict(tile.losses) if size else None,
        "device": tile.device,
        "features": list(tile.features),
        "torch": tile.torch,
        "dtype": tile.dtype,
        "weights": [
            {"key": weight.key, "source": weight.source, "sha256": weight.sha256, "licence": weight.licence}
            for weight in tile.weights
        ],
        "note": " ".join(map(str, tile.notes)),
        "notes": [{"key": note.key, "values": dict(note.values)} for note in tile.notes],
        "offers": [
            {"key": getattr(each.text, "key", ""), "text": each.text, "values": dict(each.values)}
            for each in tile.offers
        ],
        "error": tile.error,
        "version": VERSION,
    }


def loss_curve(tile: Tile, most: int = MOST_LOSSES) -> list[dict[str, float]]:
    """Losses over seconds, at most about so many moments of them and always the last, ready for JSON."""
    history = tile.loss_history
    kept = history[: -1 : math.ceil(len(history) / most)] + history[-1:] if history else ()
    return [{"seconds": seconds, **losses} for seconds, losses in kept]


def measured(record: Mapping[str, Any]) -> dict[str, Any]:
    """What a tile's `record` has of measures, landmarks and learning, as a Tile has them; None each where a
    version before left them out. KeyError, TypeError or ValueError where they are damaged."""

    def measures(values: Mapping[str, Any]) -> Measures:
        return Measures(**{each.name: float(values[each.name]) for each in fields(Measures)})

    own, landmarks, learning = (record.get(key) for key in ("measures", "landmarks", "learning"))
    picture = learning and learning["picture"]
    return {
        "measures": own and measures(own),
        "landmarks": landmarks and Landmarks(*(measures(landmarks[name]) for name in ("photo", "painting"))),
        "learning": learning
        and Learning(float(learning["seconds"]), None if picture is None else float(picture)),
    }


def provenance(request: Request, tiles: Mapping[str, Tile], ended: str) -> dict[str, dict[str, Any]]:
    """What is known of a comparison beyond each tile's `record`, by method: the date and time at which it
    `ended` as ISO 8601 has it, the place in the order of the first runs, the files of photo and painting,
    and the painting in whose style the picture really is, by its name or that of its file."""
    photo, painting = request.content_source, request.style_source
    given = request.style_name or (painting.name if painting else None)
    return {
        name: {
            "date": ended,
            "order": place,
            "content": asdict(photo) if photo else None,
            "style": asdict(painting) if painting else None,
            "style_used": (tile.painted_as or given) if tile.image is not None else None,
        }
        for place, (name, tile) in enumerate(tiles.items(), start=1)
    }


def png_text(tile: Tile) -> dict[str, str]:
    """The text entries for the tile's PNG: what is needed to make the picture again."""
    kept = record(tile)
    weights = {weight["key"]: weight["sha256"] for weight in kept["weights"]}
    return {
        "Software": f"StyleGrid {VERSION}",
        "stylegrid.method": tile.method,
        "stylegrid.size": str(max(kept["width"], kept["height"])),
        "stylegrid.seed": str(tile.settings.seed),
        "stylegrid.settings": json.dumps(kept["settings"]),
        "stylegrid.weights": json.dumps(weights),
    }


def write_whole(path: Path, data: bytes) -> None:
    """A file under its name once it is complete, in a folder that is made where it lacks; OSError where
    that cannot be."""
    part = path.parent / f".{path.name}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(data)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
