"""The child's side of `engine.process`: comparisons in threads of a process that may end without the page.

Messages are (kind, number, value), where the number is that of a run or of a piece of work. From the page:
"run" with a Request, "next", "stop", "pause", "resume" and "leave" for it, "warm" with a Request, and "stop"
for that, "do" with a function. To the page:
"ready", "tile", "rests" (None while the method rests, then the seconds that it has rested in all), "end",
"result", "error", and of a Ray (engine.cluster) "speed" and "workers".
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from compare.comparison import Comparison
from compare.schema import Request, Tile
from core.device import describe, use_cores
from engine.base import Machine
from methods.base import Method, Stop, Stopped

FIRST_OUT = 900  # of 1000: where the system's memory runs out, Linux ends this process before others

Message = tuple[str, int, Any]

log = logging.getLogger(__name__)


def serve(connection: Connection, kinds: Sequence[type[Method]], device: str, warm: Sequence[str]) -> None:
    """What the child does until the page is gone; methods named `warm` are loaded at once."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches it as well: the page decides
    if sys.platform == "linux":
        with suppress(OSError), open("/proc/self/oom_score_adj", "w", encoding="ascii") as score:
            score.write(str(FIRST_OUT))
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    use_cores()
    try:
        comparison = Comparison([kind() for kind in kinds], device)
        where = comparison.device
        child = Child(connection, comparison.run, comparison.warm)
        child.begin_with(lambda: load(comparison, warm, child.runs))
        child.serve(Machine(describe(where), where.type != "cpu"))
    except Exception:
        log.exception("The engine's process ends")
    finally:
        os._exit(0)  # at once, whatever its threads are doing


class MirroredStop(Stop):
    """A run's stop, which tells when its method rests."""

    def __init__(self, tell: Callable[[float | None], None]) -> None:
        super().__init__()
        self.tell = tell

    def rest(self) -> None:
        self.tell(None)
        try:
            super().rest()
        finally:
            self.tell(self.rested)


class Run:
    """A run on its way. It makes a tile when the page asks for the next, so that nothing is computed, and
    timed, while the page draws."""

    def __init__(self, request: Request, stop: MirroredStop) -> None:
        self.request, self.stop = request, stop
        self.asked, self.left = threading.Semaphore(0), False

    def leave(self) -> None:
        """Nobody wants what comes."""
        self.left = True
        self.stop.set()
        self.asked.release()


def nothing(request: Request, stop: Stop) -> None:
    """Of a child that does not compute itself."""


class Child:
    """Answers the page's messages. How many runs go on at a time is the queue's business.

    Args:
        compare: makes a comparison's tiles, as Comparison.run; warm: as Comparison.warm.
    """

    def __init__(
        self,
        connection: Connection,
        compare: Callable[[Request, Stop], Iterator[Tile]],
        warm: Callable[[Request, Stop], None] = nothing,
    ) -> None:
        self.connection, self.compare, self.warm_up = connection, compare, warm
        self.runs: dict[int, Run] = {}
        self.work = ThreadPoolExecutor(1, "work")  # one at a time, for each may take hundreds of megabytes
        self._sending = threading.Lock()
        self.beginning: threading.Thread | None = None

    def begin_with(self, work: Callable[[], None]) -> None:
        """Work for which the first run waits."""
        self.beginning = threading.Thread(target=work, name="beginning", daemon=True)
        self.beginning.start()

    def serve(self, machine: Machine) -> None:
        """Until the connection ends, as it does with the page."""
        self.send("ready", 0, machine)
        with suppress(EOFError, OSError):
            while True:
                self.answer(*self.connection.recv())

    def send(self, kind: str, number: int, value: Any = None) -> None:
        """Tell the page; where it is gone, `serve` ends."""
        with self._sending, suppress(OSError):
            self.connection.send((kind, number, value))

    def answer(self, kind: str, number: int, value: Any) -> None:
        """Take one message; one to a run that has ended comes too late."""
        if kind == "do":
            self.work.submit(self.do, number, value)
        elif kind in ("run", "warm"):
            stop = MirroredStop(lambda rested: self.send("rests", number, rested))
            run = self.runs[number] = Run(value, stop)
            work = self.run if kind == "run" else self.warm
            threading.Thread(target=work, args=(number, run), name=kind, daemon=True).start()
        elif known := self.runs.get(number):
            {
                "next": known.asked.release,
                "stop": known.stop.set,
                "pause": known.stop.pause,
                "resume": known.stop.resume,
                "leave": known.leave,
            }[kind]()

    def run(self, number: int, run: Run) -> None:
        """A comparison from its first tile to "end"."""
        try:
            if self.beginning is not None:
                self.beginning.join()
            tiles = iter(self.compare(run.request, run.stop))
            while run.asked.acquire() and not run.left and (tile := next(tiles, None)) is not None:
                self.send("tile", number, tile)
            tiles.close()  # type: ignore[attr-defined]
            self.send("end", number)
        except Exception as error:
            self.fail(number, error)
        finally:
            del self.runs[number]

    def warm(self, number: int, run: Run) -> None:
        """What a comparison will wait for, until "end"."""
        try:
            if self.beginning is not None:
                self.beginning.join()
            with suppress(Stopped):
                self.warm_up(run.request, run.stop)
            self.send("end", number)
        except Exception as error:
            self.fail(number, error)
        finally:
            del self.runs[number]

    def do(self, number: int, work: Callable[[], Any]) -> None:
        """A piece of work, and its result."""
        try:
            self.send("result", number, work())
        except Exception as error:
            self.fail(number, error)

    def fail(self, number: int, error: Exception) -> None:
        """Hand an error to the page, as a plain one where it does not travel."""
        try:
            self.send("error", number, error)
        except Exception:
            self.send("error", number, RuntimeError(f"{type(error).__name__}: {error}"))


def load(comparison: Comparison, names: Sequence[str], runs: Mapping[int, Run]) -> None:
    """Read weights that were there before the child was replaced, unless a run has begun."""
    for name in names:
        if runs:
            return
        try:
            comparison.load(name)
        except Exception:
            log.exception("%s could not be loaded", name)
