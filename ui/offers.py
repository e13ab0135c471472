"""What is offered beside the tiles that stand: more by a tile's method, its picture at a larger size, and the
methods that were not chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape
from pathlib import Path

from compare.checks import Predict
from compare.limits import current, large_side
from compare.schema import Tile
from core.images import working_size
from core.sentence import Sentence
from methods.base import Method, Offer
from ui.html import about
from ui.language import ENGLISH, Language
from ui.store import Finished


def offers_of(tile: Tile) -> tuple[Offer, ...]:
    """What a tile's buttons offer: what its method does, and the same picture at the largest size of here."""
    side = large_side()
    if tile.state != "done" or tile.image is None or max(tile.image.shape) >= side:
        return tile.offers
    return *tile.offers, Offer(Sentence("offer_larger", "Finish at {side:,} px", {"side": side}), {}, side)


def pixels_of(tile: Tile, offer: Offer, pixels: int) -> int:
    """Of the picture that an offer would paint, where the tile's content has `pixels`."""
    if offer.side is None or tile.image is None:
        return pixels
    height, width, _ = tile.image.shape
    return math.prod(working_size(width, height, offer.side))


def offered(tile: Tile, pixels: int, predict: Predict) -> list[tuple[Offer, float]]:
    """A tile's offers with their predicted seconds, none that would take longer than is allowed here."""
    found = [
        (each, predict(tile.method, tile.settings.with_values(each.values), pixels_of(tile, each, pixels)))
        for each in offers_of(tile)
    ]
    most = current().seconds
    return [(each, seconds) for each, seconds in found if each.side is None or seconds <= most]


def more_html(
    finished: Finished | None, methods: Mapping[str, Method], predict: Predict, say: Language = ENGLISH
) -> str:
    """A button for each method that a comparison leaves out and that can run here; empty where there are
    none, or the photo is gone."""
    if finished is None or not Path(finished.photo).is_file():
        return ""
    seconds = {
        name: predict(name, method.Settings.make(), finished.request.pixels)
        for name, method in methods.items()
        if name not in finished.tiles and not method.unavailable()
    }
    most = current().seconds
    buttons = "".join(
        f'<button type="button" data-method="{escape(name)}">'
        f"{escape(say('tile.offer', offer=methods[name].title, seconds=about(each)))}</button>"
        for name, each in seconds.items()
        if each <= most
    )
    return f'<p class="more"><span>{say("more.heading")}</span>{buttons}</p>' if buttons else ""
