"""Run several methods on one content photo and one style picture, and watch them as they progress."""

from __future__ import annotations

import logging
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Hashable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import torch

from compare.costs import CostModel, speed_factor
from compare.loading import downloads, progress
from compare.schema import Request, Seconds, Tile
from compare.scoring import Samples, Scorer, error_message
from compare.tradeoff import learning_of
from core.device import describe, features, in_background, pick_device
from core.images import to_pixels, to_tensor
from core.measure import PeakMemory, Stopwatch
from core.sentence import Sentence, sentence_of
from methods.base import Declined, Frame, Method, Stop, Stopped, Style
from methods.settings import MethodSettings
from weights.catalog import entry

LONG = 3.0  # seconds of a method on the reference machine, before which distances are measured
SECONDS_BETWEEN_PREVIEWS = 0.5
KNOWN_STYLES = 4  # style pictures whose encodings stay in memory

log = logging.getLogger(__name__)


class Comparison:
    """Methods on one device, loaded when first needed and kept.

    One run at a time: whoever shares a Comparison among threads serialises the runs, so that timings never
    overlap.
    """

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        self.methods: Mapping[str, Method] = {method.name: method for method in methods}
        self.device = pick_device(device)
        self.costs = CostModel(self.methods, self.device, partial(speed_factor, self.device))
        self._loaded: set[str] = set()
        self._encodings: OrderedDict[bytes, dict[Hashable, Any]] = OrderedDict()  # by digest, newest last

    def run(self, request: Request, stop: Stop | None = None) -> Iterator[Tile]:
        """Run the methods, one after the other, yielding a method's tile when it changes.

        At first come all of them, waiting or declined, then states and results, and at most two previews a
        second. A method that fails gets a tile that says why, and the others go on. `stop` ends the run
        early: what is finished stays, and the tiles of the rest are stopped.
        """
        run = Run(self, request, stop or Stop())
        yield from run.tiles.values()
        yield from run.first_runs()
        yield from run.warm_runs()

    def warm(self, request: Request, stop: Stop) -> None:
        """Do ahead what a run of the request would wait for: read the weights, encode the style picture.

        It leaves the cores to whatever else runs. What fails is left to the run, which says so. Raises
        Stopped.
        """
        in_background(Run(self, request, stop).warm)

    def load(self, name: str) -> None:
        """Make sure that a method has its weights."""
        if name not in self._loaded:
            self.methods[name].load(self.device)
            self._loaded.add(name)

    def style(self, request: Request) -> Style:
        """The request's style, with what is known of its picture from earlier runs."""
        style = Style(to_tensor(request.style), request.style_name)
        encodings = self._encodings.pop(style.digest(), style.encodings)
        self._encodings[style.digest()] = encodings
        if len(self._encodings) > KNOWN_STYLES:
            self._encodings.popitem(last=False)
        return replace(style, encodings=encodings)


class Run:
    """One request on its way: the tiles as they stand, and what is still to be measured of them."""

    def __init__(self, comparison: Comparison, request: Request, stop: Stop) -> None:
        self.comparison, self.request, self.stop = comparison, request, stop
        self.device, self.costs = comparison.device, comparison.costs
        self.content = to_tensor(request.content)
        self.style = comparison.style(request)
        self.scorer = Scorer(self.content, self.style, self.device, stop)
        self.unscored: dict[str, Samples] = {}
        decided = {
            name: comparison.methods[name].decide(each, self.device)
            for name, each in request.settings.items()
        }
        self.tiles = waiting_tiles(decided, comparison.methods, request.style_name)

    def method(self, tile: Tile) -> Method:
        """The tile's method."""
        return self.comparison.methods[tile.method]

    def warm(self) -> None:
        """See `Comparison.warm`."""
        works: list[Callable[[], object]] = [partial(self.style.encoding, self.device)]
        works += [partial(self.prepare, tile) for tile in self.tiles.values()]
        for work in works:
            self.stop.check()
            try:
                work()
            except Stopped:
                raise
            except Exception as error:
                log.debug("not warm: %s", error)

    def first_runs(self) -> Iterator[Tile]:
        """Every method's first run; the quick pictures come first, and their distances after them."""
        for name, waiting in self.tiles.items():
            if waiting.state == "declined":
                continue
            if self.is_long(waiting):
                yield from self.scores()
            for tile in self.first_run(self.tiles[name]):
                self.tiles[name] = tile
                yield tile
            if self.tiles[name].state == "measuring":
                self.costs.record(self.tiles[name])
                learning = learning_of(self.tiles[name], self.method(self.tiles[name]), self.costs.predict)
                self.tiles[name] = replace(self.tiles[name], learning=learning)
        yield from self.scores()

    def is_long(self, tile: Tile) -> bool:
        """Whether it would let quick pictures wait for their distances; the same on every machine, however
        busy, so that quick pictures never wait for each other's."""
        seconds = self.method(tile).reference_seconds(tile.settings, self.request.pixels / 1e6)
        return min(seconds, tile.settings.most_seconds) > LONG

    def warm_runs(self) -> Iterator[Tile]:
        """The repeats of what is finished."""
        finished = [name for name, tile in self.tiles.items() if tile.state == "done"]
        for names in orders(finished, self.request.repeats):
            for name in names:
                if self.stop.asked():
                    return
                before = self.tiles[name].seconds
                for tile in self.warm_run(self.tiles[name]):
                    self.tiles[name] = tile
                    yield tile
                if self.tiles[name].seconds != before:
                    self.costs.record(self.tiles[name])

    def scores(self) -> Iterator[Tile]:
        """What was run since the last time, with its distances."""
        for name, samples in self.unscored.items():
            self.tiles[name] = self.scorer.scored(self.tiles[name], samples)
            yield self.tiles[name]
        self.unscored.clear()

    def first_run(self, tile: Tile) -> Iterator[Tile]:
        """One method's tile as it changes; ends as measuring, stopped, declined or failed, not by an
        exception."""
        try:
            self.stop.check()
            tile = replace(tile, state="loading")
            yield tile
            self.style.encoding(self.device)  # which several need, and none should be charged for
            with Stopwatch(self.device, self.stop.clock) as watch:
                for download in downloads(lambda: self.prepare(tile), self.stop):
                    yield replace(tile, message=progress(download))
            tile = self.started(tile)
            yield tile
            with closing(self.progress(tile, watch.seconds)) as tiles:
                for tile in tiles:
                    yield tile
            time.sleep(self.method(tile).settles)
            yield replace(tile, state="measuring")
        except Stopped:
            yield replace(tile, state="stopped", message="")
        except Declined as error:
            yield as_declined(tile, error)
        except Exception as error:
            log.exception("%s failed", tile.title)
            yield replace(tile, state="failed", message="", error=error_message(error, tile.title))

    def warm_run(self, tile: Tile) -> Iterator[Tile]:
        """A finished tile while its method runs once more, then with its warm seconds."""
        assert tile.seconds is not None
        watch = Stopwatch(self.device, self.stop.clock)
        try:
            self.stop.check()
            timing, shown = replace(tile, state="timing"), time.perf_counter()
            yield timing
            with closing(self.frames(tile)) as frames:
                for _ in timed(frames, watch):
                    if time.perf_counter() - shown >= SECONDS_BETWEEN_PREVIEWS:
                        yield timing  # whoever watches may end the run here
                        shown = time.perf_counter()
            time.sleep(self.method(tile).settles)
            yield replace(tile, seconds=replace(tile.seconds, warm=(*tile.seconds.warm, watch.seconds)))
        except Stopped:
            yield tile
        except Exception as error:
            log.exception("timing %s failed", tile.title)
            problem = error_message(error, tile.title)
            text = "It could not be timed again: {problem}"
            yield replace(tile, error=Sentence("untimed", text, {"problem": problem}))

    def prepare(self, tile: Tile) -> None:
        """Load the method, and read what this style and these settings need."""
        self.comparison.load(tile.method)
        files = self.request.files_of(tile.method)
        self.method(tile).prepare(self.style, tile.settings, files, self.stop)
        self.method(tile).encode(self.content, self.style, tile.settings)

    def started(self, tile: Tile) -> Tile:
        """The tile with what its method runs on."""
        method = self.method(tile)
        return replace(
            tile,
            state="running",
            device=describe(self.device),
            features=features(self.device),
            torch=str(torch.__version__),  # which is a class of torch's
            dtype=str(method.dtype(tile.settings)).removeprefix("torch."),
            weights=tuple(entry(key) for key in method.weights),
        )

    def frames(self, tile: Tile) -> Generator[Frame]:
        """The method at work."""
        return self.method(tile).stylize(self.content, self.style, tile.settings, self.stop)

    def progress(self, tile: Tile, load_seconds: float) -> Generator[Tile]:
        """The tile with the newest picture now and then, and at the end with the last and the peak memory."""
        watch, memory = Stopwatch(self.device, self.stop.clock), PeakMemory(self.device)
        samples, shown, pictures, rested = Samples(), time.perf_counter(), 0, self.stop.rested
        with closing(self.frames(tile)) as frames, memory:
            for frame in timed(frames, watch):
                samples.add(frame, watch.seconds)
                first = tile.seconds.first if tile.seconds else watch.seconds
                tile = with_frame(tile, frame, Seconds(load_seconds, first, watch.seconds))
                pictures += 1
                if pictures == 1 or time.perf_counter() - shown >= SECONDS_BETWEEN_PREVIEWS:
                    tile = replace(tile, image=to_pixels(frame.image))
                    yield tile
                    shown = time.perf_counter()
        if samples.last is None:
            raise RuntimeError("it returned no picture")
        self.unscored[tile.method] = samples
        alone = self.stop.rested == rested  # else another run's memory was in it
        yield replace(tile, image=to_pixels(samples.last), peak_memory=memory.bytes if alone else None)


def waiting_tiles(
    settings: Mapping[str, MethodSettings], methods: Mapping[str, Method], style_name: str | None
) -> dict[str, Tile]:
    """The tiles of a request with these settings before it runs, by method name: waiting, but for those of
    methods that are known to decline."""
    return {name: waiting_tile(methods[name], each, style_name) for name, each in settings.items()}


def waiting_tile(method: Method, settings: MethodSettings, style_name: str | None) -> Tile:
    """One method's tile before it runs: waiting, or declined."""
    tile = Tile(method.name, method.title, settings, method.iterative, serves=method.serves)
    declined = method.declined(settings, style_name)
    return as_declined(tile, declined) if declined else tile


def as_declined(tile: Tile, declined: Declined) -> Tile:
    """The tile of a method that does not paint."""
    return replace(tile, state="declined", message="", error=sentence_of(declined), offers=declined.offers)


def with_frame(tile: Tile, frame: Frame, seconds: Seconds) -> Tile:
    """The tile with what is known of a frame, save the picture itself."""
    return replace(
        tile,
        step=frame.step,
        total=frame.total,
        losses=dict(frame.losses),
        loss_history=(*tile.loss_history, (seconds.total, dict(frame.losses))),
        seconds=seconds,
        weights=frame.weights or tile.weights,
        notes=frame.notes,
        offers=tuple(offer for note in frame.notes for offer in note.offers),
        files=dict(frame.files),
    )


def timed(frames: Iterator[Frame], watch: Stopwatch) -> Iterator[Frame]:
    """The frames, with the watch running only while one is made."""
    while True:
        with watch:
            frame = next(frames, None)
        if frame is None:
            return
        yield frame


def orders(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """Orders by chance, in none of which one follows the same other as in the order before."""
    chance, order = random.Random(0), list(names)
    for _ in range(rounds):
        before = {*pairwise(order)}
        while before & {*pairwise(order := chance.sample(names, len(names)))}:
            pass
        yield order
