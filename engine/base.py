"""The contract of an engine, and what a page needs to know of the machine behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

from compare.costs import CostModel
from compare.schema import Request, Tile
from methods.base import Method, Stop

T = TypeVar("T")


@dataclass(frozen=True)
class Machine:
    """Where an engine computes.

    Attributes:
        name: as a person knows it, for instance "NVIDIA H200" or "AMD EPYC, 2 threads".
        gpu: whether that is more than a CPU.
    """

    name: str
    gpu: bool


class Engine(Protocol):
    """Runs comparisons, one at a time a worker: who may run when is the business of `engine.queue`.

    Attributes:
        methods: those that it can run, by name, in the order of the grid; not loaded.
        costs: predicts what a run will take, and learns from those that it did.
        pauses: whether a run rests at its next check after `stop.pause()`, as `stop.resting` then says, so
            that another can run meanwhile.
        workers: how many runs may go on at once, at least one; may change.
    """

    methods: Mapping[str, Method]
    costs: CostModel
    pauses: bool

    @property
    def workers(self) -> int: ...

    def machine(self) -> Machine:
        """What it runs on; may wait a while for a process that begins."""
        ...

    def ready(self) -> bool:
        """Whether a run could begin now."""
        ...

    def do(self, work: Callable[[], T]) -> T:
        """The result of `work`, which reads pictures and pickles, done where the engine decodes them. Raises
        what it raises, and PictureError where it could not be done."""
        ...

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """One changed tile a yield: first every method's, waiting or declined, then states and results, and
        at most two previews a second. `stop`, or closing the iterator, ends the work; nothing is computed,
        and timed, before the next tile is asked for. A method that fails, and a run that breaks off, are
        tiles with a sentence, not exceptions."""
        ...

    def warm(self, request: Request, stop: Stop) -> None:
        """Do ahead what a run of the request would wait for, at a low priority. Raises Stopped, or
        returns early, once `stop` is set."""
        ...

    def close(self) -> None:
        """Give back what the engine holds."""
        ...
