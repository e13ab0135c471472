"""Inspect: what a tile's button asks for, computed in the line of the runs; a dialog shows it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial

import gradio as gr

from compare.inspection import Inspection, inspect
from engine.queue import Queue
from engine.ticket import Position, Refused
from ui.first_sight import FirstSight
from ui.inspect_html import inspection_html, refused, waits
from ui.language import language_of
from ui.runs import waiting
from ui.store import Store
from ui.tile import FIRST
from ui.visitors import page_of, visitor_of

SECONDS = 2.5  # on the machine of Method.reference_seconds

log = logging.getLogger(__name__)


class Inspect:
    """The handler of the button.

    Args:
        queue: where it waits for the engine; store: the pages' comparisons.
        first: the comparison that the page opens with.
    """

    def __init__(self, queue: Queue, store: Store, first: FirstSight | None) -> None:
        self.queue, self.store, self.first = queue, store, first

    def inspect(self, event: gr.SelectData, request: gr.Request) -> Iterator[str]:
        """The place in the line, then what there is to see; or a sentence why there is nothing. The browser
        counts what it asks for, and takes the answer with that number."""
        say, number = language_of(request), int(event.index)
        work = self.work(page_of(request), *map(str, event.value))
        if work is None:
            yield refused(number, say("inspect.gone"))
            return
        seconds = SECONDS * self.queue.engine.costs.speed_factor()
        try:
            with closing(self.queue.do(visitor_of(request), work, seconds)) as line:
                for each in line:
                    if isinstance(each, Position):
                        yield waits(number, waiting(each, say))
                    else:
                        yield inspection_html(number, each, say)
        except Refused as error:
            yield refused(number, say.sentence(error))
        except Exception:
            log.exception("A picture could not be inspected")
            yield refused(number, say("inspect.failed"))

    def work(self, page: str, name: str, kept: str) -> Callable[[], Inspection] | None:
        """What is to be computed of a method's picture in the page's newest comparison, or in that with which
        it opened; None where it is not kept. Names come from the browser."""
        if kept == FIRST:
            return self.first.inspection(name) if self.first and name in self.first.tiles else None
        latest = self.store.latest(page)
        tile = latest.tiles.get(name) if latest else None
        if latest is None or tile is None or tile.image is None or not tile.ended:
            return None
        request = latest.request_of(name)
        return partial(inspect, request.content, request.style, tile.image)
