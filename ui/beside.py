"""What runs beside the tiles that stand: what a tile offers, and a method that was not chosen at first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.checks import check_request, check_seconds
from compare.limits import current
from compare.schema import Request, Tile, read_files, resized_request
from core.images import PHOTO, picture_size
from engine.visitor import Visitor
from methods.base import Stop
from ui.events import Events
from ui.grid import Grid
from ui.html import error_html, status_html
from ui.language import Language, language_of
from ui.offers import offers_of, pixels_of
from ui.request import read_settings
from ui.runs import Outputs, Run
from ui.store import Finished
from ui.summary import summary
from ui.uploads import uploads
from ui.visitors import page_of

Made = tuple[Callable[[], Request], float]
"""What makes a request when it is its turn, and the predicted seconds."""


class Beside:
    """The events of buttons beside finished pictures; they change the newest comparison of the page."""

    def __init__(self, events: Events) -> None:
        self.runs, self.files, self.store = events.runs, events.files, events.store
        self.inputs, self.results = events.inputs, events.results
        self.engine, self.key = events.queue.engine, events.results.key

    def offer(self, key: Any, event: gr.SelectData, asked: gr.Request) -> Iterator[Outputs]:
        """What a tile offers: its method again with other settings, or at another size."""
        yield from self.run(partial(self.again, int(event.index)), key, event, asked)

    def add(self, values: dict[Component, Any], event: gr.SelectData, asked: gr.Request) -> Iterator[Outputs]:
        """A method that was not chosen, by its panel's settings."""
        yield from self.run(partial(self.more, values), values.get(self.key), event, asked)

    def run(
        self,
        made: Callable[[Finished, str], Made],
        key: Any,
        event: gr.SelectData,
        asked: gr.Request,
    ) -> Iterator[Outputs]:
        """One method; `made` is given the comparison that stands, and raises ValueError with a sentence."""
        say, page, name = language_of(asked), page_of(asked), str(event.value)
        before, status = self.store.latest(page), self.inputs.status
        if page in self.runs.stops:
            yield {status: status_html(say("offer.running"))}
        elif before is None or name not in self.inputs.methods:
            yield {status: status_html(say("offer.gone"))}
        else:
            try:
                make, seconds = made(before, name)
            except ValueError as error:
                yield {status: error_html(say.sentence(error))}
                return
            work = partial(self.follow, Run(make, seconds, say, before=before), before)
            with uploads().held([before.photo, before.painting]):
                yield from self.runs.guarded({self.key: key}, asked, work)

    def again(self, number: int, before: Finished, name: str) -> Made:
        """For the offer of a number, which comes from the browser: a wrong one raises and changes nothing."""
        tile, request = before.tiles[name], before.request_of(name)
        offered = offers_of(tile)[number]
        settings = {name: tile.settings.with_values(offered.values)}
        pixels = [pixels_of(tile, offered, request.pixels)]
        (seconds,) = check_seconds(current(), settings, pixels, 0, self.engine.costs.predict)
        request = replace(request, settings=settings, repeats=0)
        if offered.side is None:
            return partial(replace, request), seconds
        picture_size(before.photo, PHOTO)  # which raises where it is gone
        return partial(resized_request, request, before.photo, offered.side), seconds

    def more(self, values: Mapping[Component, Any], before: Finished, name: str) -> Made:
        """For a method that has no tile, at the size of the others."""
        panel, request = self.inputs.panels[name], before.request
        settings = {name: read_settings(self.inputs.methods[name], panel.values(values))}
        files, predict = (before.photo, before.painting), self.engine.costs.predict
        (seconds,) = check_request(current(), *files, settings, [request.side], 0, predict)
        named, held = read_files(settings)
        request = replace(request, settings=named, files={**request.files, **held}, repeats=0)
        return partial(replace, request), seconds

    def follow(
        self, run: Run, before: Finished, visitor: Visitor, page: str, stop: Stop
    ) -> Iterator[Outputs]:
        """The run; where it comes to nothing, the picture that stood there stands again."""
        finished = yield from self.runs.follow(run, visitor, page, stop)
        for name, tile in finished.tiles.items() if finished else ():
            old = before.tiles.get(name)
            if old is not tile and old and old.image is not None and tile.state in ("failed", "stopped"):
                self.runs.restore(page, before)
                yield self.as_before(before, tile, run.say)

    def as_before(self, before: Finished, tile: Tile, say: Language) -> Outputs:
        """The tile that stood before, and why the newer one came to nothing."""
        request, costs = before.request_of(tile.method), self.engine.costs
        grid = Grid(request, self.engine.methods, self.files, costs.predict, say)
        why = say.sentence(tile.error) or f"{say(f'state.{tile.state}')}."
        return {
            self.results.tiles[tile.method]: grid.draw(before.tiles[tile.method]),
            self.results.summary: summary(before.tiles, say),
            self.inputs.status: status_html(say("offer.as_before", why=why, title=tile.title)),
        }
