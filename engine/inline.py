"""The engine of tests, notebooks and the page of one person: it runs in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from compare.comparison import Comparison
from compare.schema import Request, Tile
from core.device import describe
from engine.base import Machine
from methods.base import Method, Stop

T = TypeVar("T")


class InlineEngine:
    """See `Engine`. Methods are loaded when first needed and kept."""

    pauses = True
    workers = 1

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        self.comparison = Comparison(methods, device)
        self.methods, self.costs = self.comparison.methods, self.comparison.costs
        self._working = threading.Lock()

    def machine(self) -> Machine:
        """The device of this process."""
        return Machine(describe(self.comparison.device), self.comparison.device.type != "cpu")

    def ready(self) -> bool:
        """Always: methods are loaded when first needed."""
        return True

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`, one at a time, for each may take hundreds of megabytes."""
        with self._working:
            return work()

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """As Comparison.run."""
        return self.comparison.run(request, stop)

    def warm(self, request: Request, stop: Stop) -> None:
        """As Comparison.warm."""
        self.comparison.warm(request, stop)

    def close(self) -> None:
        """Nothing outlives the process."""
