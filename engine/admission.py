"""Who may stand in the line: how many runs a visitor and an address may have, at once and in an hour."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence

from compare.limits import Limits, current
from core.sentence import Sentence
from engine.ticket import Refused, Ticket
from engine.visitor import Visitor

HOUR = 3600
HOURLY = "hourly", "At most {most} comparisons an hour are allowed a visitor; try in {minutes} minutes."
NETWORK_HOURLY = (
    "network_hourly",
    "At most {most} comparisons an hour are allowed an address; try in {minutes} minutes.",
)
INSPECTED = "inspected", "At most {most} pictures an hour can be inspected; try in {minutes} minutes."

Rate = tuple[int, tuple[str, str]]
"""So many an hour, and what is said beyond that."""


def hourly(limits: Limits, inspection: bool) -> tuple[Rate, Rate]:
    """How many comparisons, or inspections, an hour a visitor may have, and an address."""
    if inspection:
        return (limits.inspections, INSPECTED), (limits.network_inspections, INSPECTED)
    return (limits.hourly, HOURLY), (limits.network_hourly, NETWORK_HOURLY)


class Admission:
    """Counts who comes. Not safe to share among threads: the line has a lock."""

    def __init__(self) -> None:
        self.begun: dict[str, deque[float]] = {}  # when runs came in the last hour, by visitor and network

    def admit(
        self, visitor: Visitor, running: Sequence[Ticket], waiting: Sequence[Ticket], inspection: bool
    ) -> None:
        """One run more of a visitor. Refused where there are too many."""
        limits, tickets = current(), [*running, *waiting]
        if sum(each.visitor.key == visitor.key for each in tickets) >= limits.visitor_runs:
            text = "At most {most} of your comparisons can run and wait: one still goes on."
            raise Refused(Sentence("visitor_runs", text, {"most": limits.visitor_runs}))
        same = sum(bool(visitor.network) and each.visitor.network == visitor.network for each in tickets)
        if same >= limits.network_runs:
            text = "At most {most} comparisons from one address can run and wait; please try again later."
            raise Refused(Sentence("network_runs", text, {"most": limits.network_runs}))
        if len(waiting) >= limits.waiting:
            raise Refused(Sentence("queue_full", "Too many runs are waiting; please try again later."))
        own, of_network = hourly(limits, inspection)
        prefix = "inspection " if inspection else ""
        counted = {prefix + visitor.key: own}
        if visitor.network:
            counted[f"{prefix}network {visitor.network}"] = of_network
        self._count(counted)

    def _count(self, rates: Mapping[str, Rate]) -> None:
        """One run more in the last hour, of each name; Refused where one had too many."""
        now, begun = time.monotonic(), dict[str, deque[float]]()
        for name, (most, refusal) in rates.items():
            begun[name] = came = self.begun.get(name, deque(maxlen=most))
            if len(came) == most and came[0] > now - HOUR:
                minutes = 1 + int((came[0] + HOUR - now) // 60)
                raise Refused(Sentence(*refusal, {"most": most, "minutes": minutes}))
        if not begun.keys() <= self.begun.keys():  # forget those who have not come for an hour
            self.begun = {name: came for name, came in self.begun.items() if came[-1] > now - HOUR}
        for came in begun.values():
            came.append(now)
        self.begun |= begun
