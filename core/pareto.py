"""The Pareto front of things of which two numbers are each the better the smaller."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def pareto_front(things: Iterable[T], costs: Callable[[T], tuple[float, float]]) -> list[T]:
    """Those than which none is better in both costs, the best by the first cost first."""
    front: list[T] = []
    for thing in sorted(things, key=costs):
        if not front or costs(thing)[1] < costs(front[-1])[1]:
            front.append(thing)
    return front
