"""The newest comparison of each browser session and API client, for who wants to take it away."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from compare.limits import KEPT
from compare.schema import Request, Tile
from ui.sweep import Points


@dataclass(frozen=True, eq=False)
class Finished:
    """A comparison as far as it has come; of a sweep the last size's tiles, and the points of all sizes."""

    request: Request
    tiles: Mapping[str, Tile]
    points: Points = field(default_factory=dict)


class Store:
    """What the newest KEPT sessions have compared last. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latest: OrderedDict[str, Finished] = OrderedDict()

    def save(self, session: str, finished: Finished) -> None:
        """Put it in the place of what the session had."""
        with self._lock:
            self._latest[session] = finished
            self._latest.move_to_end(session)
            if len(self._latest) > KEPT:
                self._latest.popitem(last=False)

    def latest(self, session: str) -> Finished | None:
        """What the session compared last; None where that is nothing."""
        with self._lock:
            return self._latest.get(session)

    def discard(self, session: str) -> None:
        """Drop what is kept of a session."""
        with self._lock:
            self._latest.pop(session, None)
