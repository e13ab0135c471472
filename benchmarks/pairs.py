"""Measures methods on pairs of pictures: `python -m benchmarks.pairs --pairs FILE --content DIR --style DIR`.

FILE has the names of a photograph and a style picture on each line, such as were held out from a training.
Prints the yardstick's distances and the seconds, and writes `--out`: for each pair the photograph, the style
picture and every method's picture. Every setting of every method is a flag, as in `--cin.learn-steps 30`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from statistics import mean

from torch import Tensor

from compare.comparison import Comparison
from compare.schema import Tile, make_request
from core.images import open_picture, to_tensor
from core.plates import plates
from core.sheet import contact_sheet
from methods import ALL, get
from methods.base import Method
from methods.flags import add_flags, settings_from_flags
from methods.settings import MethodSettings
from weights.catalog import CATALOG, entry
from weights.errors import WeightsError
from weights.load import variable

SIDE = 384  # px, the photographs' long side
PAIRS_ACROSS = 2  # on the sheet
Pair = tuple[Path, Path, str | None]
"""A photograph, a style picture, and its plate's name where it is one."""


def use_network(path: Path) -> None:
    """Let another file than the embedded one be CIN's, in this process."""
    CATALOG["cin"] = replace(entry("cin"), sha256=sha256(path.read_bytes()).hexdigest())
    os.environ[variable(entry("cin"))] = str(path)


def pairs_of(args: argparse.Namespace) -> list[Pair]:
    """Those of the file; with `--plates` every plate on some of its photographs instead."""
    lines = [line.split() for line in args.pairs.read_text(encoding="utf-8").splitlines() if line.strip()]
    if not args.plates:
        return [(args.content / photo, args.style / style, None) for photo, style in lines]
    photos = [args.content / photo for photo, _ in lines[: args.plates]]
    return [(photo, plate.path, plate.name) for plate in plates(complete=True) for photo in photos]


def painted(
    pairs: Sequence[Pair], methods: Sequence[Method], args: argparse.Namespace
) -> Iterator[list[Tile]]:
    """Each pair's finished tiles."""
    settings: dict[str, MethodSettings] = {
        method.name: settings_from_flags(args, type(method)) for method in methods
    }
    comparison = Comparison(methods, args.device)
    for photo, style, name in pairs:
        request = make_request(open_picture(photo), open_picture(style), settings, SIDE, name, args.repeats)
        tiles = {tile.method: tile for tile in comparison.run(request)}
        for tile in tiles.values():
            told = " ".join(map(str, tile.notes)) or tile.error
            if tile.distances and tile.seconds:
                told = (
                    f"style {tile.distances.style:.3f}  content {tile.distances.content:.3f}  "
                    f"{tile.seconds.median:.2f} s  {told}"
                )
            print(f"{photo.name}  {style.name}  {tile.method}: {told}", flush=True)
        yield list(tiles.values())


def means(tiles: Sequence[Tile]) -> str:
    """Mean and worst distances of one method's tiles, and the mean of their seconds."""
    measured = [(tile.distances, tile.seconds) for tile in tiles if tile.distances and tile.seconds]
    if not measured:
        return "nothing measured"
    styles, contents = ([getattr(each, key) for each, _ in measured] for key in ("style", "content"))
    return (
        f"{len(measured)} pictures: style {mean(styles):.3f} (worst {max(styles):.3f})  "
        f"content {mean(contents):.3f} (worst {max(contents):.3f})  "
        f"{mean(seconds.median for _, seconds in measured):.2f} s"
    )


def cells(pair: Pair, tiles: Sequence[Tile]) -> list[Tensor]:
    """A pair's part of the sheet."""
    photo, style, _ = pair
    pictures = [to_tensor(open_picture(path).rgb) for path in (photo, style)]
    return pictures + [to_tensor(tile.image) for tile in tiles if tile.image is not None]


def evaluate(args: argparse.Namespace) -> None:
    """As the command line asks."""
    if args.network:
        use_network(args.network)
    methods = [get(name)() for name in args.methods.split(",")]
    pairs = pairs_of(args)
    found = list(painted(pairs, methods, args))
    for index, method in enumerate(methods):
        print(f"{method.name}: {means([tiles[index] for tiles in found])}")
    parts = [cells(pair, tiles) for pair, tiles in zip(pairs, found, strict=True)]
    rows = [list(chain(*parts[at : at + PAIRS_ACROSS])) for at in range(0, len(parts), PAIRS_ACROSS)]
    contact_sheet(rows, args.side).save(args.out)


def main() -> None:
    """The command line."""
    flags = argparse.ArgumentParser(prog="python -m benchmarks.pairs", description=__doc__.splitlines()[0])
    flags.add_argument("--pairs", type=Path, required=True, help="file of lines: photograph, style picture")
    flags.add_argument("--content", type=Path, required=True, help="folder of the photographs")
    flags.add_argument("--style", type=Path, required=True, help="folder of the style pictures")
    flags.add_argument("--methods", default="cin", help="comma-separated (%(default)s)")
    flags.add_argument("--network", type=Path, help="a cin.safetensors instead of the embedded one")
    flags.add_argument(
        "--plates", type=int, default=0, help="all plates on so many of the photographs instead"
    )
    flags.add_argument("--repeats", type=int, default=0, help="of each picture, for warm seconds (0)")
    flags.add_argument("--device", default="auto", help="(%(default)s)")
    flags.add_argument("--side", type=int, default=192, help="px of a picture on the sheet (%(default)s)")
    flags.add_argument("--out", type=Path, default=Path("pairs.png"), help="(%(default)s)")
    for method in ALL:
        add_flags(flags, method)
    try:
        evaluate(flags.parse_args())
    except (ValueError, OSError, WeightsError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
