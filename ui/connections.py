"""Connections to the page that ask for nothing: closed after a while, and the oldest where there are many."""

from __future__ import annotations

import ipaddress
import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from typing import Any, Protocol

from compare.limits import current
from ui.visitors import network_of

OPEN_FILES = 4096  # that the process may have where the system lets it: each connection is one
IDLE_SECONDS = 10  # without a whole request; after an answer the server itself closes within five


class Connection(Protocol):
    """What a connection of uvicorn's says of itself, whichever parser it has.

    Attributes:
        client: address and port; cycle: its newest request, None before the first.
    """

    client: tuple[str, int] | None
    cycle: Any
    transport: Any


class Connections:
    """Looks at a server's connections every now and then.

    A request that is going on is never cut: how many of these there may be is the door's business.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.since: dict[Connection, float] = {}  # when one was first seen without a request

    def look(self, connections: Collection[Connection]) -> None:
        """Close what has been idle for too long, or is too many of an address or in all: the longest idle
        first."""
        now = self.clock()
        self.since = {each: self.since.get(each, now) for each in connections if not busy(each)}
        for each in list(self.closing(connections, now)):
            del self.since[each]
            each.transport.close()

    def closing(self, connections: Collection[Connection], now: float) -> Iterator[Connection]:
        """Those to be closed."""
        limits, total = current(), len(connections)
        of_network = Counter(map(network, connections))
        for each in sorted(self.since, key=lambda each: self.since[each]):
            there = network(each)
            many = total > limits.connections or (there and of_network[there] > limits.requests)
            if many or now - self.since[each] > IDLE_SECONDS:
                total -= 1
                of_network[there] -= 1
                yield each


def allow_many() -> None:
    """Let this process have OPEN_FILES, or as many as the system allows; 1,024 is usual, and where they are
    used up nobody is let in."""
    try:
        import resource
    except ImportError:  # not Unix
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def busy(connection: Connection) -> bool:
    """Whether a request of it is going on."""
    return connection.cycle is not None and not connection.cycle.response_complete


def network(connection: Connection) -> str:
    """What a connection is counted by; empty for a proxy's, which are those of many visitors."""
    address = connection.client[0] if connection.client else ""
    return "" if proxy(address) else network_of(address)


def proxy(address: str) -> bool:
    """Whether uvicorn takes a visitor's address from what this one says."""
    trusted = os.environ.get("FORWARDED_ALLOW_IPS", "127.0.0.1").split(",")
    for each in map(str.strip, trusted):
        try:
            if each == "*" or ipaddress.ip_address(address) in ipaddress.ip_network(each, strict=False):
                return True
        except ValueError:  # a name, or no address at all
            if each == address:
                return True
    return False
