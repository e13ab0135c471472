"""What is kept of a finished tile: its picture, its record for results.json, the text inside its PNG."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from PIL import Image

from core.images import Picture, to_image
from methods.compare import Tile


def picture(tile: Tile, content: Picture) -> Image.Image | None:
    """The tile's picture with the content's transparency restored; None where there is none yet."""
    return to_image(tile.frame.image, content.alpha) if tile.frame else None


def record(tile: Tile) -> dict[str, Any]:
    """Everything known about one tile, ready for JSON. Seconds, bytes and pixels; null where not measured."""
    size = tile.frame.image.shape[-2:] if tile.frame else None
    return {
        "method": tile.method,
        "state": tile.state,
        "settings": tile.settings.as_dict(),
        "width": size[1] if size else None,
        "height": size[0] if size else None,
        "steps": tile.frame.step if tile.frame else None,
        "seconds": asdict(tile.seconds) if tile.seconds else None,
        "peak_memory_bytes": tile.peak_memory,
        "distances": asdict(tile.distances) if tile.distances else None,
        "untouched": asdict(tile.untouched) if tile.untouched else None,
        "course": [{"seconds": seconds, **asdict(distances)} for seconds, distances in tile.course],
        "losses": dict(tile.frame.losses) if tile.frame else None,
        "device": tile.device,
        "dtype": tile.dtype,
        "weights": [
            {"key": weight.key, "source": weight.source, "sha256": weight.sha256, "licence": weight.licence}
            for weight in tile.weights
        ],
        "note": tile.frame.note if tile.frame else "",
        "error": tile.error,
    }


def png_text(tile: Tile) -> dict[str, str]:
    """The text entries for the tile's PNG: what is needed to make the picture again."""
    kept = record(tile)
    weights = {weight["key"]: weight["sha256"] for weight in kept["weights"]}
    return {
        "Software": "StyleGrid",
        "stylegrid.method": tile.method,
        "stylegrid.size": str(max(kept["width"], kept["height"])),
        "stylegrid.seed": str(tile.settings.seed),
        "stylegrid.settings": json.dumps(kept["settings"]),
        "stylegrid.weights": json.dumps(weights),
    }
