"""The line of waiting runs in front of an engine: one runs, first come first served, one run a visitor."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass

from compare.limits import WAITING
from compare.schema import Request, Tile
from engine.base import Engine
from methods.base import Stop

POLL_SECONDS = 0.2  # until a waiting run looks again whether it was stopped


class Refused(ValueError):
    """A run is not taken; the message says why."""


@dataclass(frozen=True)
class Position:
    """A run waits, and so many are before it, the running one counted."""

    ahead: int


@dataclass(frozen=True, eq=False)
class Ticket:
    """A visitor's place in the line, and what ends the run."""

    visitor: str
    stop: Stop


class Queue:
    """Serialises the runs of an engine. Safe to share among threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._changed = threading.Condition()
        self._closed = False
        self._line: list[Ticket] = []  # the first one runs

    def submit(self, visitor: str, request: Request, stop: Stop | None = None) -> Generator[Position | Tile]:
        """The run's position, again and again for who would rather leave, and then its tiles as Engine.run
        yields them.

        Closing the iterator, `stop` and `cancel` end the run; in line it then ends without a tile. Raises
        Refused, at the first step, where the visitor has a run in line already or too many are waiting.
        """
        ticket = self._enter(visitor, stop or Stop())
        try:
            yield from self._wait(ticket)
            if not ticket.stop.asked():
                yield from self._run(request, ticket.stop)
        finally:
            self._leave(ticket)

    def busy(self, visitor: str) -> bool:
        """Whether the visitor has a run in line or going on."""
        with self._changed:
            return any(ticket.visitor == visitor for ticket in self._line)

    def cancel(self, visitor: str) -> None:
        """End the visitor's run, if there is one."""
        with self._changed:
            for ticket in self._line:
                if ticket.visitor == visitor:
                    ticket.stop.set()
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Take no more runs, end those in line, and wait until they have ended, so many seconds at most."""
        with self._changed:
            self._closed = True
            for ticket in self._line:
                ticket.stop.set()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._line, seconds)

    def _run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        with closing(iter(self.engine.run(request, stop))) as tiles:  # type: ignore[type-var]
            try:
                for tile in tiles:  # noqa: UP028  # "yield from" would close them first
                    yield tile
            except GeneratorExit:
                stop.set()  # before that, for closing them waits for what works in a thread
                raise

    def _enter(self, visitor: str, stop: Stop) -> Ticket:
        with self._changed:
            if self._closed:
                raise Refused("StyleGrid is about to end; please try again in a minute.")
            if any(ticket.visitor == visitor for ticket in self._line):
                raise Refused("A run of this session is still going on.")
            if len(self._line) > WAITING:
                raise Refused("Too many runs are waiting; please try again later.")
            ticket = Ticket(visitor, stop)
            self._line.append(ticket)
            return ticket

    def _wait(self, ticket: Ticket) -> Iterator[Position]:
        """Until the ticket is the first, or stopped. Yields often: nobody can close what waits."""
        while True:
            with self._changed:
                ahead = self._line.index(ticket)
            if not ahead or ticket.stop.asked():
                return
            yield Position(ahead)
            with self._changed:
                if self._line.index(ticket) == ahead:
                    self._changed.wait(POLL_SECONDS)

    def _leave(self, ticket: Ticket) -> None:
        with self._changed:
            self._line.remove(ticket)
            self._changed.notify_all()
