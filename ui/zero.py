"""ZeroGPU: a Space on it has a GPU only while a function runs that `spaces.GPU` decorated."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any

from core.images import working_size
from methods.base import Method, Stopped
from methods.compare import Comparison, Request, Tile
from methods.cost import Costs

# Generous guesses: a run that takes longer than it asked for is cut, one that asks for much waits longer.
START_SECONDS = 15.0  # for the weights
SCORE_SECONDS = 3.0  # for a method's distances, and for moving its pictures
PACE = 0.05  # of the seconds on the machine of Method.reference_seconds
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
        self.costs = Costs(self.methods, self.device, PACE)  # no GPU is here on which it could be tried
        # The other process is a fork that keeps this object, so that methods stay loaded while it lives.
        self._borrowed = gpu(duration=self.seconds_of)(super().run)

    def run(self, request: Request) -> Iterator[dict[str, Tile]]:
        """As Comparison.run. A Stop cannot reach the other process: closing the generator ends the work."""
        tiles: dict[str, Tile] = {}
        with closing(self._borrowed(replace(request, stop=None))) as frames:
            try:
                for tiles in frames:
                    yield tiles
                    if request.stop is not None:
                        request.stop.check()
            except Stopped:
                yield {name: stopped(tile) for name, tile in tiles.items()}
        for tile in tiles.values():
            if tile.state == "done":
                self._learn_cost(tile)

    def seconds_of(self, request: Request) -> int:
        """How long a run may have the GPU, in seconds."""
        width, height = working_size(*request.content.rgb.size, request.size)
        seconds = START_SECONDS
        for name, each in request.settings.items():
            work = self.costs.predict(name, each, width * height)
            seconds += SCORE_SECONDS + (1 + request.repeats) * work
        return round(min(max(seconds, SHORTEST), LONGEST))


def stopped(tile: Tile) -> Tile:
    """The tile of a run that was ended: what was finished stays."""
    if tile.state in ("done", "failed"):
        return tile
    return replace(tile, state="done" if tile.state in ("measuring", "timing") else "stopped", told="")
