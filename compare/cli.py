"""The command line of a comparison, `python -m methods CONTENT STYLE`: flags, progress bars, files."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from compare.comparison import Comparison
from compare.limits import SIDE, checked_repeats, checked_size
from compare.results import picture, png_text, record
from compare.schema import Request, Tile, make_request
from core.device import DEVICES
from core.images import Picture, PictureError, open_picture, save_png
from core.plates import PlateIndex, plates
from methods import ALL, get
from methods.base import Stop
from methods.flags import add_flags, settings_from_flags

DEFAULT_SIZE = 512  # px


def parser() -> argparse.ArgumentParser:
    """Flags of the run, and of each method from its settings' fields."""
    top = argparse.ArgumentParser(
        prog="python -m methods",
        description="Render one content photo in the style of one picture with several methods.",
    )
    top.add_argument("content", metavar="CONTENT", help="the photo, a picture file")
    top.add_argument("style", metavar="STYLE", help="the style, a picture file or a plate's name")
    ready = ",".join(method.name for method in ALL if not method.unavailable())
    top.add_argument("--methods", default=ready, help="comma-separated (%(default)s)")
    top.add_argument(
        "--size", type=int, help=f"long side in pixels, {SIDE[0]} to {SIDE[1]} (512, or the preset's own)"
    )
    top.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    top.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="folder (%(default)s)")
    top.add_argument(
        "--repeats", type=int, default=0, metavar="N", help="run each again N times for warm seconds (0)"
    )
    top.add_argument("--json", action="store_true", help="print results.json to standard output as well")
    for method in ALL:
        add_flags(top, method)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 when every method finished, 1 when one failed, 130 when Ctrl-C stopped them, 2 for wrong
    arguments or pictures."""
    arguments = parser().parse_args(argv)
    try:
        request = request_from_flags(arguments)
        comparison = Comparison([get(name)() for name in request.settings], arguments.device)
        arguments.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:  # PictureError is a ValueError
        print(error, file=sys.stderr)
        return 2
    tiles = watch(comparison, request)
    results = write(tiles, request, arguments.out)
    if arguments.json:
        print(json.dumps(results, indent=2))
    states = {tile.state for tile in tiles.values()}
    return 1 if "failed" in states else 130 if "stopped" in states else 0


def request_from_flags(arguments: argparse.Namespace) -> Request:
    """What the command line asks for; ValueError where a picture or a number is unfit."""
    names = [name.strip() for name in arguments.methods.split(",")]
    settings = {name: settings_from_flags(arguments, get(name)) for name in names}
    recipes = [each.size for each in settings.values() if each.size]
    size = max(recipes, default=DEFAULT_SIZE) if arguments.size is None else arguments.size
    size, repeats = checked_size(size), checked_repeats(arguments.repeats)
    content = open_picture(arguments.content, "content photo")
    style, style_name = style_picture(arguments.style)
    return make_request(content, style, settings, size, style_name, repeats)


def style_picture(style: str) -> tuple[Picture, str | None]:
    """The picture of a file or of the plate called `style`, and the plate's name where it is one."""
    known = {plate.name: plate.path for plate in plates()}
    if not Path(style).is_file():
        if style in known:
            return open_picture(known[style], "style picture"), style
        raise PictureError(f"There is neither a file nor a plate {style!r}; plates: {', '.join(known)}.")
    return open_picture(style, "style picture"), PlateIndex(known).of(style)


def watch(comparison: Comparison, request: Request) -> dict[str, Tile]:
    """Run with a progress bar per method; Ctrl-C stops the work and keeps what is there."""
    stop = Stop()
    previous = signal.signal(signal.SIGINT, lambda *_: stop.set())
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        TextColumn("{task.completed:>5.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[message]}", markup=False),  # an error may hold brackets
        TimeElapsedColumn(),
    )
    tiles: dict[str, Tile] = {}
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bars = {
                name: progress.add_task(name, total=1, message="waiting", start=False)
                for name in request.settings
            }
            for tile in comparison.run(request, stop):
                tiles[tile.method] = tile
                show(progress, bars[tile.method], tile)
    finally:
        signal.signal(signal.SIGINT, previous)
    return tiles


def show(progress: Progress, bar: TaskID, tile: Tile) -> None:
    """Bring one method's bar up to date."""
    message: str = tile.message or tile.state
    if tile.state == "loading":
        progress.start_task(bar)
    if tile.total:
        progress.update(bar, completed=tile.step, total=tile.total)
        losses = " ".join(f"{name} {loss:.3g}" for name, loss in tile.losses.items())
        message = f"loss {losses}" if tile.state == "running" and losses else tile.state
    if tile.distances:
        message = f"content {tile.distances.content:.2f}, style {tile.distances.style:.3f}"
    if tile.seconds and tile.seconds.warm:
        message += f", warm {tile.seconds.median:.3g} s"
    if tile.error:
        message = tile.error
    if tile.state in ("done", "stopped", "failed"):
        progress.stop_task(bar)
    progress.update(bar, message=message)


def write(tiles: dict[str, Tile], request: Request, folder: Path) -> dict[str, Any]:
    """Write <method>.png and results.json into the existing `folder`; returns what results.json holds."""
    console = Console(stderr=True)
    results: dict[str, Any] = {}
    for name, tile in tiles.items():
        results[name] = record(tile)
        image = picture(tile, request)
        if image is not None:
            save_png(image, folder / f"{name}.png", png_text(tile))
            console.print(f"{folder / name}.png", highlight=False, markup=False)
        for file, data in tile.files.items():
            (folder / file).write_bytes(data)
            console.print(folder / file, highlight=False, markup=False)
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results
