"""The page's engine: comparisons run in a child process, whose end ends a comparison and not the page."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from functools import partial
from typing import TypeVar

from compare.checks import SIZE
from compare.comparison import waiting_tiles
from compare.costs import CostModel, speed_factor
from compare.schema import Request, Tile
from core.device import pick_device
from core.images import PictureError
from core.sentence import Sentence, sentence_of
from engine.base import Machine
from engine.child import serve
from engine.unfinished import changed, failed, stopped
from engine.worker import Gone, Talk, Worker
from methods.base import Method, Stop
from methods.settings import named

LOOK_SECONDS = 0.05  # until a stop or a pause is passed on
STOP_SECONDS = 2.0  # for a method's next check, after which the child is killed
SCORE_SECONDS = 10.0  # for the distances of what was finished before a stop
START_SECONDS = 60.0  # for a child to begin, on a machine with much else to do
RETRY_SECONDS = 5.0  # between children that do not even begin
STOPPED = Sentence("gone_stopped", "was stopped")

T = TypeVar("T")

log = logging.getLogger("stylegrid.engine")


class ProcessEngine:
    """See `Engine`. One child is kept warm; another takes its place when it ends, with the same weights.

    What crosses is plain data: requests, tiles that have changed, functions of this project by name.
    """

    pauses, workers = True, 1
    who = Sentence("process", "The process that computes")
    stop_seconds = STOP_SECONDS

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        self.methods: Mapping[str, Method] = {method.name: method for method in methods}
        self.costs = CostModel(self.methods, pick_device(device), self._speed_factor)
        self.device = device
        self._factor: float | None = None
        self._used: set[str] = set()  # methods that have got as far as running, whose weights are read again
        self._lock, self._closing = threading.Lock(), threading.Event()
        self.worker = self._start()

    def machine(self) -> Machine:
        """The device of the child, once it has begun."""
        try:
            return self._ready(Stop()).machine
        except Gone:
            return Machine("a device that does not answer", False)

    def ready(self) -> bool:
        """Whether the child takes work."""
        return self.worker.gone is None and self.worker.ready.is_set()

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in the child."""
        try:
            with self._ready(Stop()).talk() as talk:
                talk.send("do", work)
                message = talk.receive()
        except Gone as gone:
            text = "It was not read, for the process that reads pictures {gone}."
            raise PictureError(Sentence("process_unread", text, {"gone": sentence_of(gone)})) from gone
        assert message is not None
        result: T = message[2]
        return result

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """As Comparison.run; where the child ends, unfinished tiles say so."""
        tiles, shown = waiting_tiles(request.settings, self.methods, request.style_name), set[str]()
        try:
            with self._ready(stop).talk() as talk, closing(self._followed(talk, request, stop)) as changes:
                for tile in changes:
                    tiles[tile.method] = tile
                    shown.add(tile.method)
                    if tile.state == "running":
                        self._used.add(tile.method)
                    yield tile
        except Gone as gone:
            words = sentence(gone, tiles.values(), self.who)
            end = stopped if gone.reason == "stop" else partial(failed, sentence=words)
            for tile in changed(tiles, shown, end):
                tiles[tile.method] = tile
                yield tile
        for tile in tiles.values():
            if tile.state == "done":
                self.costs.record(tile)

    def warm(self, request: Request, stop: Stop) -> None:
        """As Comparison.warm, in the child."""
        told = False
        with suppress(Gone), self._ready(stop).talk() as talk:
            talk.send("warm", request)
            while not talk.over:
                if stop.asked() and not told:
                    talk.send("stop")
                    told = True
                talk.receive(LOOK_SECONDS)

    def close(self) -> None:
        """End the child."""
        with self._lock:
            self._closing.set()
        self.worker.kill("close", Sentence("gone_closed", "ended with the page"))
        self.worker.wait(1)

    def _start(self) -> Worker:
        kinds = [type(method) for method in self.methods.values()]
        return Worker(serve, (kinds, self.device, sorted(self._used)), self._replace)

    def _replace(self, ended: Worker) -> None:
        """Start another child, in the thread of the one that has ended."""
        if not self._closing.is_set():
            log.warning("The engine's process %s; another begins", ended.gone and ended.gone[1])
        pause = 0.0 if ended.ready.is_set() else RETRY_SECONDS
        while not self._closing.wait(pause):
            with self._lock:
                if self._closing.is_set():
                    return
                try:
                    self.worker = self._start()
                    return
                except OSError:  # as where the system has no memory for it
                    log.exception("The engine's process does not begin")
            pause = RETRY_SECONDS

    def _ready(self, stop: Stop) -> Worker:
        """The child, once it takes work. Raises Gone where `stop` is set before, or it takes too long."""
        until = time.monotonic() + START_SECONDS
        while not self.ready():
            if stop.asked() or self._closing.wait(LOOK_SECONDS):
                raise Gone("stop", Sentence("gone_unneeded", "was not needed any more"))
            if time.monotonic() > until:
                raise Gone("", Sentence("gone_unbegun", "does not begin"))
        return self.worker

    def _followed(self, talk: Talk, request: Request, stop: Stop) -> Generator[Tile]:
        """The tiles of a run in the child, while `stop` is mirrored there."""
        mirror = Mirror(talk, stop, self.stop_seconds)
        talk.send("run", request)
        try:
            while (tile := mirror.next()) is not None:
                yield tile
        finally:
            mirror.leave()

    def _speed_factor(self) -> float:
        """Of the child's device, measured there once; that of the reference machine while it cannot be."""
        if self._factor is None:
            with suppress(PictureError, Gone):
                self._factor = self._measured()
        return self._factor or 1.0

    def _measured(self) -> float:
        return self.do(partial(measured_factor, self.device))


def measured_factor(device: str) -> float:
    """The speed factor of the device called `device`."""
    return speed_factor(pick_device(device))


def sentence(gone: Gone, tiles: Iterable[Tile], who: Sentence) -> str:
    """What the tiles say that the child left unfinished: which method was at work, and what helps."""
    tile = next((each for each in tiles if each.active), None)
    if gone.reason == "memory" and tile is not None:
        setting = named("style_size") if getattr(tile.settings, "style_size", 0) else SIZE
        about = {"title": tile.title, "gone": sentence_of(gone), "name": setting}
        return Sentence("process_memory", "{title} {gone}: choose a smaller {name}.", about)
    about = {"who": who, "gone": sentence_of(gone)}
    if tile is None:
        text = "{who} {gone}; another takes its place: compare again."
        return Sentence("process_gone", text, about)
    text = "{who} {gone} during {title}; another takes its place: compare again."
    return Sentence("process_gone_during", text, {**about, "title": tile.title})


class Mirror:
    """Passes a run's stop on to the child, and how its method rests back."""

    def __init__(self, talk: Talk, stop: Stop, seconds: float = STOP_SECONDS) -> None:
        self.talk, self.stop, self.seconds = talk, stop, seconds
        self.paused, self.rested = False, stop.rested  # as the child was told; before this run
        self.told: float | None = None  # when the child was told to stop
        self.working = False  # whether a method is at work, by the last tile

    def next(self) -> Tile | None:
        """The next tile, None after the last. Raises Gone."""
        self.talk.send("next")
        asked = time.monotonic()
        while True:
            self.pass_on(asked)
            message = self.talk.receive(LOOK_SECONDS)
            if message is None:
                continue
            kind, _, value = message
            if kind == "tile":
                self.working = value.active
                return value  # type: ignore[no-any-return]
            if kind == "end":
                return None
            if value is None:
                self.stop.begin_rest()
            else:
                self.stop.end_rest(self.rested + value)

    def pass_on(self, asked: float) -> None:
        """Tell the child of a stop or a pause, and kill it where it does not heed a stop; it was `asked` for
        a tile at that moment."""
        if self.stop.asked():
            if self.told is None:
                self.talk.send("stop")
                self.told = time.monotonic()
            elif time.monotonic() > max(asked, self.told) + (self.seconds if self.working else SCORE_SECONDS):
                self.talk.worker.kill("stop", STOPPED)
        elif self.stop.paused is not self.paused:
            self.paused = self.stop.paused
            self.talk.send("pause" if self.paused else "resume")

    def leave(self) -> None:
        """Let the child end the run, if it has not, and kill it where it does not."""
        self.stop.end_rest()
        self.talk.send("leave")
        until = time.monotonic() + self.seconds
        with suppress(Gone):
            while not self.talk.over and time.monotonic() < until:
                self.talk.receive(LOOK_SECONDS)
        if not self.talk.over:
            self.talk.worker.kill("stop", STOPPED)
