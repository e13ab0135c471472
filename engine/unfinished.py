"""What becomes of the tiles of a run that ended before its time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from compare.schema import Tile
from core.sentence import Sentence

COMPARISON = Sentence("the_comparison", "The comparison")  # what has failed, in a sentence


def stopped(tile: Tile) -> Tile:
    """The tile of a run that was stopped: what was finished stays."""
    if tile.state in ("done", "declined", "failed"):
        return tile
    return replace(tile, state="done" if tile.state in ("measuring", "timing") else "stopped", message="")


def failed(tile: Tile, sentence: str) -> Tile:
    """The tile of a run that broke off, for a reason that the sentence gives: what was finished stays."""
    if tile.state in ("measuring", "timing"):
        missing = Sentence(
            "not_measured", "The distances were not measured: {problem}", {"problem": sentence}
        )
        if tile.state == "timing":
            missing = Sentence("not_timed", "It was not timed again: {problem}", {"problem": sentence})
        return replace(tile, state="done", message="", error=missing)
    ended = tile.state in ("done", "declined", "failed", "stopped")
    return tile if ended else replace(tile, state="failed", message="", error=sentence)


def changed(tiles: Mapping[str, Tile], shown: set[str], change: Callable[[Tile], Tile]) -> Iterator[Tile]:
    """The tiles that a change makes others of, changed, and those that were not shown yet."""
    pairs = [(tile, change(tile)) for tile in tiles.values()]
    return (new for tile, new in pairs if new is not tile or new.method not in shown)
