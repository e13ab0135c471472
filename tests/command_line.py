"""The command line with methods and measures that cost nothing."""

import pytest
from torch import Tensor

import compare.batch
import compare.cli
import compare.scoring
import methods.base
from core.yardstick import Distances, StyleEncoding
from fake_methods import YardstickAlone
from methods.base import Method


class FixedYardstick:
    """In the place of a yardstick: finds the same for every picture."""

    baseline = Distances(0.25, 0.5)

    def __init__(self, content: Tensor, style: Tensor, grams: object) -> None:
        pass

    def measure(self, pastiche: Tensor) -> Distances:
        return Distances(0.25, 0.5)


def stand_in(monkeypatch: pytest.MonkeyPatch, **known: type[Method]) -> None:
    """Let the command line know these methods alone, by name, and measure nothing."""
    monkeypatch.setattr(compare.cli, "ALL", tuple(known.values()))
    for module in (compare.cli, compare.batch):
        monkeypatch.setattr(module, "get", known.__getitem__)
    monkeypatch.setattr(compare.scoring, "Yardstick", FixedYardstick)
    monkeypatch.setattr(compare.scoring, "Measurer", YardstickAlone)
    monkeypatch.setattr(methods.base, "encode_style", lambda image: StyleEncoding({}, {}))
