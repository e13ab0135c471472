"""ZeroGPU: a Space on it has a GPU only while a function runs that `spaces.GPU` decorated."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

from compare.comparison import waiting_tiles
from compare.costs import CostModel
from compare.schema import Request, Tile
from compare.scoring import error_message
from engine.inline import InlineEngine
from engine.unfinished import COMPARISON, failed, stopped
from methods.base import Method, Stop, Stopped

# Generous guesses: a run that takes longer than it asked for is cut, one that asks for much waits longer.
START_SECONDS = 15.0  # for the weights
SCORE_SECONDS = 3.0  # for a method's distances, and for moving its pictures
SPEED_FACTOR = 0.05  # of the seconds on the machine of Method.reference_seconds
SHORTEST, LONGEST = 30, 240


class ZeroGPUEngine(InlineEngine):
    """Runs in another process, which has the GPU for as long as `seconds_of` estimates.

    Args:
        gpu: spaces.GPU, or what stands in for it: takes `duration` and gives a decorator for a generator.
    """

    pauses = False  # its Stop does not reach the other process

    def __init__(self, methods: Sequence[Method], gpu: Callable[..., Any], device: str = "auto") -> None:
        super().__init__(methods, device)
        comparison = self.comparison
        # No GPU is here on which it could be calibrated.
        self.costs = comparison.costs = CostModel(self.methods, comparison.device, lambda: SPEED_FACTOR)
        # The other process is a fork that keeps this object, so that methods stay loaded while it lives.
        self._borrowed = gpu(duration=self.seconds_of)(comparison.run)

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """As Comparison.run. A Stop cannot reach the other process: closing the generator ends the work."""
        tiles = waiting_tiles(request.settings, self.methods, request.style_name)
        with closing(self._borrowed(request)) as changes:
            try:
                for tile in changes:
                    tiles[tile.method] = tile
                    yield tile
                    stop.check()
            except Stopped:
                yield from map(stopped, tiles.values())
            except Exception as error:  # where the GPU is not given, or taken back
                sentence = error_message(error, COMPARISON)
                yield from (failed(tile, sentence) for tile in tiles.values())
        for tile in tiles.values():
            if tile.state == "done":
                self.costs.record(tile)

    def warm(self, request: Request, stop: Stop) -> None:
        """Nothing: a GPU that is borrowed ahead is taken from others."""

    def seconds_of(self, request: Request) -> int:
        """How long a run may have the GPU, in seconds."""
        seconds = START_SECONDS
        for name, each in request.settings.items():
            work = self.costs.predict(name, each, request.pixels)
            seconds += SCORE_SECONDS + (1 + request.repeats) * work
        return round(min(max(seconds, SHORTEST), LONGEST))
