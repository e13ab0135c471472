"""Uploaded files: how long each is needed, so that none lies on the disk for longer."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache

from compare.limits import current


@dataclass(eq=False)
class Upload:
    """One file.

    Attributes:
        until: when it is needed no longer, by the clock; owners: the visitors who sent it.
    """

    until: float
    owners: set[str] = field(default_factory=set)


class Uploads:
    """The uploads of this process, by path. Each is kept

    - while a comparison that names it runs or waits,
    - while a visitor's history names it, who may want it compared again,
    - while a page of who sent it is open, whose inputs may show it,
    - and `upload_seconds` beyond each of these.

    Safe to share among threads.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock, self._clock = threading.Lock(), clock
        self._uploads: dict[str, Upload] = {}
        self._held = Counter[str]()  # by comparisons

    def came(self, paths: Iterable[str], owner: str) -> None:
        """A visitor has sent these."""
        until = self._clock() + current().upload_seconds
        with self._lock:
            for path in paths:
                upload = self._uploads.setdefault(path, Upload(until))
                upload.until = max(upload.until, until)
                upload.owners.add(owner)

    def need(self, paths: Iterable[str], seconds: float) -> None:
        """They are needed for so long from now on; what is no upload is left out."""
        until = self._clock() + seconds + current().upload_seconds
        with self._lock:
            for path in paths:
                if path in self._uploads:
                    self._uploads[path].until = max(self._uploads[path].until, until)

    @contextmanager
    def held(self, paths: Collection[str]) -> Iterator[None]:
        """They are needed within the context."""
        with self._lock:
            self._held.update(paths)
        try:
            yield
        finally:
            with self._lock:
                self._held.subtract(paths)
                self._held += Counter()  # without those that nobody holds
            self.need(paths, 0)

    def due(self, present: Collection[str]) -> list[str]:
        """Those that are needed no longer, which are then forgotten; `present` are the visitors who have a
        page open."""
        now = self._clock()
        with self._lock:
            for upload in self._uploads.values():
                if not upload.owners.isdisjoint(present):
                    upload.until = max(upload.until, now + current().upload_seconds)
            over = [path for path, each in self._uploads.items() if each.until <= now]
            found = [path for path in over if path not in self._held]
            for path in found:
                del self._uploads[path]
        return found


@cache
def uploads() -> Uploads:
    """Those of this process."""
    return Uploads()
