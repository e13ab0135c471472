"""What each browser session asked for, and the token that ends it from another thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from compare.comparison import REPEATS, Request, Tile
from methods.base import Stop
from ui.sweep import Points

SIZES = (64, 1024)  # px, of the long side
MOST_KEPT = 16  # finished runs, whose pictures stay in memory


@dataclass(frozen=True)
class Run(Request):
    """A request of a browser session or an API client, which can be stopped.

    With `sizes` it is repeated at each of them, and `size` is the one of the moment.
    """

    stop: Stop = field(default_factory=Stop)
    sizes: tuple[int, ...] = ()


class Runs:
    """At most one run a session, waiting in the queue or going on. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, Run] = {}
        self._going: dict[str, Run] = {}
        self._last: OrderedDict[str, tuple[Run, Mapping[str, Tile], Points]] = OrderedDict()

    def ask(self, session: str, run: Run) -> bool:
        """Put a run in line; False, and nothing done, while another run of the session is going on.

        One that is still waiting is replaced: nobody has seen anything of it yet.
        """
        with self._lock:
            if session in self._going:
                return False
            self._waiting[session] = run
            return True

    @contextmanager
    def going(self, session: str) -> Iterator[Run | None]:
        """The session's waiting run, which is going on until the block ends; None where there is none."""
        with self._lock:
            run = self._waiting.pop(session, None)
            if run is not None:
                self._going[session] = run
        try:
            yield run
        finally:
            with self._lock:
                if run is not None and self._going.get(session) is run:
                    del self._going[session]

    def keep(self, session: str, run: Run, tiles: Mapping[str, Tile], points: Points) -> None:
        """Remember how far the session's run has come, for the newest MOST_KEPT sessions.

        `points` are those of a sweep, which else are lost with the tiles of all sizes but the last.
        """
        with self._lock:
            self._last[session] = run, tiles, points
            self._last.move_to_end(session)
            if len(self._last) > MOST_KEPT:
                self._last.popitem(last=False)

    def last(self, session: str) -> tuple[Run, Mapping[str, Tile], Points] | None:
        """The session's newest run, its tiles and its sweep's points; None where there is none."""
        with self._lock:
            return self._last.get(session)

    def forget(self, session: str) -> None:
        """Drop what `keep` remembers of a session."""
        with self._lock:
            self._last.pop(session, None)

    def stop(self, session: str) -> Run | None:
        """End the session's run; gives the one that was still waiting and has now left the line, if any."""
        with self._lock:
            waiting, going = self._waiting.pop(session, None), self._going.get(session)
        for run in (waiting, going):
            if run is not None:
                run.stop.set()
        return waiting


def checked_size(size: Any) -> int:
    """The working size; ValueError where it is out of range."""
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"size is {size!r}; it must be from {SIZES[0]} to {SIZES[1]} pixels.")
    return int(size)


def checked_repeats(repeats: Any) -> int:
    """How often each method runs again; ValueError where it is out of range."""
    if isinstance(repeats, bool) or not isinstance(repeats, int) or not 0 <= repeats <= REPEATS:
        raise ValueError(f"repeats is {repeats!r}; it must be a whole number from 0 to {REPEATS}.")
    return repeats
