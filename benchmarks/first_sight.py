"""Makes the comparison that the page opens with: `python -m benchmarks.first_sight`.

It runs the methods that are ticked at first on an example pair, and keeps their pictures as WebP, as good as
fit into MOST_BYTES, with their numbers in examples/first-sight.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import Any

from PIL import Image

from compare.costs import CostModel
from compare.results import record
from compare.schema import Request, Tile, make_request
from compare.tradeoff import learning_of
from core.device import DEVICES, pick_device, use_cores
from core.images import open_picture, to_image, to_tensor
from core.measures import Measurer
from core.plates import plate
from core.version import VERSION
from core.yardstick import Yardstick
from engine.inline import InlineEngine
from methods import ALL, ticked_at_first
from methods.base import Stop
from ui.examples import PHOTOS, photos
from ui.first_sight import FOLDER, NUMBERS, PAINTING, PHOTO, picture_file, read_tile

MOST_BYTES = 240_000  # of all pictures together
QUALITIES = range(90, 20, -2)  # of WebP, tried in this order
MOST_POINTS = 60  # of a curve of losses


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0, or 2 where there is no such pair or a method failed."""
    arguments = parser().parse_args(argv)
    use_cores()
    engine = InlineEngine([method() for method in ALL], arguments.device)
    try:
        painting = plate(arguments.plate)
        title = next(each.title for each in photos() if each.name == arguments.photo)
        settings = {name: engine.methods[name].Settings.make() for name in ticked_at_first(ALL)}
        pair = open_picture(PHOTOS / f"{arguments.photo}.jpg"), open_picture(painting.path)
        request = make_request(*pair, settings, arguments.size, painting.name)
        if arguments.measure:
            kept = json.loads((arguments.out / NUMBERS).read_text(encoding="utf-8"))
            write(arguments.out, measured_again(kept, engine, request, arguments.out), {})
            return 0
        tiles = {tile.method: tile for tile in engine.run(request, Stop())}
        kept = {
            "photo": title,
            "painting": painting.caption,
            "machine": engine.machine().name,
            "date": date.today().isoformat(),
            "version": VERSION,
            "tiles": {name: entry(tile) for name, tile in tiles.items()},
        }
    except StopIteration:
        print(f"There is no example photo {arguments.photo!r}.", file=sys.stderr)
        return 2
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    write(arguments.out, kept, compressed(pictures(request, tiles)))
    return 0


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    found = argparse.ArgumentParser(prog="python -m benchmarks.first_sight", description=__doc__)
    found.add_argument("--photo", default="astronaut", help="an example photo's name (%(default)s)")
    found.add_argument("--plate", default="composition-vii", help="a style picture of ours (%(default)s)")
    found.add_argument("--size", type=int, default=512, help="long side in px (%(default)s)")
    found.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    found.add_argument(
        "--measure", action="store_true", help="measure the kept pictures again; seconds and pictures stay"
    )
    found.add_argument("--out", type=Path, default=FOLDER, metavar="DIR", help="(examples/first-sight)")
    return found


def entry(tile: Tile) -> dict[str, Any]:
    """A tile's numbers as results.json has them, its curve of losses, and its notes with their sentences.

    ValueError where it is not done.
    """
    if tile.state != "done":
        raise ValueError(f"{tile.title} is {tile.state}: {tile.error}")
    thinned = tile.loss_history[:: ceil(len(tile.loss_history) / MOST_POINTS)]
    notes = [{"key": each.key, "values": dict(each.values), "sentence": str(each)} for each in tile.notes]
    return {**record(tile), "losses": thinned, "notes": notes}


def measured_again(
    kept: dict[str, Any], engine: InlineEngine, request: Request, folder: Path
) -> dict[str, Any]:
    """What is kept, with all measures of its pictures as they lie there, and what a training here and now
    would take on the machine that it is from."""
    content, style = to_tensor(request.content), to_tensor(request.style)
    measurer = Measurer(content, style, Yardstick(content, style))
    tiles = {name: read_tile(engine.methods[name], each, folder) for name, each in kept["tiles"].items()}
    costs = CostModel(engine.methods, pick_device("cpu"), lambda: 1.0)
    for tile in tiles.values():
        costs.record(tile)
    for name, tile in tiles.items():
        assert tile.image is not None
        _, measures = measurer.measure(to_tensor(tile.image))
        learning = learning_of(tile, engine.methods[name], costs.predict)
        new = record(replace(tile, measures=measures, landmarks=measurer.landmarks, learning=learning))
        kept["tiles"][name] |= {key: new[key] for key in ("measures", "landmarks", "learning")}
    return kept


def pictures(request: Request, tiles: Mapping[str, Tile]) -> dict[str, Image.Image]:
    """The photo, the painting no larger than it, and the methods' pictures, by name."""
    photo, painting = to_image(request.content), to_image(request.style)
    painting.thumbnail((max(photo.size),) * 2, Image.Resampling.LANCZOS)
    painted = {name: to_image(tile.image) for name, tile in tiles.items() if tile.image is not None}
    return {PHOTO: photo, PAINTING: painting, **painted}


def compressed(images: Mapping[str, Image.Image]) -> dict[str, bytes]:
    """The pictures as WebP at the best quality at which all fit, by name. ValueError where none does."""
    for quality in QUALITIES:
        files = {name: webp(image, quality) for name, image in images.items()}
        if sum(map(len, files.values())) <= MOST_BYTES:
            return files
    raise ValueError(f"The pictures do not fit into {MOST_BYTES:,} bytes: choose a smaller --size.")


def webp(image: Image.Image, quality: int) -> bytes:
    """The picture as lossy WebP."""
    stream = BytesIO()
    image.save(stream, format="WEBP", quality=quality, method=6)
    return stream.getvalue()


def write(folder: Path, kept: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Put all into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / picture_file(name)).write_bytes(data)
    (folder / NUMBERS).write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
