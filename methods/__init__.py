"""Style transfer methods: one paper, one file. `ALL` has the order of the grid, quick ones first."""

from __future__ import annotations

from methods.adain import AdaIN
from methods.base import Method
from methods.cin import CIN
from methods.gatys import Gatys
from methods.johnson import Johnson
from methods.magenta import Magenta

ALL: tuple[type[Method], ...] = (Johnson, CIN, AdaIN, Magenta, Gatys)

_BY_NAME = {method.name: method for method in ALL}
if len(_BY_NAME) != len(ALL):
    raise ValueError("Two methods share one name.")


def get(name: str) -> type[Method]:
    """The method called `name`; ValueError names those that exist."""
    if name not in _BY_NAME:
        raise ValueError(f"There is no method {name!r}; choose from {', '.join(_BY_NAME)}.")
    return _BY_NAME[name]
