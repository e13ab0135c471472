"""What becomes of the tiles of a run that ended before its time."""

from __future__ import annotations

from dataclasses import replace

from compare.schema import Tile
from core.sentence import Sentence


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
