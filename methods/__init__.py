"""Style transfer methods: one paper, one file. `ALL` has the order of the grid, quick ones first."""

from __future__ import annotations

from collections.abc import Iterable

from methods.adain import AdaIN
from methods.base import Method
from methods.cin import CIN
from methods.gatys import Gatys
from methods.johnson import Johnson
from methods.magenta import Magenta
from methods.nnst import NNST
from methods.wasserstein import Wasserstein
from methods.wct import Transport

ALL: tuple[type[Method], ...] = (Johnson, CIN, AdaIN, Transport, Magenta, Gatys, Wasserstein, NNST)


def ticked_at_first(methods: Iterable[Method | type[Method]]) -> list[str]:
    """The names of those that can run here and take seconds, not minutes."""
    return [method.name for method in methods if not (method.slow or method.unavailable())]


def get(name: str) -> type[Method]:
    """The method called `name`; ValueError names those that exist."""
    by_name = {method.name: method for method in ALL}
    if name not in by_name:
        raise ValueError(f"There is no method {name!r}; choose from {', '.join(by_name)}.")
    return by_name[name]
