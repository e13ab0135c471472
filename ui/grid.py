"""The tiles of one run as HTML as they change, with their pictures, and how far the run is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from compare.checks import Predict
from compare.results import photo, picture, png_text
from compare.schema import Request, State, Tile
from core.images import png_bytes, to_image
from core.sentence import sentence_of
from methods.base import Method
from ui.files import DiskError, FileCache, address, held, preview
from ui.language import ENGLISH, Language
from ui.offers import offered
from ui.pair import pair_html
from ui.tile import Pictures, tile_html


class Grid:
    """Draws the tiles of one run.

    Args:
        methods: all, by name, in their order; those that the run leaves out get no tile.
        files: where finished pictures are saved.
        predict: seconds of a method, as CostModel.predict.

    Attributes:
        problem: a sentence for the status line where they cannot be, else empty.
    """

    def __init__(
        self,
        request: Request,
        methods: Mapping[str, Method],
        files: FileCache,
        predict: Predict,
        say: Language = ENGLISH,
    ) -> None:
        self.request, self.methods, self.files, self.predict = request, methods, files, predict
        self.say = say
        self.problem = ""
        content = photo(request)
        self.photo = Pictures(
            content.width / content.height, self._saved(png_bytes(content, {}), "photo.png")
        )
        self._finished: dict[str, Pictures] = {}

    def pair(self) -> str:
        """The photo and the painting of the run."""
        painting = self._saved(png_bytes(to_image(self.request.style), {}), "painting.png")
        height, width, _ = self.request.content.shape
        return pair_html(self.photo.photo, painting, f"{width:,} × {height:,} px", say=self.say)

    def draw(self, tile: Tile) -> str:
        """A tile that has changed."""
        offers = offered(tile, self.request.pixels, self.predict)
        return tile_html(tile, self._pictures(tile), offers, self.say)

    def _pictures(self, tile: Tile) -> Pictures:
        """The pictures that a tile shows: a preview as long as it runs, then a file, which is saved once."""
        image = None if tile.method in self._finished else picture(tile, self.request)
        if image is None:
            return self._finished.get(tile.method, self.photo)
        if not tile.ended:
            return Pictures(self.photo.ratio, self.photo.photo, preview(image))
        file = self._saved(png_bytes(image, png_text(tile)), f"stylegrid-{tile.method}.png")
        others = {name: self._saved(data, name) for name, data in tile.files.items()}
        pictures = Pictures(self.photo.ratio, self.photo.photo, file, file, others)
        self._finished[tile.method] = pictures
        return pictures

    def _saved(self, data: bytes, name: str) -> str:
        """The address of a finished file: a file, or where the disk takes none, a data address."""
        try:
            return address(self.files.save_bytes(data, name))
        except DiskError as error:
            self.problem = self.say("grid.unsaved", error=sentence_of(error))
            return held(data, "image/png" if name.endswith(".png") else "application/octet-stream")


def waiting_grid(
    tiles: Mapping[str, Tile],
    methods: Mapping[str, Method],
    photo: Pictures,
    state: State = "waiting",
    say: Language = ENGLISH,
) -> dict[str, str]:
    """All methods' tiles before a run has begun, by name, "stopped" where it never will; none of those that
    it leaves out."""
    drawn = {
        name: tile_html(tile if tile.state == "declined" else replace(tile, state=state), photo, say=say)
        for name, tile in tiles.items()
    }
    return {name: drawn.get(name, "") for name in methods}


def progress_of(tiles: Mapping[str, Tile], say: Language = ENGLISH) -> str:
    """Where a run stands, in a sentence; it changes only when a method's state does."""
    states = [tile.state for tile in tiles.values()]
    count = {"done": states.count("done"), "all": len(states), "failed": states.count("failed")}
    for place, tile in enumerate(tiles.values(), start=1):
        if tile.active:
            return say(
                "progress.method", title=tile.title, place=place, state=say(f"state.{tile.state}"), **count
            )
    if "waiting" in states:
        return say("progress.between", **count)
    if "measuring" in states:
        return say("state.measuring")
    if "stopped" in states:
        return say("progress.stopped", **count)
    return say("progress.failed" if "failed" in states else "progress.finished", **count)
