"""Every method on every pair of pictures at every size, each once measured, each a row of results.csv."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from benchmarks.machine import claim, this_machine
from benchmarks.rows import PERIODS, Results, Row, key
from benchmarks.statistics import median
from compare.comparison import Comparison
from compare.schema import Request, Tile, make_request
from core.colour import colour_distance
from core.device import pick_device
from core.images import PAINTING, PHOTO, Pixels, open_picture, resize, to_image, to_tensor
from core.losses import lattice, periodicity
from core.metrics import ssim
from core.plates import PlateIndex, plates
from core.resample import fit_short_side
from core.yardstick import SHORT_SIDE
from methods.base import Method, Stop
from methods.nearest import NEAREST
from methods.settings import MethodSettings

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
THUMBNAIL = 256  # px, of the photos and style pictures
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
    """A pair of pictures at one size, and the methods that are still to be measured on it."""

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


def open_jobs(plan: Plan, results: Results) -> list[Job]:
    """What is not in results.csv, or is there with other weights; small sizes first."""
    found = []
    settings = {method: plan.settings[method.name].as_dict() for method in plan.methods}
    for size in sorted(plan.sizes):
        for style in plan.styles:
            for content in plan.contents:
                keys = {
                    method: key(content.name, style.name, size, method.name, settings[method])
                    for method in plan.methods
                }
                methods = tuple(each for each in keys if not results.has(keys[each], plan.repeats))
                found += [Job(content, style, size, methods)] if methods else []
    return found


def run(plan: Plan) -> bool:
    """Measure what is missing, with a progress bar; False where Ctrl-C ended it before all was done.

    ValueError where the folder's results are of another machine.
    """
    stop = Stop()
    claim(plan.out, this_machine(pick_device(plan.device)))
    results = Results(plan.out)
    jobs = open_jobs(plan, results)
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
            bar = progress.add_task("", total=sum(job.work for job in jobs))
            for job in jobs:
                name = f"{done + 1}/{len(jobs)} {job.content.stem}, {job.style.stem}, {job.size} px"
                progress.update(bar, description=name)
                rows = list(measured(job, plan, stop))
                for row in rows:
                    results.add(row)
                if len(rows) < len(job.methods):
                    break
                done += 1
                progress.advance(bar, job.work)
    finally:
        signal.signal(signal.SIGINT, previous)
        results.rewrite()
    return done == len(jobs)


def measured(job: Job, plan: Plan, stop: Stop) -> Iterator[Row]:
    """The rows of a job; after `stop` only of methods that were completely measured.

    A new Comparison for each job, so that every row has a loading and a first run of its own.
    """
    settings = {method.name: plan.settings[method.name] for method in job.methods}
    try:
        content, style = open_picture(job.content, PHOTO), open_picture(job.style, PAINTING)
        plate = PlateIndex({each.name: each.path for each in plates()}).of(job.style)
        request = make_request(content, style, settings, job.size, plate, plan.repeats)
    except ValueError as error:
        for method in job.methods:
            yield replace(started(job, method, plan), error=str(error))
        return
    for path, picture in ((job.content, content), (job.style, style)):
        save(resize(picture, THUMBNAIL).rgb, plan.out, f"{path.name}.jpg")
    comparison = Comparison([method() for method in job.methods], plan.device)
    tiles = {tile.method: tile for tile in comparison.run(request, stop)}  # the last of each
    for method in job.methods:
        tile, row = tiles[method.name], started(job, method, plan)
        if is_complete(tile, plan.repeats):
            row = with_tile(row, tile)
            if tile.image is not None and tile.distances:
                save(to_image(tile.image), plan.out, row.picture)
                row = with_metrics(row, tile.image, request)
            yield row


def is_complete(tile: Tile, repeats: int) -> bool:
    """Whether the tile was run as often as it was to be, or as far as it could be."""
    if tile.state == "failed" or tile.error:
        return True
    return tile.state == "done" and tile.seconds is not None and len(tile.seconds.warm) == repeats


def started(job: Job, method: type[Method], plan: Plan) -> Row:
    """A row of what is known before a run."""
    return Row(
        job.content.name,
        job.style.name,
        job.size,
        method.name,
        method.title,
        plan.settings[method.name].as_dict(),
        None if method.styles is None else len(method.styles),
    )


def with_tile(row: Row, tile: Tile) -> Row:
    """The row with what the tile knows."""
    row = replace(
        row,
        device=tile.device,
        dtype=tile.dtype,
        weights={weight.key: weight.sha256 for weight in tile.weights},
        peak_memory=None if tile.peak_memory is None else tile.peak_memory / 1e6,
        nearest=any(note.key == NEAREST for note in tile.notes),
        note=" ".join(map(str, tile.notes)),
        error=tile.error,
    )
    if tile.seconds:
        warm = list(tile.seconds.warm)
        found = median(warm) if warm else None
        row = replace(
            row,
            steps=tile.step,
            load=tile.seconds.load,
            first=tile.seconds.first,
            total=tile.seconds.total,
            warm=warm,
            warm_median=found.value if found else None,
            warm_spread=found.high - found.low if found and len(warm) > 1 else None,
        )
    if tile.measures and tile.landmarks:
        row = replace(
            row,
            measures=asdict(tile.measures),
            photo_measures=asdict(tile.landmarks.photo),
            style_measures=asdict(tile.landmarks.painting),
        )
    if tile.distances and tile.baseline:
        row = replace(
            row,
            content_distance=tile.distances.content,
            style_distance=tile.distances.style,
            untouched_style=tile.baseline.style,
            course=[
                [each.step, each.seconds, each.distances.content, each.distances.style]
                for each in tile.distance_history
            ],
        )
    return row


def with_metrics(row: Row, image: Pixels, request: Request) -> Row:
    """The row with what is measured beside the yardstick, at its size but for periodicity and lattice."""
    result, photo, painting = map(to_tensor, (image, request.content, request.style))
    repeated: dict[str, Any] = {
        f"{kind}{measure.__name__}": [measure(each, period).item() for period in PERIODS]
        for measure in (periodicity, lattice)
        for kind, each in (("", result), ("photo_", photo), ("style_", painting))
    }
    result, photo, painting = (fit_short_side(each, SHORT_SIDE) for each in (result, photo, painting))
    return replace(
        row,
        width=image.shape[1],
        height=image.shape[0],
        ssim=ssim(result, photo),
        colour_distance=colour_distance(result, painting),
        untouched_colour=colour_distance(photo, painting),
        **repeated,
    )


def save(image: Image.Image, folder: Path, name: str) -> None:
    """Write a picture into the results' folder of pictures."""
    (folder / PICTURES).mkdir(exist_ok=True)
    image.save(folder / PICTURES / name, quality=90)
