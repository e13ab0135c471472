"""The newest comparisons, for who wants to take one away."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

from compare.limits import KEPT, current
from compare.schema import Request, Tile
from ui.sweep import Points


@dataclass(eq=False)
class Finished:
    """A comparison as far as it has come; of a sweep the last size's tiles, and the points of all sizes.

    Attributes:
        archive: its ZIP, once it has been built; ended: the time, as ISO 8601 has it.
        photo, painting: paths of the files that were compared, which may be gone by now; empty: not known.
        own: the requests of those tiles that were painted at another size than the others, by name.
    """

    request: Request
    tiles: Mapping[str, Tile]
    points: Points = field(default_factory=dict)
    archive: Path | None = None
    ended: str = field(default_factory=lambda: datetime.now(timezone.utc).isoformat(timespec="seconds"))
    photo: str = ""
    painting: str = ""
    own: Mapping[str, Request] | None = None

    def request_of(self, name: str) -> Request:
        """What a method's tile was painted from."""
        return (self.own or {}).get(name, self.request)


class Store:
    """The newest KEPT runs, each under a key that nobody can guess, for as long as the limits say.

    Safe to share among threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._runs: OrderedDict[str, tuple[float, Finished]] = OrderedDict()
        self._newest: dict[str, str] = {}  # the key of an owner's newest run

    def save(self, run: str, finished: Finished, owner: str = "") -> None:
        """Keep a run under its key, as its owner's newest where it has one: one of a visitor's pages, or
        their programs."""
        with self._lock:
            self._runs[run] = self._clock(), finished
            self._runs.move_to_end(run)
            if owner:
                self._newest[owner] = run
            self._forget()

    def run(self, key: str) -> Finished | None:
        """A run by its key; None where it is no longer kept or never was."""
        with self._lock:
            self._forget()
            return self._runs[key][1] if key in self._runs else None

    def latest(self, owner: str) -> Finished | None:
        """What the owner compared last; None where that is nothing."""
        with self._lock:
            self._forget()
            return self._runs[self._newest[owner]][1] if owner in self._newest else None

    def discard(self, owner: str) -> None:
        """Drop the owner's newest run."""
        with self._lock:
            self._runs.pop(self._newest.pop(owner, ""), None)

    def _forget(self) -> None:
        """Drop what is too old, or too much."""
        oldest = self._clock() - current().kept_seconds
        while self._runs and (len(self._runs) > KEPT or next(iter(self._runs.values()))[0] < oldest):
            self._runs.popitem(last=False)
        self._newest = {owner: run for owner, run in self._newest.items() if run in self._runs}
