"""Pictures to vote on, painted ahead: `python -m compare.pool`. Ctrl-C ends it; the same command goes on.

Every pair of an example photo and a style picture of ours has a folder with a picture of each method and its
numbers; a pair that is not finished is painted again.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

from PIL import Image

from compare.checks import checked_size
from compare.comparison import Comparison
from compare.results import record, write_whole
from compare.schema import Request, Tile, make_request
from compare.votes import OWN, data_folder
from core.device import DEVICES, describe, use_cores
from core.images import open_picture, picture_bytes, to_image
from core.plates import Plate, plates
from core.version import VERSION
from methods import ALL, get
from methods.base import Method

EXAMPLES = Path(__file__).parent.parent / "examples"
BUILT_IN = EXAMPLES / "first-sight"  # one pair that is always there
NUMBERS = ("pair.json", "first-sight.json")
OURS = "StyleGrid"  # the artist of what we drew
QUALITY = 90  # of WebP
PHOTO, PAINTING = "photo", "painting"  # names of a pair's two files
EARLY, LATE = 1880, 1905  # years between the kinds of paintings
KINDS = (f"before {EARLY}", f"{EARLY} to {LATE}", f"after {LATE}", "drawn patterns")  # of style pictures

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Entry:
    """A method's picture in the pool."""

    method: str
    title: str
    seconds: float
    content: float
    style: float


@dataclass(frozen=True)
class Pair:
    """A photo, a painting, and what at least two methods made of them.

    Attributes:
        photo, painting: titles; of a visitor's own, hashes.
        kind: one of KINDS, or OWN.
        folder: where the pictures lie; pictures: those that are in memory alone, WebP files by name.
    """

    photo: str
    painting: str
    kind: str
    folder: Path
    entries: tuple[Entry, ...]
    pictures: Mapping[str, bytes] = field(default_factory=dict, compare=False)

    def picture(self, name: str) -> bytes:
        """The WebP file of a method's picture, or of PHOTO or PAINTING."""
        return self.pictures.get(name) or (self.folder / f"{name}.webp").read_bytes()


def pool_folder() -> Path:
    """STYLEGRID_POOL, or a folder beside the votes."""
    return Path(os.environ.get("STYLEGRID_POOL") or data_folder() / "pool")


def read_pool(folder: Path) -> tuple[Pair, ...]:
    """The finished pairs of a folder, and the one that comes with StyleGrid; damaged ones are logged."""
    found = [read_pair(each) for each in (BUILT_IN, *sorted(folder.glob("*--*")))]
    return tuple(each for each in found if each is not None)


def read_pair(folder: Path) -> Pair | None:
    """A pair from its folder; None where it is not finished, damaged, or of fewer than two methods."""
    numbers = next((folder / name for name in NUMBERS if (folder / name).is_file()), None)
    if numbers is None:
        return None
    titles = {method.name: method.title for method in ALL}
    try:
        kept = json.loads(numbers.read_text(encoding="utf-8"))
        entries = tuple(
            Entry(
                name,
                titles[name],
                each["seconds"]["total"],
                each["distances"]["content"],
                each["distances"]["style"],
            )
            for name, each in kept["tiles"].items()
            if name in titles and (folder / f"{name}.webp").is_file()
        )
        kind = kept.get("kind") or kind_of_caption(kept["painting"])
        pair = Pair(kept["photo"], kept["painting"], kind, folder, entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        log.warning("No vote is taken on the pictures in %s: %s", folder.name, error)
        return None
    return pair if len(entries) > 1 else None


def kind_of(plate: Plate) -> str:
    """The kind of a style picture, by its year; one of our own or without an artist is a drawn pattern."""
    if plate.artist in ("", OURS) or not plate.year[:4].isdecimal():
        return KINDS[3]
    year = int(plate.year[:4])
    return KINDS[0] if year < EARLY else KINDS[1] if year <= LATE else KINDS[2]


def kind_of_caption(caption: str) -> str:
    """The kind of that of our style pictures which has this caption."""
    return next((kind_of(each) for each in plates() if each.caption == caption), KINDS[3])


@dataclass(frozen=True)
class Showing:
    """Two pictures of a pair, side by side, and what is asked about them. `seed` gives the same again."""

    pair: Pair
    left: Entry
    right: Entry
    question: str
    seed: int


def drawn(pool: Sequence[Pair], questions: Iterable[str], seed: int) -> Showing:
    """A pair, two of its methods, their sides and a question, all by chance. The pool is not empty."""
    chance = random.Random(seed)
    pair = chance.choice(pool)
    left, right = chance.sample(pair.entries, 2)
    return Showing(pair, left, right, chance.choice(sorted(questions)), seed)


def own_pair(request: Request, tiles: Iterable[Tile]) -> Pair | None:
    """A visitor's own comparison, in memory alone; None where it has fewer than two finished pictures."""
    done = [each for each in tiles if each.state == "done" and each.distances and each.seconds]
    pictures = {tile.method: tile.image for tile in done if tile.image is not None}
    pictures |= {PHOTO: request.content, PAINTING: request.style}
    entries = tuple(
        Entry(tile.method, tile.title, tile.seconds.total, tile.distances.content, tile.distances.style)
        for tile in done
        if tile.method in pictures and tile.seconds and tile.distances
    )
    if len(entries) < 2:
        return None
    photo, painting = (sha256(each.tobytes()).hexdigest()[:16] for each in (request.content, request.style))
    files = {name: picture_bytes(to_image(image), {}, "webp", QUALITY) for name, image in pictures.items()}
    return Pair(photo, painting, OWN, Path(), entries, files)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0; 1 where a method failed; 2 for wrong arguments; 130 after Ctrl-C."""
    arguments = parser().parse_args(argv)
    use_cores()
    try:
        methods = [known(name.strip()) for name in arguments.methods.split(",")]
        photos = picked({path.stem: path for path in sorted(EXAMPLES.glob("*.jpg"))}, arguments.photos)
        styles = picked({plate.name: plate for plate in plates()}, arguments.plates)
        size = checked_size(arguments.size)
        comparison = Comparison([method() for method in methods], arguments.device)
        work = list(product(photos, styles))
        faults = 0
        for number, (photo, plate) in enumerate(work, start=1):
            folder = arguments.out / f"{photo.stem}--{plate.name}"
            if finished(folder, methods):
                continue
            print(f"{number}/{len(work)} {folder.name}", file=sys.stderr)
            faults += paint(comparison, photo, plate, size, folder)
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return 1 if faults else 0


def parser() -> argparse.ArgumentParser:
    """The command's flags."""
    quick = ",".join(method.name for method in ALL if not method.slow and not method.unavailable())
    found = argparse.ArgumentParser(prog="python -m compare.pool", description=__doc__)
    found.add_argument("--methods", default=quick, metavar="A,B", help="(%(default)s)")
    found.add_argument("--photos", metavar="A,B", help="some of the example photos, by name (all)")
    found.add_argument("--plates", metavar="A,B", help="some of the style pictures (all)")
    found.add_argument("--size", type=int, default=384, help="long side in px (%(default)s)")
    found.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    found.add_argument("--out", type=Path, default=pool_folder(), metavar="DIR", help="(%(default)s)")
    return found


def known(name: str) -> type[Method]:
    """The method of that name. ValueError where there is none, or it cannot run."""
    found = get(name)
    if missing := found.unavailable():
        raise ValueError(f"{found.title} cannot run: {missing}")
    return found


def picked(found: Mapping[str, Any], names: str | None) -> list[Any]:
    """Those of a comma-separated choice of names; all without one. ValueError for one that is not there."""
    wanted = [name.strip() for name in names.split(",")] if names else list(found)
    if missing := [name for name in wanted if name not in found]:
        raise ValueError(f"There is no {', '.join(missing)}; choose from {', '.join(found)}.")
    return [found[name] for name in wanted]


def finished(folder: Path, methods: Iterable[type[Method]]) -> bool:
    """Whether a folder holds a picture of each method that paints this pair."""
    try:
        kept = json.loads((folder / NUMBERS[0]).read_text(encoding="utf-8"))
        return {method.name for method in methods} <= {*kept["tiles"], *kept["declined"]}
    except (OSError, ValueError, KeyError, TypeError):
        return False


def paint(comparison: Comparison, photo: Path, plate: Plate, size: int, folder: Path) -> int:
    """Run the methods on a pair and put pictures and numbers into its folder, the numbers last; how many
    failed."""
    pictures = open_picture(photo, "content photo"), open_picture(plate.path, "style picture")
    settings = {name: method.Settings.make() for name, method in comparison.methods.items()}
    request = make_request(*pictures, settings, size, plate.name)
    tiles = {tile.method: tile for tile in comparison.run(request)}
    done = {name: tile for name, tile in tiles.items() if tile.state == "done" and tile.distances}
    folder.mkdir(parents=True, exist_ok=True)
    painting = to_image(request.style)
    painting.thumbnail((size, size), Image.Resampling.LANCZOS)
    images = {PHOTO: to_image(request.content), PAINTING: painting}
    images |= {name: to_image(tile.image) for name, tile in done.items() if tile.image is not None}
    for name, image in images.items():
        write_whole(folder / f"{name}.webp", picture_bytes(image, {}, "webp", QUALITY))
    failed = [tile for tile in tiles.values() if tile.state != "declined" and tile.error]
    for tile in failed:
        print(f"{folder.name}, {tile.title}: {tile.error}", file=sys.stderr)
    kept = {
        "photo": photo.stem.replace("-", " ").capitalize(),
        "painting": plate.caption,
        "kind": kind_of(plate),
        "machine": describe(comparison.device),
        "date": date.today().isoformat(),
        "version": VERSION,
        "tiles": {name: record(tile) for name, tile in done.items()},
        "declined": [tile.method for tile in tiles.values() if tile.state == "declined"],
    }
    write_whole(folder / NUMBERS[0], (json.dumps(kept, indent=1) + "\n").encode())
    return len(failed)


if __name__ == "__main__":
    sys.exit(main())
