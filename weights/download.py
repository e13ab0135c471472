"""Work that waits for a network, in a thread of its own, ended when nothing comes for too long."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from weights.errors import WeightsError
from weights.progress import Download, report

T = TypeVar("T")

DEADLINE = "STYLEGRID_HUB_SECONDS"
POLL_SECONDS = 0.1
PAUSES = (0.5, 1.0)  # seconds before a request is repeated


def deadline() -> float:
    """Seconds to the first byte, and at most between two: STYLEGRID_HUB_SECONDS, else 10."""
    text = os.environ.get(DEADLINE, "10")
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0
    if not 0 < seconds <= 3600:
        raise WeightsError(f"{DEADLINE} is {text!r}; it must be a number of seconds up to 3600.")
    return seconds


class Abandoned(Exception):
    """Nobody waits for this download any more."""


class DeadlineExceeded(Exception):
    """Nothing came in time; the message says what."""


class Transfer:
    """A download's bytes so far; the worker counts them, the waiting thread reads them."""

    def __init__(self) -> None:
        self.done, self.total = 0, None  # type: int, int | None
        self.last_activity = time.monotonic()
        self.abandoned = False

    def check(self) -> None:
        """Raises Abandoned, to end the worker, when nobody waits any more."""
        if self.abandoned:
            raise Abandoned

    def add(self, count: int) -> None:
        """Some more bytes have come, or another sign of life; checks."""
        self.check()
        self.done += count
        self.last_activity = time.monotonic()


def retry(request: Callable[[], T], transfer: Transfer, transient: Callable[[Exception], bool]) -> T:
    """What `request` returns, repeated a few times after errors that are `transient`."""
    for pause in PAUSES:
        transfer.check()
        try:
            return request()
        except Exception as error:
            if not transient(error):
                raise
        time.sleep(pause)
    transfer.check()
    return request()


def under_deadline(title: str, seconds: float, work: Callable[[Transfer], T]) -> T:
    """What `work` returns, or raises, in another thread; its progress is reported several times a second.

    Raises DeadlineExceeded, and leaves the thread alone, when it gives no sign of life for so many seconds.
    """
    transfer = Transfer()
    results: list[T] = []
    failures: list[Exception] = []

    def run() -> None:
        try:
            results.append(work(transfer))
        except Exception as error:
            failures.append(error)

    report(Download(title))
    worker = threading.Thread(target=run, name="download", daemon=True)
    worker.start()
    try:
        while worker.is_alive():
            worker.join(POLL_SECONDS)
            report(Download(title, transfer.done, transfer.total))
            complete = transfer.done == transfer.total  # what is left to do waits for nobody
            if worker.is_alive() and not complete and time.monotonic() - transfer.last_activity > seconds:
                what = "sent nothing more" if transfer.done else "did not answer"
                raise DeadlineExceeded(f"the Hub {what} within {seconds:g} seconds")
    finally:
        transfer.abandoned = True
    if failures:
        raise failures[0]
    return results[0]
