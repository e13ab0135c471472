"""The command line of a comparison, `python -m methods CONTENT STYLE`: flags, progress bars, files."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from compare.batch import LocalPool, Pool, Recipe
from compare.batch_cli import listed, run_batch
from compare.checks import check_request, checked_repeats, checked_size
from compare.comparison import Comparison
from compare.limits import LOCAL, SIDE
from compare.results import picture, png_text, record, write_whole
from compare.schema import Request, Tile, make_request
from core.device import DEVICES, use_cores
from core.images import KINDS, PAINTING, PHOTO, Kind, Picture, PictureError, open_picture, picture_bytes
from core.plates import PlateIndex, plates
from methods import ALL, get, ticked_at_first
from methods.base import Method, Stop
from methods.flags import add_flags, settings_from_flags

DEFAULT_SIZE = 512  # px

MakePool = Callable[[Sequence[type[Method]], str, int], Pool]


def parser() -> argparse.ArgumentParser:
    """Flags of the run, and of each method from its settings' fields."""
    top = argparse.ArgumentParser(
        prog="python -m methods",
        description="Render one content photo in the style of one picture with several methods, or every "
        "photo of a folder in every style of another.",
    )
    top.add_argument("content", metavar="CONTENT", help="the photo, a picture file, or a folder of them")
    top.add_argument("style", metavar="STYLE", help="the style, a picture file, a plate's name, or a folder")
    top.add_argument(
        "--methods", default=",".join(ticked_at_first(ALL)), help="comma-separated (%(default)s)"
    )
    top.add_argument(
        "--size", type=int, help=f"long side in pixels, {SIDE[0]} to {SIDE[1]} (512, or the preset's own)"
    )
    top.add_argument("--device", default="auto", help=f"{', '.join(DEVICES)} (%(default)s)")
    top.add_argument("--out", type=Path, default=Path("out"), metavar="DIR", help="folder (%(default)s)")
    top.add_argument("--format", choices=KINDS, default="png", help="of the pictures (%(default)s)")
    top.add_argument(
        "--quality", type=int, default=90, metavar="N", help="of jpg and webp, 1 to 100 (%(default)s)"
    )
    top.add_argument(
        "--repeats", type=int, default=0, metavar="N", help="run each again N times for warm seconds (0)"
    )
    top.add_argument(
        "--engine", choices=("local", "ray"), default="local", help="that paints folders (%(default)s)"
    )
    top.add_argument("--workers", type=int, default=1, metavar="N", help="of the engine ray (%(default)s)")
    top.add_argument("--json", action="store_true", help="print the results to standard output as well")
    for method in ALL:
        add_flags(top, method)
    return top


def main(argv: Sequence[str] | None = None, pools: Mapping[str, MakePool] | None = None) -> int:
    """`pools` make who paints folders for the engines beside "local", of kinds of methods, a device and a
    number of workers.

    Exit status: 0 when every method finished and all was written, 1 when a method or a file failed, 130
    when Ctrl-C stopped them, 2 for wrong arguments or pictures, or a folder that cannot be written to."""
    arguments = parser().parse_args(argv)
    use_cores()
    try:
        if any(Path(each).expanduser().is_dir() for each in (arguments.content, arguments.style)):
            return batch_from_flags(arguments, pools or {})
        if arguments.engine != "local" or arguments.workers != 1:
            raise ValueError("engine and workers are for folders: give a folder of photos or of styles.")
        request = request_from_flags(arguments)
        comparison = Comparison([get(name)() for name in request.settings], arguments.device)
        output = Output(arguments.out.expanduser(), request, arguments.format, arguments.quality)
    except (ValueError, OSError) as error:  # PictureError is a ValueError
        print(error, file=sys.stderr)
        return 2
    tiles = watch(comparison, request, output.add)
    output.finish()
    if arguments.json:
        print(json.dumps(output.results, indent=2))
    states = {tile.state for tile in tiles.values()}
    return 1 if "failed" in states or output.failed else 130 if "stopped" in states else 0


def request_from_flags(arguments: argparse.Namespace) -> Request:
    """What the command line asks for; ValueError where a picture or a number is unfit."""
    recipe = recipe_from_flags(arguments)
    photo = Path(arguments.content).expanduser()
    check_request(LOCAL, photo, style_path(arguments.style), recipe.settings, (recipe.size,), recipe.repeats)
    content = open_picture(photo, PHOTO)
    style, style_name = style_picture(arguments.style)
    for role, notes in ((PHOTO, content.notes), (PAINTING, style.notes)):
        if notes:
            print(f"The {role}: {', '.join(notes)}.", file=sys.stderr)
    return make_request(content, style, recipe.settings, recipe.size, style_name, recipe.repeats)


def batch_from_flags(arguments: argparse.Namespace, pools: Mapping[str, MakePool]) -> int:
    """Every photo of a folder in every style of another, and the exit status; ValueError and OSError where
    that cannot begin."""
    recipe = recipe_from_flags(arguments)
    photos, styles = Path(arguments.content).expanduser(), Path(arguments.style).expanduser()
    if not photos.exists():
        raise PictureError(f"{photos} was not found; a picture file or a folder of them is needed.")
    if arguments.workers < 1 or (arguments.workers > 1 and arguments.engine == "local"):
        raise ValueError(
            f"workers is {arguments.workers}; it must be a number from 1 on, and 1 without --engine ray."
        )
    make = {"local": local_pool, **pools}[arguments.engine]
    pool = make([get(name) for name in recipe.settings], arguments.device, arguments.workers)
    return run_batch(
        listed(photos),
        listed(styles if styles.is_dir() else style_path(arguments.style)),
        recipe,
        arguments.out.expanduser(),
        pool,
        arguments.json,
    )


def local_pool(kinds: Sequence[type[Method]], device: str, workers: int) -> Pool:
    """This process."""
    return LocalPool([kind() for kind in kinds], device)


def recipe_from_flags(arguments: argparse.Namespace) -> Recipe:
    """What the flags say beside photo and style; ValueError where a number or a setting is unfit."""
    names = [name.strip() for name in arguments.methods.split(",")]
    settings = {name: settings_from_flags(arguments, get(name)) for name in names}
    recipes = [each.size for each in settings.values() if each.size]
    size = max(recipes, default=DEFAULT_SIZE) if arguments.size is None else arguments.size
    size, repeats = checked_size(size), checked_repeats(arguments.repeats)
    if not 1 <= arguments.quality <= 100:
        raise ValueError(f"quality is {arguments.quality}; it must be from 1 to 100.")
    return Recipe(settings, size, repeats, arguments.format, arguments.quality)


def style_picture(style: str) -> tuple[Picture, str | None]:
    """The picture of a file or of the plate called `style`, and the plate's name where it is one."""
    path = style_path(style)
    return open_picture(path, PAINTING), PlateIndex(known_plates()).of(str(path))


def style_path(style: str) -> Path:
    """The file, or that of the plate called `style`; PictureError where there is neither."""
    known, path = known_plates(), Path(style).expanduser()
    if path.is_file():
        return path
    if style in known:
        return Path(known[style])
    raise PictureError(f"There is neither a file nor a plate {style!r}; plates: {', '.join(known)}.")


def known_plates() -> dict[str, Path]:
    """The plates' files by name."""
    return {plate.name: plate.path for plate in plates()}


def watch(comparison: Comparison, request: Request, add: Callable[[Tile], None]) -> dict[str, Tile]:
    """Run with a progress bar per method, giving each changed tile to `add`; Ctrl-C stops the work and keeps
    what is there."""
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
                add(tile)
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
    if tile.state in ("done", "stopped", "declined", "failed"):
        progress.stop_task(bar)
    progress.update(bar, message=message)


class Output:
    """The folder of a run's files: each is written as soon as its contents are there, whole or not at all.

    OSError, naming the folder, where it cannot be made or written to.

    Attributes:
        results: what results.json holds.
        failed: whether a file could not be written.
    """

    def __init__(self, folder: Path, request: Request, kind: Kind, quality: int) -> None:
        self.folder, self.request, self.kind, self.quality = folder, request, kind, quality
        self.results: dict[str, Any] = {}
        self.failed = False
        self._pictures: set[str] = set()  # methods whose last picture is written
        self._report: list[str] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                pass
        except OSError as error:
            raise OSError(f"{folder} cannot be written to: {error.strerror}.") from error

    def add(self, tile: Tile) -> None:
        """Write what is final of a tile that has changed."""
        if not tile.ended:
            return
        if tile.method not in self._pictures:
            self._pictures.add(tile.method)
            image = picture(tile, self.request)
            if image is not None:
                data = picture_bytes(image, png_text(tile), self.kind, self.quality)
                self.write(f"{tile.method}.{self.kind}", data)
            for name, data in tile.files.items():
                self.write(name, data)
        known, self.results[tile.method] = self.results.get(tile.method), record(tile)
        if known != self.results[tile.method]:
            self.write("results.json", (json.dumps(self.results, indent=2) + "\n").encode(), tell=False)

    def finish(self) -> None:
        """Say on standard error what was written and what was not."""
        console = Console(stderr=True)
        for line in self._report:
            console.print(line, highlight=False, markup=False, soft_wrap=True)

    def write(self, name: str, data: bytes, tell: bool = True) -> None:
        """A file under its name once it is complete."""
        path = self.folder / name
        try:
            write_whole(path, data)
        except OSError as error:
            self.failed = True
            self._report.append(f"{path} could not be written: {error.strerror}.")
        else:
            self._report += [str(path)] if tell else []
