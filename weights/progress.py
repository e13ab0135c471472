"""How far a download is, for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Download:
    """How far a download has come, in bytes; `total` is None until the server has sent it."""

    title: str
    done: int = 0
    total: int | None = None

    def __str__(self) -> str:
        if self.total is None:
            return f"Asking the Hub for {self.title}"
        return f"Downloading {self.title}: {self.done / 1e6:.1f} of {self.total / 1e6:.1f} MB"


Watcher = Callable[[Download], None]
_watcher: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@contextmanager
def watching(watcher: Watcher) -> Iterator[None]:
    """Within it, downloads of this thread call `watcher` several times a second; raising there ends them."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)


def report(download: Download) -> None:
    """Call the watcher, if there is one."""
    watcher = _watcher.get()
    if watcher is not None:
        watcher(download)
