"""Every method on every pair of pictures at every size, each once measured, each a row of results.csv."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from torch import Tensor

from benchmarks.estimates import median
from benchmarks.machine import claim, this_machine
from benchmarks.rows import Results, Row, key
from compare.comparison import Comparison, Request, Tile, working_style
from core.colour import colour_distance
from core.device import pick_device
from core.images import Picture, open_picture, resize, to_image, to_tensor
from core.metrics import ssim
from core.plates import PlateIndex, plates
from core.resample import fit_short_side
from core.yardstick import SHORT_SIDE
from methods.base import Method, Stop
from methods.nearest import NEAREST
from methods.settings import MethodSettings

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
THUMBNAIL = 256  # px, of the pictures that were given
PICTURES = "pictures"  # the folder of the results' pictures, within that of the results


@dataclass(frozen=True)
class Plan:
    """What to measure: files, methods with their settings, sizes in px, and further runs for warm seconds."""

    contents: Sequence[Path]
    styles: Sequence[Path]
    methods: Sequence[type[Method]]
    settings: Mapping[str, MethodSettings]
    sizes: Sequence[int]
    repeats: int
    device: str
    out: Path


@dataclass(frozen=True)
class Job:
    """A pair of pictures at one size, and the methods that it still lacks."""

    content: Path
    style: Path
    size: int
    methods: tuple[type[Method], ...]

    @property
    def work(self) -> int:
        """How much there is to do, in pixels."""
        return self.size**2 * len(self.methods)


def picture_files(folder: Path, chosen: str | None = None) -> list[Path]:
    """The folder's pictures by name; of a comma-separated choice of names without ending, those.

    ValueError where one of them, or any, is missing.
    """
    found = [path for path in sorted(folder.glob("*")) if path.suffix.lower() in ENDINGS]
    names = [name.strip() for name in chosen.split(",")] if chosen else [path.stem for path in found]
    missing = sorted(set(names) - {path.stem for path in found})
    if missing or not found:
        raise ValueError(f"{folder} holds no picture {', '.join(missing)}".rstrip() + ".")
    return [path for path in found if path.stem in names]


def jobs(plan: Plan, results: Results) -> list[Job]:
    """What results.csv still lacks, or has of other weights; small sizes first."""
    lacking = []
    settings = {method: plan.settings[method.name].as_dict() for method in plan.methods}
    for size in sorted(plan.sizes):
        for style in plan.styles:
            for content in plan.contents:
                methods = tuple(
                    method
                    for method in plan.methods
                    if not results.has(
                        key(content.name, style.name, size, method.name, settings[method]), plan.repeats
                    )
                )
                lacking += [Job(content, style, size, methods)] if methods else []
    return lacking


def run(plan: Plan) -> bool:
    """Measure what is lacking, with a progress bar; False where Ctrl-C ended it before all was done.

    ValueError where the folder's results are of another machine.
    """
    stop = Stop()
    claim(plan.out, this_machine(pick_device(plan.device)))
    results = Results(plan.out)
    lacking = jobs(plan, results)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(16),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    previous = signal.signal(signal.SIGINT, lambda *_: stop.set())
    done = 0
    try:
        with Progress(*columns, console=Console(stderr=True), speed_estimate_period=3600) as progress:
            bar = progress.add_task("", total=sum(job.work for job in lacking))
            for job in lacking:
                told = f"{done + 1}/{len(lacking)} {job.content.stem}, {job.style.stem}, {job.size} px"
                progress.update(bar, description=told)
                rows = list(measured(job, plan, stop))
                for row in rows:
                    results.add(row)
                if len(rows) < len(job.methods):
                    break
                done += 1
                progress.advance(bar, job.work)
    finally:
        signal.signal(signal.SIGINT, previous)
        results.finish()
    return done == len(lacking)


def measured(job: Job, plan: Plan, stop: Stop) -> Iterator[Row]:
    """The rows of a job; after `stop` only of methods that were completely measured.

    A new Comparison for each job, so that every row has a loading and a first run of its own.
    """
    try:
        content, style = open_picture(job.content, "content photo"), open_picture(job.style, "style picture")
    except ValueError as error:
        for method in job.methods:
            yield started(job, method, plan, str(error))
        return
    for path, picture in ((job.content, content), (job.style, style)):
        keep(resize(picture, THUMBNAIL).rgb, plan.out, f"{path.name}.jpg")
    comparison = Comparison([method() for method in job.methods], plan.device)
    settings = {method.name: plan.settings[method.name] for method in job.methods}
    plate = PlateIndex({each.name: each.path for each in plates()}).of(job.style)
    request = Request(content, style, settings, job.size, plate, plan.repeats, stop)
    tiles: dict[str, Tile] = {}
    steps: dict[str, dict[float, int]] = {method.name: {} for method in job.methods}  # by seconds
    for tiles in comparison.run(request):
        for tile in tiles.values():
            if tile.state == "running" and tile.frame and tile.seconds:
                steps[tile.method][tile.seconds.total] = tile.frame.step
    for method in job.methods:
        tile, row = tiles[method.name], started(job, method, plan)
        if is_complete(tile, plan.repeats):
            row = timed(row, tile, steps[tile.method])
            if tile.frame and tile.distances:
                row = scored(row, tile.frame.image, content, style, plan.out)
            yield row


def is_complete(tile: Tile, repeats: int) -> bool:
    """Whether the tile was run as often as asked for, or as far as it could be."""
    if tile.state == "failed" or tile.error:
        return True
    return tile.state == "done" and tile.seconds is not None and len(tile.seconds.warm) == repeats


def started(job: Job, method: type[Method], plan: Plan, error: str = "") -> Row:
    """A row of what is known before a run."""
    return Row(
        job.content.name,
        job.style.name,
        job.size,
        method.name,
        method.title,
        plan.settings[method.name].as_dict(),
        None if method.styles is None else len(method.styles),
        error=error,
    )


def timed(row: Row, tile: Tile, steps: Mapping[float, int]) -> Row:
    """The row with what the tile knows; `steps` gives the step that was shown after so many seconds."""
    row = replace(
        row,
        device=tile.device,
        dtype=tile.dtype,
        weights={weight.key: weight.sha256 for weight in tile.weights},
        peak_memory=None if tile.peak_memory is None else tile.peak_memory / 1e6,
        error=tile.error,
    )
    if tile.seconds:
        warm = list(tile.seconds.warm)
        found = median(warm) if warm else None
        row = replace(
            row,
            load=tile.seconds.load,
            first=tile.seconds.first,
            total=tile.seconds.total,
            warm=warm,
            warm_median=found.value if found else None,
            warm_spread=found.high - found.low if found and len(warm) > 1 else None,
        )
    if tile.frame:
        row = replace(
            row, note=tile.frame.note, nearest=tile.frame.note.startswith(NEAREST), steps=tile.frame.step
        )
    if tile.distances and tile.untouched:
        row = replace(
            row,
            content_distance=tile.distances.content,
            style_distance=tile.distances.style,
            untouched_style=tile.untouched.style,
            course=[[steps[at], at, each.content, each.style] for at, each in tile.course],
        )
    return row


def keep(image: Image.Image, folder: Path, name: str) -> None:
    """Write a picture into the results' folder of pictures."""
    (folder / PICTURES).mkdir(exist_ok=True)
    image.save(folder / PICTURES / name, quality=90)


def scored(row: Row, image: Tensor, content: Picture, style: Picture, folder: Path) -> Row:
    """The row with what is measured beside the yardstick, at its size; the picture is kept in the folder."""
    keep(to_image(image), folder, row.picture)
    height, width = image.shape[-2:]
    photo, painting = to_tensor(resize(content, row.size).rgb), to_tensor(working_style(style).rgb)
    image, photo, painting = (fit_short_side(each, SHORT_SIDE) for each in (image, photo, painting))
    return replace(
        row,
        width=width,
        height=height,
        ssim=ssim(image, photo),
        colour_distance=colour_distance(image, painting),
        untouched_colour=colour_distance(photo, painting),
    )
