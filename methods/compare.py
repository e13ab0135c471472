"""Run several methods on one content photo and one style picture, and watch them as they progress."""

from __future__ import annotations

import logging
import random
import statistics
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Literal

import torch
from torch import Tensor

from core.device import describe, pick_device
from core.images import Picture, resize, to_tensor
from core.measure import PeakMemory, Stopwatch
from core.resample import fit_short_side
from core.yardstick import SHORT_SIDE, Distances, Yardstick
from methods.base import Frame, Method, Stop, Stopped, Style
from methods.cost import Costs
from methods.loading import downloads
from methods.settings import MethodSettings
from weights.catalog import Weight, find

State = Literal["waiting", "loading", "running", "measuring", "timing", "done", "stopped", "failed"]

# Long side of the style picture in px: no method works on a larger one, and 100 megapixels would be a tensor
# of 1.2 GB.
STYLE_SIDE = 4096

SAMPLE_GROWTH = 1.3  # in seconds, from one sample of a course to the next
LONG = 3.0  # predicted seconds of a method, before which distances are measured
REPEATS = 20  # at most, of each method after its first run

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seconds:
    """Seconds of a method's own work; drawing, scoring and transport are not in them.

    load: reading the weights, the longest that it took in this process. first: until the first picture.
    total: until the last. warm: totals of the runs repeated after that.
    """

    load: float
    first: float
    total: float
    warm: tuple[float, ...] = ()

    @property
    def usual(self) -> float:
        """The warm median where there is one, else the first run's total."""
        return statistics.median(self.warm) if self.warm else self.total


@dataclass(frozen=True)
class Tile:
    """One method's cell in the grid, at one moment.

    Attributes:
        frame: the newest picture; None before the first.
        curve: (seconds, losses) of each frame so far.
        seconds: of its own work so far; None before the first frame.
        peak_memory: bytes, once it has ended.
        distances: by the yardstick, once it is done; untouched: those of the photo itself.
        told: what goes on while it is loading, where that is a download.
        course: (seconds, distances) of some frames of a method with steps, once it is done.
        device, dtype, weights: what it ran on and with.
        error: a sentence for a failed one.
    """

    method: str
    title: str
    settings: MethodSettings
    state: State = "waiting"
    frame: Frame | None = None
    curve: tuple[tuple[float, Mapping[str, float]], ...] = ()
    seconds: Seconds | None = None
    peak_memory: int | None = None
    distances: Distances | None = None
    untouched: Distances | None = None
    course: tuple[tuple[float, Distances], ...] = ()
    device: str = ""
    dtype: str = ""
    weights: tuple[Weight, ...] = field(default=())
    error: str = ""
    told: str = ""


@dataclass(frozen=True)
class Request:
    """What is to be compared.

    Attributes:
        settings: of each method that is to run, by name, in their order.
        size: the content's working long side in pixels.
        style_name: the plate's name where the style is one.
        repeats: how often each finished method then runs again, for warm seconds. Each round has an order of
            its own, so that no method always follows the same other.
        stop: ends the run early; what is finished stays, and the last yield shows what was stopped.
    """

    content: Picture
    style: Picture
    settings: Mapping[str, MethodSettings]
    size: int
    style_name: str | None = None
    repeats: int = 0
    stop: Stop | None = None


class Comparison:
    """Methods on one device, loaded when first needed and kept.

    One run at a time: whoever shares a Comparison among threads serialises the runs, so that timings never
    overlap.
    """

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        self.methods = {method.name: method for method in methods}
        self.device = pick_device(device)
        self.costs = Costs(self.methods, self.device)
        self._load_seconds: dict[str, float] = {}

    def run(self, request: Request) -> Iterator[dict[str, Tile]]:
        """Run the methods, one after the other, yielding all tiles at every change.

        A method that fails gets a tile that says why, and the others go on.
        """
        settings, stop = request.settings, request.stop
        photo = to_tensor(resize(request.content, request.size).rgb)
        painting = Style(to_tensor(working_style(request.style).rgb), request.style_name)
        tiles = {name: Tile(name, self.methods[name].title, settings[name]) for name in settings}
        yield dict(tiles)

        @cache
        def yardstick() -> Yardstick:
            return Yardstick(photo.to(self.device), painting.image, painting.grams(self.device))

        @cache
        def untouched() -> Distances:
            return yardstick().measure(photo)

        if any(self.methods[name].styles for name in settings):
            painting.grams(self.device)  # which several may need, and none should be charged for
        unscored: dict[str, Samples] = {}

        def scores() -> Iterator[dict[str, Tile]]:
            for name, samples in unscored.items():
                tiles[name] = scored(tiles[name], samples, yardstick, untouched)
                yield dict(tiles)
            unscored.clear()

        pixels = photo.shape[-2] * photo.shape[-1]
        for name in settings:
            if self.costs.predict(name, settings[name], pixels) > LONG:
                yield from scores()  # else the quick pictures come first, and their distances after them
            samples = Samples()
            for tile in self._run_one(tiles[name], photo, painting, stop):
                tiles[name] = tile
                samples.take(tile)
                yield dict(tiles)
            if tiles[name].state == "measuring":
                self._learn_cost(tiles[name])
                unscored[name] = samples
        yield from scores()
        finished = [name for name in tiles if tiles[name].state == "done"]
        order = random.Random(0)
        for _ in range(request.repeats):
            for name in order.sample(finished, len(finished)):
                for tile in self._run_again(tiles[name], photo, painting, stop):
                    tiles[name] = tile
                    yield dict(tiles)
                self._learn_cost(tiles[name])

    def _learn_cost(self, tile: Tile) -> None:
        assert tile.frame is not None
        assert tile.seconds is not None
        height, width = tile.frame.image.shape[-2:]
        self.costs.record(tile.method, tile.settings, height * width, tile.seconds.usual)

    def _run_one(self, tile: Tile, content: Tensor, style: Style, stop: Stop | None) -> Iterator[Tile]:
        """One method's tile as it changes; ends as measuring, stopped or failed, never in an exception."""
        try:
            if stop is not None:
                stop.check()
            tile = replace(tile, state="loading")
            yield tile
            with Stopwatch(self.device) as watch:
                for download in downloads(lambda: self._load(tile, style, stop), stop):
                    yield replace(tile, told=str(download))
            tile = self._loaded(tile, watch.seconds)
            yield tile
            frames = self._frames(tile, content, style, stop)
            with closing(frames):
                for tile in frames:
                    yield tile
            time.sleep(self.methods[tile.method].settles)
            yield replace(tile, state="measuring")
        except Stopped:
            yield replace(tile, state="stopped")
        except Exception as error:
            log.exception("%s failed", tile.title)
            yield replace(tile, state="failed", error=explain(error, tile.title))

    def _run_again(self, tile: Tile, content: Tensor, style: Style, stop: Stop | None) -> Iterator[Tile]:
        """A finished tile while its method runs once more, then with its warm seconds."""
        assert tile.seconds is not None
        watch = Stopwatch(self.device)
        try:
            if stop is not None:
                stop.check()
            timing = replace(tile, state="timing")
            yield timing
            frames = self.methods[tile.method].stylize(content, style, tile.settings, stop)
            with closing(frames):
                for _ in timed(frames, watch):
                    yield timing
            time.sleep(self.methods[tile.method].settles)
            yield replace(tile, seconds=replace(tile.seconds, warm=(*tile.seconds.warm, watch.seconds)))
        except Stopped:
            yield tile
        except Exception as error:
            log.exception("timing %s failed", tile.title)
            yield replace(tile, error=f"It could not be timed again: {explain(error, tile.title)}")

    def _load(self, tile: Tile, style: Style, stop: Stop | None) -> None:
        """Make sure that the method has what this run needs."""
        method = self.methods[tile.method]
        if tile.method not in self._load_seconds:
            method.load(self.device)
        method.prepare(style, tile.settings, stop)

    def _loaded(self, tile: Tile, seconds: float) -> Tile:
        """The tile with what the method runs on, after it was loaded in so many seconds."""
        method = self.methods[tile.method]
        self._load_seconds[tile.method] = max(seconds, self._load_seconds.get(tile.method, 0.0))
        return replace(
            tile,
            state="running",
            device=describe(self.device),
            dtype=str(method.dtype(tile.settings)).removeprefix("torch."),
            weights=tuple(find(key) for key in method.weights),
        )

    def _frames(self, tile: Tile, content: Tensor, style: Style, stop: Stop | None) -> Generator[Tile]:
        watch, memory = Stopwatch(self.device), PeakMemory(self.device)
        frames = self.methods[tile.method].stylize(content, style, tile.settings, stop)
        with closing(frames), memory:
            for frame in timed(frames, watch):
                first = tile.seconds.first if tile.seconds else watch.seconds
                tile = replace(
                    tile,
                    frame=frame,
                    weights=frame.weights or tile.weights,
                    curve=(*tile.curve, (watch.seconds, frame.losses)),
                    seconds=Seconds(self._load_seconds[tile.method], first, watch.seconds),
                )
                yield tile
        if tile.frame is None:
            raise RuntimeError("it returned no picture")
        yield replace(tile, peak_memory=memory.bytes)


def timed(frames: Iterator[Frame], watch: Stopwatch) -> Iterator[Frame]:
    """The frames, with the watch running only while one is made."""
    while True:
        with watch:
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def working_style(style: Picture) -> Picture:
    """The style picture as methods get it: no larger than STYLE_SIDE."""
    return resize(style, STYLE_SIDE) if max(style.rgb.size) > STYLE_SIDE else style


class Samples:
    """Small copies of a method's frames, ever farther apart, to be measured when its run is over."""

    def __init__(self) -> None:
        self.kept: list[tuple[float, Tensor]] = []

    def take(self, tile: Tile) -> None:
        """Keep the tile's frame if it is time for one."""
        if tile.state == "running" and tile.frame and tile.seconds and tile.frame.total > 1:
            seconds = tile.seconds.total
            if not self.kept or seconds >= SAMPLE_GROWTH * self.kept[-1][0]:
                self.kept.append((seconds, fit_short_side(tile.frame.image, SHORT_SIDE)))


def scored(
    tile: Tile, samples: Samples, yardstick: Callable[[], Yardstick], untouched: Callable[[], Distances]
) -> Tile:
    """The done tile with its pictures' distances, or with an error that says why they cannot be measured."""
    tile = replace(tile, state="done")
    assert tile.frame is not None
    assert tile.seconds is not None
    try:
        distances = yardstick().measure(tile.frame.image)
        course = [(seconds, yardstick().measure(image)) for seconds, image in samples.kept]
        if course and course[-1][0] < tile.seconds.total:
            course.append((tile.seconds.total, distances))
        return replace(tile, distances=distances, untouched=untouched(), course=tuple(course))
    except Exception as error:
        log.exception("scoring %s failed", tile.title)
        return replace(tile, error=f"The distances could not be measured: {explain(error, 'the yardstick')}")


def explain(error: Exception, title: str) -> str:
    """A sentence for a person; the traceback goes to the log."""
    out_of_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate" in str(error)
    if out_of_memory:
        return f"{title} needs more memory than there is: choose a smaller size."
    if isinstance(error, ValueError) or type(error).__module__.startswith("weights"):
        return str(error)
    return f"{title} failed: {type(error).__name__}: {error}"
