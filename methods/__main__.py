"""The comparison without a browser: `python -m methods CONTENT STYLE`."""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from core.device import DEVICES
from core.images import Picture, PictureError, open_picture, save_png
from core.plates import Names, plates
from methods import ALL, get
from methods.base import Method, Stop
from methods.compare import REPEATS, Comparison, Request, Tile
from methods.results import picture, png_text, record
from methods.settings import Knob, MethodSettings

SIZES, DEFAULT_SIZE = (64, 8192), 512  # px


def parser() -> argparse.ArgumentParser:
    """Flags of the run, and of each method from its settings' fields."""
    top = argparse.ArgumentParser(
        prog="python -m methods",
        description="Render one content photo in the style of one picture with several methods.",
    )
    top.add_argument("content", metavar="CONTENT", help="the photo, a picture file")
    top.add_argument("style", metavar="STYLE", help="the style, a picture file or a plate's name")
    ready = ",".join(method.name for method in ALL if not method.missing())
    top.add_argument("--methods", default=ready, help="comma-separated (%(default)s)")
    top.add_argument(
        "--size", type=int, help=f"long side in pixels, {SIZES[0]} to {SIZES[1]} (512, or the preset's own)"
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


def add_flags(top: argparse.ArgumentParser, method: type[Method]) -> None:
    """A group of flags, one for each of the method's settings."""
    group = top.add_argument_group(f"{method.name}: {method.title}")
    defaults = method.Settings.make()
    for knob in method.Settings.knobs():
        options = flag(method.name, knob, getattr(defaults, knob.name))
        group.add_argument(f"--{method.name}.{knob.name.replace('_', '-')}", **options)


def flag(method: str, knob: Knob, default: Any) -> dict[str, Any]:
    """argparse's arguments for one settings field; ranges are checked by the settings themselves.

    `default` is what a run takes without the flag: the first preset's value.
    """
    destination = f"{method}.{knob.name}"
    shown = ",".join(default) if knob.kind is tuple else default
    options: dict[str, Any] = {"dest": destination, "default": None, "help": f"{knob.help} ({shown})"}
    if knob.kind is bool:
        return {**options, "action": argparse.BooleanOptionalAction}
    if knob.kind is tuple:
        return {**options, "type": lambda text: tuple(filter(None, text.split(","))), "metavar": "A,B"}
    if knob.choices:
        return {**options, "metavar": "{" + ",".join(knob.choices) + "}"}
    if knob.kind is str:
        return {**options, "metavar": "FILE" if knob.file else "TEXT"}
    return {**options, "type": knob.kind, "metavar": "..".join(knob.limits)}


def chosen_settings(arguments: argparse.Namespace, names: Sequence[str]) -> dict[str, MethodSettings]:
    """Each named method's settings from the flags; ValueError where one is out of range."""
    return {name: given_settings(arguments, get(name)) for name in names}


def given_settings(arguments: argparse.Namespace, method: type[Method]) -> MethodSettings:
    """One method's settings from the flags that `add_flags` added; ValueError where one is out of range."""
    given = {
        key.split(".", 1)[1]: value
        for key, value in vars(arguments).items()
        if key.startswith(f"{method.name}.") and value is not None
    }
    return method.Settings.make(**given)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit status: 0 when every method finished, 1 when one failed, 130 when Ctrl-C stopped them, 2 for wrong
    arguments or pictures."""
    top = parser()
    arguments = top.parse_args(argv)
    try:
        names = [name.strip() for name in arguments.methods.split(",")]
        settings = chosen_settings(arguments, names)
        recipes = [each.size for each in settings.values() if each.size]
        size = max(recipes, default=DEFAULT_SIZE) if arguments.size is None else arguments.size
        if not SIZES[0] <= size <= SIZES[1]:
            raise ValueError(f"size is {size}; it must be from {SIZES[0]} to {SIZES[1]} pixels.")
        if not 0 <= arguments.repeats <= REPEATS:
            raise ValueError(f"repeats is {arguments.repeats}; it must be from 0 to {REPEATS}.")
        content = open_picture(arguments.content, "content photo")
        style, style_name = style_picture(arguments.style)
        comparison = Comparison([get(name)() for name in names], arguments.device)
        arguments.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:  # PictureError is a ValueError
        print(error, file=sys.stderr)
        return 2
    tiles = watch(comparison, Request(content, style, settings, size, style_name, arguments.repeats))
    results = write(tiles, content, arguments.out)
    if arguments.json:
        print(json.dumps(results, indent=2))
    states = {tile.state for tile in tiles.values()}
    return 1 if "failed" in states else 130 if "stopped" in states else 0


def style_picture(style: str) -> tuple[Picture, str | None]:
    """The picture of a file or of the plate called `style`, and the plate's name where it is one."""
    known = {plate.name: plate.path for plate in plates()}
    if not Path(style).is_file():
        if style in known:
            return open_picture(known[style], "style picture"), style
        raise PictureError(f"There is neither a file nor a plate {style!r}; plates: {', '.join(known)}.")
    return open_picture(style, "style picture"), Names(known).of(style)


def watch(comparison: Comparison, request: Request) -> dict[str, Tile]:
    """Run with a progress bar per method; Ctrl-C stops the work and keeps what is there."""
    stop = Stop()
    previous = signal.signal(signal.SIGINT, lambda *_: stop.set())
    columns = (
        TextColumn("{task.description:12}"),
        BarColumn(),
        TextColumn("{task.completed:>5.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[told]}", markup=False),  # an error may hold brackets
        TimeElapsedColumn(),
    )
    tiles: dict[str, Tile] = {}
    try:
        with Progress(*columns, console=Console(stderr=True)) as progress:
            bars = {
                name: progress.add_task(name, total=1, told="waiting", start=False)
                for name in request.settings
            }
            for tiles in comparison.run(replace(request, stop=stop)):
                for name, tile in tiles.items():
                    show(progress, bars[name], tile)
    finally:
        signal.signal(signal.SIGINT, previous)
    return tiles


def show(progress: Progress, bar: TaskID, tile: Tile) -> None:
    """Bring one method's bar up to date."""
    told: str = tile.told or tile.state
    if tile.state == "loading":
        progress.start_task(bar)
    if tile.frame:
        progress.update(bar, completed=tile.frame.step, total=tile.frame.total)
        losses = " ".join(f"{name} {loss:.3g}" for name, loss in tile.frame.losses.items())
        told = f"loss {losses}" if tile.state == "running" else tile.state
    if tile.distances:
        told = f"content {tile.distances.content:.2f}, style {tile.distances.style:.3f}"
    if tile.seconds and tile.seconds.warm:
        told += f", warm {statistics.median(tile.seconds.warm):.3g} s"
    if tile.error:
        told = tile.error
    if tile.state in ("done", "stopped", "failed"):
        progress.stop_task(bar)
    progress.update(bar, told=told)


def write(tiles: dict[str, Tile], content: Picture, folder: Path) -> dict[str, Any]:
    """Write <method>.png and results.json into the existing `folder`; returns what results.json holds."""
    results: dict[str, Any] = {}
    for name, tile in tiles.items():
        results[name] = record(tile)
        image = picture(tile, content)
        if image is not None:
            save_png(image, folder / f"{name}.png", png_text(tile))
            Console(stderr=True).print(f"{folder / name}.png", highlight=False, markup=False)
        for file, data in (tile.frame.files if tile.frame else {}).items():
            (folder / file).write_bytes(data)
            Console(stderr=True).print(folder / file, highlight=False, markup=False)
    (folder / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return results


if __name__ == "__main__":
    sys.exit(main())
