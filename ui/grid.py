"""The tiles of one run as they change: which picture each shows, and how often."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from compare.comparison import Comparison, State, Tile
from compare.results import picture, png_text
from core.images import resize
from methods.base import Frame
from ui.files import FileCache, address, preview
from ui.store import Run
from ui.summary import summary
from ui.tile import ENDED, Pictures, empty_tile, tile_html

SECONDS_BETWEEN_PREVIEWS = 0.5


def watch(comparison: Comparison, run: Run) -> Iterator[dict[str, Tile]]:
    """The run's tiles whenever a state changed, and else at most twice a second."""
    states: list[State] = []
    shown = 0.0
    for tiles in comparison.run(run):
        now = [tile.state for tile in tiles.values()]
        if now != states or time.perf_counter() - shown >= SECONDS_BETWEEN_PREVIEWS:
            yield tiles
            states, shown = now, time.perf_counter()


class Grid:
    """Draws the tiles of one run.

    Args:
        titles: of all methods by name, in their order; those that the run leaves out get an empty tile.
        files: keeps the finished pictures.
    """

    def __init__(self, run: Run, titles: Mapping[str, str], files: FileCache) -> None:
        self.run, self.titles, self.files = run, titles, files
        self.content = resize(run.content, run.size)
        width, height = self.content.rgb.size
        self.photo = Pictures(width / height, address(files.put(self.content.rgb, "photo.png", {})))
        self._drawn: dict[str, tuple[Tile, str]] = {}
        self._kept: dict[str, tuple[Frame, Pictures]] = {}  # last frames, whose files are kept

    def all(self, state: State) -> list[str]:
        """All tiles in one state, before the run has begun."""
        return self.draw(
            {name: Tile(name, self.titles[name], each, state) for name, each in self.run.settings.items()}
        )

    def draw(self, tiles: Mapping[str, Tile]) -> list[str]:
        """All methods' tiles as HTML, in order, and the summary."""
        drawn = [
            self._draw_one(tiles[name]) if name in tiles else empty_tile(name, title, "Left out of this run.")
            for name, title in self.titles.items()
        ]
        return [*drawn, summary(tiles)]

    def _draw_one(self, tile: Tile) -> str:
        drawn, html = self._drawn.get(tile.method, (None, ""))
        if drawn is not tile:
            html = tile_html(tile, self._pictures(tile))
            self._drawn[tile.method] = tile, html
        return html

    def _pictures(self, tile: Tile) -> Pictures:
        kept, pictures = self._kept.get(tile.method, (None, self.photo))
        if tile.frame is None or kept is tile.frame:
            return pictures
        image = picture(tile, self.content)
        assert image is not None
        if tile.state not in ENDED:
            return Pictures(self.photo.ratio, self.photo.photo, preview(image))
        file = address(self.files.put(image, f"stylegrid-{tile.method}.png", png_text(tile)))
        others = {name: address(self.files.save_bytes(data, name)) for name, data in tile.frame.files.items()}
        pictures = Pictures(self.photo.ratio, self.photo.photo, file, file, others)
        self._kept[tile.method] = tile.frame, pictures
        return pictures


def progress_of(tiles: Mapping[str, Tile], run: Run) -> str:
    """Where a run stands, in a sentence; it changes only when a method's state does."""
    if run.sizes:
        place = run.sizes.index(run.size) + 1
        return f"{run.size:,} px, {place} of {len(run.sizes)}: {progress_of(tiles, replace(run, sizes=()))}"
    states = [tile.state for tile in tiles.values()]
    active = [tile for tile in tiles.values() if tile.state in ("loading", "running", "timing")]
    if active:
        place = list(tiles).index(active[0].method) + 1
        return f"{active[0].title}, {place} of {len(tiles)}: {active[0].state}"
    if "waiting" in states:
        return f"{states.count('done')} of {len(states)} done"
    if "measuring" in states:
        return "Measuring the distances"
    return ended(states)


def ended(states: Sequence[str]) -> str:
    """How an ended run went."""
    if "stopped" in states:
        return f"Stopped; {states.count('done')} of {len(states)} finished."
    if "failed" in states:
        return f"{states.count('done')} of {len(states)} finished; {states.count('failed')} failed."
    return "Finished."
