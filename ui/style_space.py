"""What happens in the tab "Style space"; what computes waits in the line as a comparison does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any

import gradio as gr

from compare.checks import check_seconds
from compare.limits import current
from compare.style_space import SIDE, between, placed
from core.images import PictureError, Pixels, picture_size, working_size
from core.plates import PlateIndex
from core.sentence import Sentence, sentence_of
from engine.queue import Queue
from engine.ticket import Position, Refused
from methods.base import Stop
from methods.cin import CINSettings
from methods.mixtures import Shares, square_shares, strip_shares
from ui.examples import Example
from ui.files import path_of
from ui.html import error_html, status_html
from ui.input_panel import InputPanel
from ui.language import Language, language_of
from ui.runs import Outputs, waiting
from ui.space_panel import OWN, StyleSpacePanel, sheet, title_of
from ui.visitors import page_of, visitor_of

STRIP, SQUARE = 7, 5  # pictures along each
PLACING_SECONDS = 1.0  # about what it takes to place a painting


class StyleSpace:
    """The tab's events."""

    def __init__(
        self,
        panel: StyleSpacePanel,
        inputs: InputPanel,
        queue: Queue,
        plates: PlateIndex,
        contents: Sequence[Example],
    ) -> None:
        self.panel, self.inputs, self.queue, self.plates = panel, inputs, queue, plates
        self.contents = contents
        self.stops: dict[str, Stop] = {}  # of what is painted, by page

    def opened(self, painting: Any, request: gr.Request) -> Iterator[Outputs]:
        """The plane with the painting that is chosen now, once the line lets it be placed."""
        panel, say = self.panel, language_of(request)
        try:
            path = path_of(painting)
            name = self.plates.of(path) if path else None
            if path is None or name is not None:
                yield {panel.plane: panel.drawn(say, chosen=name), panel.line: status_html("")}
                return
            work = partial(placed, path)
            place = self.queue.do(visitor_of(request), work, PLACING_SECONDS, "style space")
            with closing(place) as changes:
                for found in changes:
                    if isinstance(found, Position):
                        yield {panel.line: status_html(waiting(found, say))}
                    else:
                        yield {panel.plane: panel.drawn(say, found), panel.line: status_html("")}
        except (ValueError, OSError) as error:
            problem = say("space.unplaced", problem=sentence_of(error))
            yield {panel.plane: panel.drawn(say), panel.line: status_html(problem)}

    def pick(self, event: gr.SelectData, request: gr.Request) -> Outputs:
        """One of our style pictures, taken as the painting."""
        # the index comes from the browser: a wrong one raises here and changes nothing
        example = list(self.panel.styles.values())[int(event.index)]
        say = language_of(request)
        drawn = self.panel.drawn(say, chosen=example.name)
        return {**self.inputs.style.example(example.path, say), self.panel.plane: drawn}

    def strip(self, photo: Any, painting: Any, one: Any, two: Any, request: gr.Request) -> Iterator[Outputs]:
        """From the first style to the second."""
        yield from self.painted(photo, painting, (one, two), (strip_shares(STRIP),), request)

    def square(
        self, photo: Any, painting: Any, one: Any, two: Any, three: Any, four: Any, request: gr.Request
    ) -> Iterator[Outputs]:
        """Between all four."""
        yield from self.painted(photo, painting, (one, two, three, four), square_shares(SQUARE), request)

    def painted(
        self,
        photo: Any,
        painting: Any,
        corners: Sequence[Any],
        rows: Sequence[Sequence[Shares]],
        request: gr.Request,
    ) -> Iterator[Outputs]:
        """The rows as they come, through the line; what is there stays where it is stopped or refused."""
        panel, say, page, stop = self.panel, language_of(request), page_of(request), Stop()
        if self.stops.setdefault(page, stop) is not stop:
            return
        done = list[list[tuple[Pixels, Shares]]]()
        try:
            path, sources = self.sources(photo, painting, corners)
            titles = [self.title(corner, say) for corner in corners]
            seconds = self.seconds(path, sum(map(len, rows)))
            yield {
                **panel.buttons(running=True),
                panel.result: "",
                panel.status: status_html(say("progress.device")),
            }
            works = [partial(between, path, sources, row) for row in rows]
            with closing(self.queue.work(visitor_of(request), works, seconds, stop)) as changes:
                for found in changes:
                    if isinstance(found, Position):
                        yield {panel.status: status_html(waiting(found, say))}
                        continue
                    done.append(list(zip(found, rows[len(done)], strict=True)))
                    words = say("space.rows", done=len(done), all=len(rows))
                    yield {panel.result: sheet(done, titles, say), panel.status: status_html(words)}
            whole = len(done) == len(rows)
            yield {panel.status: status_html(say("space.done" if whole else "space.stopped", side=SIDE))}
        except (Refused, ValueError) as error:
            yield {panel.status: error_html(say.sentence(error))}
        finally:
            del self.stops[page]
        yield panel.buttons(running=False)

    def sources(self, photo: Any, painting: Any, corners: Sequence[Any]) -> tuple[str, tuple[str, ...]]:
        """The files of the photo, an example where none is chosen, and the paintings: names of ours, or the
        file of the visitor's. ValueError where a painting is none."""
        path = path_of(photo) or str(self.contents[0].path)
        picture_size(path)
        own = path_of(painting) if OWN in corners else None
        if OWN in corners and own is None:
            raise ValueError(Sentence("space_no_painting", "Choose a painting first, or one of our styles."))
        if not set(corners) <= {OWN, *self.panel.styles}:
            raise PictureError(Sentence("space_unknown", "Choose a style in each corner."))
        return path, tuple(own or "" if each == OWN else str(each) for each in corners)

    def seconds(self, photo: str, count: int) -> float:
        """Predicted for so many pictures. OverLimit where they are too many here."""
        width, height = working_size(*picture_size(photo), SIDE)
        settings = {"cin": CINSettings()}
        each = check_seconds(
            current(), settings, [width * height] * count, 0, self.queue.engine.costs.predict
        )
        return sum(each)

    def title(self, corner: str, say: Language) -> str:
        """What a corner's style is called."""
        return say("space.own") if corner == OWN else title_of(self.panel.styles[corner], say)

    def stop(self, request: gr.Request) -> Any:
        """End what is painted; what the button then shows."""
        stop, say = self.stops.get(page_of(request)), language_of(request)
        if stop is None:
            return gr.skip()
        stop.set()
        return gr.Button(say("stopping"), interactive=False)
