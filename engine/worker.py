"""A child process as the page holds it: messages to and fro, its memory watched, killed where it must be."""

from __future__ import annotations

import logging
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing import get_context
from typing import Any

import psutil

from compare.limits import current
from core.device import memory
from core.sentence import Sentence
from engine.base import Machine
from engine.child import Message

WATCH_SECONDS = 0.1  # between two looks at the memory
CHILDREN_SECONDS = 1.0  # between two looks for processes that the child started, which cost milliseconds
EXIT_SECONDS = 1.0  # from the end of the connection to that of the process
MACHINE_PART = 0.9  # of the machine's memory, at most

log = logging.getLogger("stylegrid.engine")


class Gone(Exception):
    """The child ended; the message says how, as the end of a sentence.

    Attributes:
        reason: why: "stop", "memory", "close", or "" where it ended by itself.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Talk:
    """What goes to and fro about one run or piece of work; `over` once its last message has come."""

    def __init__(self, worker: Worker, number: int) -> None:
        self.worker, self.number, self.over = worker, number, False
        self.inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def send(self, kind: str, value: Any = None) -> None:
        """A message about this."""
        self.worker.send(kind, self.number, value)

    def receive(self, seconds: float | None = None) -> Message | None:
        """The next message, None where none comes in time. Raises Gone, and what failed in the child."""
        try:
            message = self.inbox.get(timeout=seconds)
        except queue.Empty:
            return None
        kind, _, value = message
        self.over = kind in ("end", "result", "error", "gone")
        if kind == "error":
            raise value
        if kind == "gone":
            raise Gone(*value)
        return message


class Worker:
    """One child process.

    Args:
        serve: what it does, with its end of a connection and the arguments.
        ended: called with it when it has ended, in a thread of its own.
        watched: whether its memory is bounded here.

    Attributes:
        ready: set once it takes work; machine: what it runs on, from then on.
        told: what else it said of itself, by kind.
        gone: the reason and the message of Gone, once it has ended.
    """

    def __init__(
        self,
        serve: Callable[..., None],
        arguments: Sequence[Any],
        ended: Callable[[Worker], None],
        watched: bool = True,
    ) -> None:
        context = get_context("spawn")  # a fork would share locks that other threads hold, and no CUDA
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, *arguments), name="engine", daemon=True)
        self.process.start()
        theirs.close()
        self._tree = [psutil.Process(self.process.pid)]
        self.ready, self.machine = threading.Event(), Machine("", False)
        self.told: dict[str, Any] = {}
        self.gone: tuple[str, str] | None = None
        self._reason, self._message, self._ended = "", "", ended
        self._talks: dict[int, Talk] = {}
        self._numbers, self._over = count(1), threading.Event()
        self._lock, self._sending = threading.Lock(), threading.Lock()
        threading.Thread(target=self._read, name="engine", daemon=True).start()
        if watched:
            threading.Thread(target=self._watch, name="engine-memory", daemon=True).start()

    @contextmanager
    def talk(self) -> Iterator[Talk]:
        """A new run or piece of work. Raises Gone where it has ended."""
        with self._lock:
            if self.gone is not None:
                raise Gone(*self.gone)
            talk = Talk(self, next(self._numbers))
            self._talks[talk.number] = talk
        try:
            yield talk
        finally:
            with self._lock:
                del self._talks[talk.number]

    def send(self, kind: str, number: int, value: Any = None) -> None:
        """Tell the child; where it is gone, `Talk.receive` says so."""
        with self._sending, suppress(OSError):
            self.connection.send((kind, number, value))

    def kill(self, reason: str, message: str = "") -> None:
        """End the process and what it started, at once."""
        if not self._reason:
            self._reason, self._message = reason, message
        kill_family(self._tree[0])
        self.process.kill()

    def wait(self, seconds: float) -> bool:
        """Whether the process has ended, in so many seconds at most."""
        return self._over.wait(seconds)

    def _read(self) -> None:
        """Hand on what comes, until the process has ended."""
        try:
            while True:
                kind, number, value = self.connection.recv()
                talk = self._talks.get(number)
                if kind == "ready":
                    self.machine = value
                    self.ready.set()
                elif number == 0:
                    self.told[kind] = value
                elif talk is not None:
                    talk.inbox.put((kind, number, value))
        except (EOFError, OSError):
            pass
        except Exception:
            log.exception("What the engine's process sent cannot be read")
        if not self._reason:
            self.process.join(EXIT_SECONDS)  # to tell how it ended by itself
        self.kill("")
        self.process.join()
        with self._lock:
            self.gone = self._reason, self._message or how(self.process.exitcode)
            for talk in self._talks.values():
                talk.inbox.put(("gone", talk.number, self.gone))
        self.connection.close()
        self._over.set()
        self._ended(self)

    def _watch(self) -> None:
        """Kill the process where it and its children need more memory than is allowed, while it works."""
        looked = 0.0
        while not self._over.wait(WATCH_SECONDS):
            if not self._talks:
                continue
            with suppress(psutil.Error):
                if time.monotonic() - looked > CHILDREN_SECONDS:
                    looked = time.monotonic()
                    self._tree[1:] = self._tree[0].children(recursive=True)
                used, most = sum(each.memory_info().rss for each in self._tree), memory_budget()
                if used > most:
                    text = "needed more than the {most:.1f} GB of memory allowed here"
                    self.kill("memory", Sentence("gone_memory", text, {"most": most / 1e9}))


def kill_family(process: psutil.Process) -> None:
    """End what a process started, and what that started."""
    with suppress(psutil.Error):
        for each in process.children(recursive=True):
            with suppress(psutil.Error):
                each.kill()


def memory_budget() -> float:
    """Bytes that the child and its children may have resident."""
    return min(current().memory_bytes, MACHINE_PART * memory())


def how(status: int | None) -> str:
    """How a process ended, by its exit status, as the end of a sentence."""
    if status is None or status >= 0:
        return Sentence("gone_status", "ended unexpectedly, with status {status}", {"status": status})
    name = next((each.name for each in signal.Signals if each == -status), f"signal {-status}")
    if name == "SIGKILL":
        return Sentence(
            "gone_killed", "was ended by the system ({name}, as where memory runs out)", {"name": name}
        )
    return Sentence("gone_signal", "was ended by the system ({name})", {"name": name})
