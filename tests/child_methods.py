"""Methods that do what a process may die of, for tests of the engine that has one."""

import os
import signal
import time
from collections.abc import Iterator
from types import SimpleNamespace

import torch
from torch import Tensor

import compare.scoring
from core.yardstick import Distances
from fake_methods import FakeSettings, Quick, Stepped, YardstickAlone
from methods.base import Frame, Stop, Style


def without_yardstick() -> None:
    """Let the distances of this process be made up: VGG-19 has no part in these tests."""
    made_up = SimpleNamespace(measure=lambda _: Distances(0.25, 0.5), baseline=Distances(0.25, 0.5))
    compare.scoring.Yardstick = lambda *_: made_up  # type: ignore[misc,assignment]
    compare.scoring.Measurer = YardstickAlone  # type: ignore[misc,assignment]


class Plain(Quick):
    """As Quick; loading it spares its process the yardstick."""

    def load(self, device: torch.device) -> None:
        without_yardstick()


class Steps(Stepped):
    """As Stepped; loading it spares its process the yardstick."""

    def load(self, device: torch.device) -> None:
        without_yardstick()


class Deaf(Quick):
    """Does not check whether it is to stop."""

    name, title = "deaf", "Deaf"

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        yield Frame(content, 1, 2)
        time.sleep(60)
        yield Frame(content, 2, 2)


class Greedy(Quick):
    """Takes ever more memory, up to 2 GB."""

    name, title = "greedy", "Greedy"

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        held = []
        for _ in range(100):
            held.append(b"x" * 20_000_000)
            time.sleep(0.02)
        yield Frame(content, len(held), len(held))


class Deadly(Quick):
    """Ends its process."""

    name, title = "deadly", "Deadly"

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        os.kill(os.getpid(), signal.SIGSEGV)
        yield Frame(content, 1, 1)


def process_number() -> int:
    """Of the process in which it is called."""
    return os.getpid()


def refuse() -> None:
    raise ValueError("The photo is damaged.")
