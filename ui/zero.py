"""ZeroGPU: a Space on it has a GPU only while a function runs that `spaces.GPU` decorated."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from core.images import Picture
from methods.base import Method, Stop, Stopped
from methods.compare import Comparison, Tile
from methods.settings import MethodSettings

# Generous guesses: a run that takes longer than it asked for is cut, one that asks for much waits longer.
START_SECONDS = 15.0  # for the weights
PASS_SECONDS = 3.0  # for a feed-forward method, with its distances
STEP_SECONDS = 0.05  # for a step of an optimisation at STEP_SIDE
STEP_SIDE = 512  # px
SHORTEST, LONGEST = 30, 240


def comparison_of(methods: Sequence[Method]) -> Comparison:
    """A Comparison; on ZeroGPU one that asks for the GPU at each run."""
    if os.environ.get("SPACES_ZERO_GPU"):
        import spaces  # only there, and before CUDA is used

        return BorrowingComparison(methods, spaces.GPU)
    return Comparison(methods)


class BorrowingComparison(Comparison):
    """Runs in another process, which has the GPU for as long as `seconds_of` estimates.

    Args:
        gpu: spaces.GPU, or what stands in for it: takes `duration` and gives a decorator for a generator.
    """

    def __init__(self, methods: Sequence[Method], gpu: Callable[..., Any], device: str = "auto") -> None:
        super().__init__(methods, device)
        # The other process is a fork that keeps this object, so that methods stay loaded while it lives.
        self._borrowed = gpu(duration=seconds_of)(super().run)

    def run(
        self,
        content: Picture,
        style: Picture,
        settings: Mapping[str, MethodSettings],
        size: int,
        style_name: str | None = None,
        stop: Stop | None = None,
        repeats: int = 0,
    ) -> Iterator[dict[str, Tile]]:
        """As Comparison.run. A Stop cannot reach the other process: closing the generator ends the work."""
        tiles: dict[str, Tile] = {}
        with closing(self._borrowed(content, style, settings, size, style_name, None, repeats)) as frames:
            try:
                for tiles in frames:
                    yield tiles
                    if stop is not None:
                        stop.check()
            except Stopped:
                yield {name: stopped(tile) for name, tile in tiles.items()}


def stopped(tile: Tile) -> Tile:
    """The tile of a run that was ended: what was finished stays."""
    if tile.state in ("done", "failed"):
        return tile
    return replace(tile, state="done" if tile.state in ("measuring", "timing") else "stopped", told="")


def seconds_of(
    content: Picture,
    style: Picture,
    settings: Mapping[str, MethodSettings],
    size: int,
    style_name: str | None = None,
    stop: Stop | None = None,
    repeats: int = 0,
) -> int:
    """How long a run may have the GPU, in seconds, from the arguments of Comparison.run."""
    seconds = START_SECONDS
    for each in settings.values():
        steps = getattr(each, "steps", 0) * (size / STEP_SIDE) ** 2 + getattr(each, "learn_steps", 0)
        work = getattr(each, "seconds", 0) or steps * STEP_SECONDS
        seconds += (1 + repeats) * (PASS_SECONDS + work)
    return round(min(max(seconds, SHORTEST), LONGEST))
