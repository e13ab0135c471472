"""The contract of an engine, and what a page needs to know of the machine behind it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from compare.costs import CostModel
from compare.schema import Request, Tile
from methods.base import Method, Stop


@dataclass(frozen=True)
class Machine:
    """Where an engine computes.

    Attributes:
        name: as a person knows it, for instance "NVIDIA H200" or "AMD EPYC, 2 threads".
        modest: whether it is a small one, for which smaller pictures are a better start.
    """

    name: str
    modest: bool


class Engine(Protocol):
    """Runs comparisons, one at a time: who may run when is the business of `engine.queue`.

    Attributes:
        methods: those that it can run, by name, in the order of the grid; not loaded.
        costs: predicts what a run will take, and learns from those that it did.
        pauses: whether a run rests at its next check after `stop.pause()`, as `stop.resting` then says, so
            that another can run meanwhile.
    """

    methods: Mapping[str, Method]
    costs: CostModel
    pauses: bool

    def machine(self) -> Machine:
        """What it runs on."""
        ...

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """One changed tile a yield: first every method's, waiting, then states and results, and at most two
        previews a second. `stop`, or closing the iterator, ends the work."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
