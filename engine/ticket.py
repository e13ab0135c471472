"""A visitor's place in the line, and what the line says to who stands in it."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal

from compare.schema import Request, State
from engine.visitor import Visitor
from methods.base import Stop

QUICK = 5.0  # predicted seconds, below which a run may go before another visitor's longer one
PATIENCE = (
    2.5  # seconds that it waits until then, and that a paused run goes on for before it is paused again
)

Kind = Literal["comparison", "inspection", "style space"]

OUTCOMES = (
    "done",
    "partly failed",  # some of its methods did
    "failed",  # all of them, or nothing could be computed
    "declined",  # by all methods
    "stopped",  # by its visitor
    "left",  # by its visitor, whose connection is gone
    "ended",  # from here, as where it took too long
    "refused",  # when its pictures were decoded
)


class Refused(ValueError):
    """A run is not taken, or ended; the message says why."""


@dataclass(frozen=True)
class Position:
    """A run waits: so many are before it, the running ones counted, and for about so many seconds; `busy` of
    the engine's `workers` compute."""

    ahead: int
    seconds: float = 0.0
    busy: int = 1
    workers: int = 1


@dataclass(frozen=True, eq=False)
class Started:
    """A run begins, with the request that was made for it."""

    request: Request


@dataclass(eq=False)
class Ticket:
    """One run in the line or going on.

    Attributes:
        seconds: that it is predicted to take.
        stop: ends and pauses it.
        kind: what it is.
        entered: when it came; began: when its turn came; went_on: that, or when it went on after a pause; by
            `time.monotonic`.
        expected: seconds of waiting that it was told at first.
        reason: why it is ended from here; empty where it is not.
        request: once its pictures are decoded; states: of its methods' tiles, so far.
    """

    visitor: Visitor
    seconds: float
    stop: Stop
    kind: Kind = "comparison"
    entered: float = 0.0
    began: float = 0.0
    went_on: float | None = None
    expected: float | None = None
    reason: str = ""
    request: Request | None = None
    states: dict[str, State] = field(default_factory=dict)

    @property
    def outcome(self) -> str:
        """What came of a run that was let go to its end, or stopped; one of OUTCOMES."""
        if self.stop.asked():
            return "stopped"
        failed = sum(state == "failed" for state in self.states.values())
        if failed:
            return "failed" if failed == len(self.states) else "partly failed"
        declined = bool(self.states) and {*self.states.values()} == {"declined"}
        return "declined" if declined else "done"

    def line(self, outcome: str, reason: str = "") -> str:
        """What happened, as one line of JSON for the log: no names, no pictures."""
        now = time.monotonic()
        request = self.request
        return json.dumps(
            {
                "visitor": sha256(self.visitor.key.encode()).hexdigest()[:8],
                "kind": self.kind,
                "methods": list(request.settings) if isinstance(request, Request) else [],
                "size": request.side if isinstance(request, Request) else None,
                "waited": round((self.began or now) - self.entered, 2),
                "expected": round(self.expected or 0.0, 2),
                "seconds": round(now - self.began, 2) if self.began else 0.0,
                "paused": round(self.stop.rested, 2),
                "outcome": outcome,
                **({"reason": reason} if reason else {}),
            }
        )

    @property
    def quick(self) -> bool:
        """Whether it may go before another visitor's longer run."""
        return self.seconds < QUICK

    def left(self, beyond: float = 0.0) -> float:
        """Seconds that it is predicted to take still, where comparisons of late took so many `beyond` what
        was predicted; at least one, for predictions err."""
        predicted = self.seconds + (beyond if self.kind == "comparison" else 0.0)
        passed = time.monotonic() - self.began - self.stop.rested if self.began else 0.0
        return max(1.0, predicted - passed)

    def end(self, reason: str) -> None:
        """End it, for a reason that its visitor is told."""
        self.reason = self.reason or reason
        self.stop.set()

    def may_pause(self, other: Ticket) -> bool:
        """Whether it has waited so long that `other`, which goes on, is to be paused for it."""
        if not self.quick or other.quick or other.visitor.key == self.visitor.key or other.went_on is None:
            return False
        return time.monotonic() - max(self.entered, other.went_on) >= PATIENCE
