"""The line of waiting runs in front of an engine: first come first served, one run at a time a worker.

A quick run does not wait for another visitor's long one to end: the long one is paused between two of its
steps, where the engine can do that.
"""

from __future__ import annotations

import logging
import statistics
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from contextvars import copy_context
from dataclasses import replace
from heapq import heapreplace
from typing import Any, TypeVar

from compare.limits import current
from compare.schema import Request, Tile
from core.sentence import Sentence, sentence_of
from engine.admission import Admission
from engine.base import Engine
from engine.ticket import Kind, Position, Refused, Started, Ticket
from engine.visitor import Visitor
from engine.warmer import Warmer
from methods.base import Stop, Stopped

log = logging.getLogger("stylegrid.comparisons")

POLL_SECONDS = 0.2  # until a run looks again whether it was stopped, paused or left
RECENT = 5  # comparisons from whose times those of the next are told
PAUSED = Sentence("paused", "Paused: another visitor's quick comparison goes first")
UNREAD = Sentence("unread", "Nobody reads what comes out.")

T = TypeVar("T")


class Queue:
    """Gives an engine no more runs at a time than it has workers. Safe to share among threads.

    Attributes:
        outcomes: how runs ended, so far, as engine.ticket.OUTCOMES; seconds: that they took in all.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.outcomes, self.seconds = Counter[str](), 0.0
        self._changed = threading.Condition()
        self._closed = False
        self._waiting: list[Ticket] = []
        self._running: list[Ticket] = []  # of one worker, the last one goes on and one before it is paused
        self._warmer = Warmer(engine, self._changed, lambda: not self._tickets())
        # Seconds that comparisons of late took beyond what was predicted, as where pictures are decoded.
        self._beyond = deque[float](maxlen=RECENT)
        self._admission = Admission()

    def submit(
        self, visitor: Visitor, make: Callable[[], Request], seconds: float = 0.0, stop: Stop | None = None
    ) -> Generator[Position | Started | Tile]:
        """The run's position, again and again for who would rather leave, then that it has started, and its
        tiles as Engine.run yields them.

        `make`, which decodes the pictures and pickles, is called by the engine when it is the run's turn;
        `seconds` are predicted.
        Closing the iterator and `stop` end the run; in line it then ends without a tile. Raises Refused, at
        the first step where the visitor has too many runs or too many are waiting, and later where it takes
        too long or a picture is unfit.
        """
        ticket = Ticket(visitor, seconds, stop or Stop())
        return self._in_line(ticket, lambda: self._run(ticket, make))

    def work(
        self,
        visitor: Visitor,
        works: Iterable[Callable[[], T]],
        seconds: float = 0.0,
        stop: Stop | None = None,
    ) -> Generator[Position | T]:
        """As `submit`, of what is painted in the style space: the result of each piece, which the engine
        does. It counts as a comparison.

        Between two pieces it ends where it is stopped, and rests where it is paused.
        """
        ticket = Ticket(visitor, seconds, stop or Stop(), "style space")
        return self._in_line(ticket, lambda: self._pieces(ticket, works))

    def do(
        self, visitor: Visitor, work: Callable[[], T], seconds: float, kind: Kind = "inspection"
    ) -> Generator[Position | T]:
        """Positions as of `submit`, then the result of `work`, done where the engine reads pictures while no
        method is at work; none where the line closes. It counts as an inspection. Raises Refused."""
        ticket, results = Ticket(visitor, seconds, Stop(), kind), list[T]()
        run = self._in_line(ticket, lambda: self._pieces(ticket, [work]), inspection=True)
        with closing(run) as changes:
            for each in changes:
                if isinstance(each, Position):
                    yield each
                else:
                    results.append(each)
        yield from results  # nobody waits until it is taken

    def _in_line(
        self, ticket: Ticket, run: Callable[[], Generator[T]], inspection: bool = False
    ) -> Generator[Position | T]:
        """The position of what will `run`, then what comes of it."""
        self._enter(ticket, inspection)
        outcome, reason = "left", ""
        try:
            yield from self._wait(ticket)
            if not ticket.stop.asked():
                yield from run()
            if ticket.reason:
                raise Refused(ticket.reason)
            outcome = ticket.outcome
        except Refused as error:
            outcome, reason = "ended" if ticket.reason else "refused", str(error)
            raise
        except Exception:
            outcome = "failed"
            raise
        finally:
            self._leave(ticket)
            with self._changed:
                self.outcomes[outcome] += 1
                took = time.monotonic() - ticket.began if ticket.began else 0.0
                self.seconds += took
                if outcome == "done" and ticket.kind == "comparison":
                    self._beyond.append(max(0.0, took - ticket.stop.rested - ticket.seconds))
            log.info("%s", ticket.line(outcome, reason))

    def warm(self, make: Callable[[], Request]) -> None:
        """Let the engine get ready for a run of such a request once nothing runs or waits, and give way to
        what comes. Of several wishes the newest counts."""
        self._warmer.wish(make)

    def standing(self) -> tuple[int, int]:
        """How many runs go on or are paused, and how many wait."""
        with self._changed:
            return len(self._running), len(self._waiting)

    def busy(self, key: str) -> bool:
        """Whether the visitor with this key has a run in line or going on."""
        with self._changed:
            return any(ticket.visitor.key == key for ticket in self._tickets())

    def close(self, seconds: float) -> None:
        """Take no more runs, end those in line, and wait until they have ended, so many seconds at most."""
        with self._changed:
            self._closed = True
            self._warmer.close()
            for ticket in self._tickets():
                ticket.stop.set()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._tickets(), seconds)

    def _tickets(self) -> list[Ticket]:
        return [*self._running, *self._waiting]

    def _enter(self, ticket: Ticket, inspection: bool) -> None:
        with self._changed:
            if self._closed:
                text = "StyleGrid is about to end; please try again in a minute."
                raise Refused(Sentence("closing", text))
            self._admission.admit(ticket.visitor, self._running, self._waiting, inspection)
            ticket.entered = time.monotonic()
            self._waiting.append(ticket)

    def _wait(self, ticket: Ticket) -> Generator[Position]:
        """Until it is the ticket's turn, or it is stopped. Yields often: nobody can close what waits."""
        while True:
            with self._changed:
                if ticket.stop.asked() or self._begin(ticket):
                    return
                position = self._position(ticket)
            if ticket.expected is None:
                ticket.expected = position.seconds
            yield position
            with self._changed:
                if self._position(ticket).ahead == position.ahead:
                    self._changed.wait(POLL_SECONDS)
            limit = current().waiting_seconds
            if time.monotonic() - ticket.entered > limit:
                text = "It has waited for {minutes:,.0f} minutes; please try again later."
                ticket.end(Sentence("waited", text, {"minutes": limit / 60}))
            elif not ticket.visitor.here():
                ticket.end(UNREAD)

    def _begin(self, ticket: Ticket) -> bool:
        """Whether it is the ticket's turn, which then runs; pauses the run before it where it may."""
        if not self._warmer.gives_way():
            return False
        if len(self._running) < self.engine.workers:
            first = self._waiting[0] is ticket
        else:
            going = self._running[-1]
            quick = next((each for each in self._waiting if each.may_pause(going)), None)
            first = quick is ticket and len(self._running) == 1 and self._give_way(going)
        if first:
            self._waiting.remove(ticket)
            self._running.append(ticket)
            ticket.began = ticket.went_on = time.monotonic()
        return first

    def _give_way(self, going: Ticket) -> bool:
        """Whether a run rests for another's quick one; where the engine can do that, it is asked to."""
        if getattr(self.engine, "pauses", False):
            going.stop.pause()
        return going.stop.paused and going.stop.resting

    def _position(self, ticket: Ticket) -> Position:
        before = [*self._running, *self._waiting[: self._waiting.index(ticket)]]
        workers = self.engine.workers
        free = [0.0] * workers  # seconds until each of them is, if the runs before this one take it in turn
        beyond = statistics.median(self._beyond or [0.0])
        for each in before:
            heapreplace(free, free[0] + each.left(beyond))
        return Position(len(before), free[0], len(self._running), workers)

    def _leave(self, ticket: Ticket) -> None:
        with self._changed:
            for tickets in (self._waiting, self._running):
                if ticket in tickets:
                    tickets.remove(ticket)
            if len(self._running) == 1 and self._running[0].stop.paused:
                going = self._running[0]
                # It rested for this one, or nobody is left for whom it would.
                if ticket.began or not any(each.may_pause(going) for each in self._waiting):
                    going.went_on = time.monotonic()
                    going.stop.resume()
            self._changed.notify_all()

    def _run(self, ticket: Ticket, make: Callable[[], Request]) -> Generator[Started | Tile]:
        """Each step in a thread, so that who waits for a slow one can leave and be told of a pause."""
        with ThreadPoolExecutor(1, "run") as thread:

            def begin(work: Callable[..., T], *values: Any) -> Future[T]:
                return thread.submit(copy_context().run, work, *values)

            try:
                request = yield from self._until(begin(self.engine.do, make), ticket, None)
            except ValueError as error:
                raise Refused(sentence_of(error)) from error
            ticket.request = request
            yield Started(request)
            tiles, last = iter(self.engine.run(request, ticket.stop)), None
            step = begin(next, tiles, None)
            try:
                while (tile := (yield from self._until(step, ticket, last))) is not None:
                    ticket.states[tile.method] = tile.state
                    yield tile
                    last = tile
                    step = begin(next, tiles, None)
            except GeneratorExit:
                ticket.stop.set()  # before the step that is going on is waited for
                raise
            finally:
                wait([step])
                # Here, not in the thread: that of a run which nobody holds any more has ended by now.
                tiles.close()  # type: ignore[attr-defined]

    def _pieces(self, ticket: Ticket, works: Iterable[Callable[[], T]]) -> Generator[T]:
        """Each in a thread, as the steps of a run."""
        with ThreadPoolExecutor(1, "work") as thread:
            for work in works:
                step = thread.submit(copy_context().run, self._piece, ticket, work)
                try:
                    result: T = yield from self._until(step, ticket, None)  # type: ignore[misc]  # no tile
                except Stopped:
                    return
                except ValueError as error:
                    raise Refused(sentence_of(error)) from error
                yield result

    def _piece(self, ticket: Ticket, work: Callable[[], T]) -> T:
        """One of them, unless it is to end. Raises Stopped."""
        ticket.stop.check()
        return self.engine.do(work)

    def _until(self, work: Future[T], ticket: Ticket, last: Tile | None) -> Generator[Tile, None, T]:
        """The result of the work; meanwhile the last tile says that it is paused, and then no longer."""
        resting = False
        self._watch(ticket)
        while not wait([work], POLL_SECONDS).done:
            self._watch(ticket)
            if ticket.stop.resting is not resting and last is not None and last.active:
                resting = not resting
                yield replace(last, message=PAUSED) if resting else last
        return work.result()

    def _watch(self, ticket: Ticket) -> None:
        """End a run that nobody reads, or that takes far longer than any may."""
        most = current().overtime * current().seconds
        if not ticket.visitor.here():
            ticket.end(UNREAD)
        elif time.monotonic() - ticket.began - ticket.stop.rested > most:
            text = "It took more than {most:,.0f} s and was ended: choose a smaller size or fewer steps."
            ticket.end(Sentence("overtime", text, {"most": most}))
