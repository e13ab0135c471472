"""What is done ahead for the next run, while nothing runs or waits."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from compare.schema import Request
from engine.base import Engine
from methods.base import Stop, Stopped

log = logging.getLogger("stylegrid.engine")


class Warmer:
    """Lets an engine get ready for what is wished, in a thread of its own as long as there is a wish.

    Args:
        changed: the line's, notified when a run comes or goes; `gives_way` and `close` are called with it.
        idle: whether nothing runs or waits.
    """

    def __init__(self, engine: Engine, changed: threading.Condition, idle: Callable[[], bool]) -> None:
        self.engine, self._changed, self._idle = engine, changed, idle
        self.thread: threading.Thread | None = None
        self._wish: Callable[[], Request] | None = None  # the newest
        self._stop: Stop | None = None  # of what goes on
        self._closed = False

    def wish(self, make: Callable[[], Request]) -> None:
        """Get ready for a run of such a request, once the line is idle."""
        with self._changed:
            self._wish = make
            if self.thread is None:
                self.thread = threading.Thread(target=self._work, name="warmer", daemon=True)
                self.thread.start()

    def gives_way(self) -> bool:
        """Whether a run may begin; what goes on is asked to end."""
        if self._stop is not None:
            self._stop.set()
        return self._stop is None

    def close(self) -> None:
        """Start nothing more ahead."""
        self._closed = True
        self.gives_way()

    def _work(self) -> None:
        """One wish after the other, while there is one."""
        while (wish := self._next()) is not None:
            make, stop = wish
            try:
                self.engine.warm(self.engine.do(make), stop)
            except (Stopped, ValueError):  # a picture that is unfit is said when it is to be compared
                pass
            except Exception:
                log.exception("The engine could not get ready")

    def _next(self) -> tuple[Callable[[], Request], Stop] | None:
        """The wish once the line is idle, and what ends it; None where there is none."""
        with self._changed:
            self._stop = None
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._closed or self._wish is None or self._idle())
            make, self._wish = self._wish, None
            if make is None or self._closed:
                self.thread = None
                return None
            self._stop = Stop()
            return make, self._stop
