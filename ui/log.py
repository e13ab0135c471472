"""What the log says of calls that fail: a line where the caller was wrong, a traceback where we were.

Gradio and uvicorn print a traceback for each call that they refuse, with the caller's words in it.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

from gradio import queueing, routes

MOST, SECONDS = 30, 60  # lines in so many seconds, of failed calls
LENGTH = 200  # characters of what was wrong
OURS = ("app", "ui", "engine", "compare", "methods", "core", "weights")
BETWEEN = ("ui.door", "ui.body")  # every call passes them

log = logging.getLogger("stylegrid.calls")


def keep_short() -> None:
    """Let failed calls leave lines where they left tracebacks, and few of them."""
    said = SimpleNamespace(print_exc=lambda: log.error("A call failed", exc_info=True))
    for module in (queueing, routes):
        vars(module)["traceback"] = said  # whose print_exc is all that they use of it
    spare = Spare()
    for each in (log, logging.getLogger("uvicorn.error")):
        each.filters[:] = [spare, *(other for other in each.filters if not isinstance(other, Spare))]


class Spare(logging.Filter):
    """Shortens records of failed calls, and lets through so many a minute; then tells how many it did not."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self.clock, self.began = clock, clock()
        self.passed = self.left_out = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written, which it changes."""
        if self.clock() - self.began >= SECONDS:
            self.began, self.passed = self.clock(), 0
        if self.passed >= MOST:
            self.left_out += 1
            return False
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not any(map(ours, modules(error))):
            record.exc_info = record.exc_text = None
            record.msg, record.args = "%s: %s", (record.getMessage().strip(), brief(error))
        if self.left_out:
            record.msg, record.args = f"%s ({self.left_out} more were not written)", (record.getMessage(),)
        self.passed, self.left_out = self.passed + 1, 0
        return True


def brief(error: BaseException) -> str:
    """What is wrong, in a line: what cannot be printed is escaped, what is long is cut."""
    text = repr(str(error))
    return f"{type(error).__name__}: {text if len(text) <= LENGTH else f'{text[:LENGTH]}…'}"


def modules(error: BaseException) -> Iterator[str]:
    """The modules that an error came through, those of a group's errors too."""
    trace = error.__traceback__
    while trace is not None:
        yield str(trace.tb_frame.f_globals.get("__name__", ""))
        trace = trace.tb_next
    inner: tuple[Any, ...] = getattr(error, "exceptions", ())
    for each in inner:
        yield from modules(each)


def ours(module: str) -> bool:
    """Whether a module is StyleGrid's, and not one that every call passes."""
    return module.partition(".")[0] in OURS and module not in BETWEEN
