"""The runs of the pages: one at a time of each, its place in the line, its tiles, and what becomes of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.comparison import waiting_tiles
from compare.schema import Plan, Request, State, Tile
from compare.scoring import error_message
from core.images import picture_size, working_size
from engine.queue import Queue
from engine.ticket import Position, Refused, Started
from engine.unfinished import COMPARISON
from engine.visitor import Visitor
from methods.base import Method, Stop
from ui.earlier import Earlier
from ui.files import FileCache, address
from ui.grid import Grid, progress_of, waiting_grid
from ui.html import error_html, status_html, time
from ui.input_panel import InputPanel
from ui.language import ENGLISH, Language, language_of
from ui.offers import more_html
from ui.pair import pair_html
from ui.results_panel import ResultsPanel
from ui.store import Finished, Store
from ui.summary import summary
from ui.sweep import Point, Points, point, section
from ui.tile import Pictures
from ui.visitors import page_of, visitor_of

Values = Mapping[Component, Any]
Outputs = dict[Component, Any]
Work = Callable[[Visitor, str, Stop], Iterator[Outputs]]
"""What a page's visitor asked for, given the page and what ends it."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Run:
    """One run in the line.

    Attributes:
        make: decodes the pictures when it is its turn; seconds: predicted; say: the visitor's language.
        prefix: what the status line begins with.
        points: of a sweep, of the sizes that are done.
        files: paths of photo and painting.
        before: the comparison whose other tiles stay; None where there are none.
    """

    make: Callable[[], Request]
    seconds: float
    say: Language = ENGLISH
    prefix: str = ""
    points: Points = field(default_factory=dict)
    files: tuple[str, str] = ("", "")
    before: Finished | None = None

    def finished(self, request: Request, tiles: Mapping[str, Tile]) -> Finished:
        """The comparison as far as it has come."""
        before = self.before
        if before is None:
            photo, painting = self.files
            return Finished(request, dict(tiles), self.points, photo=photo, painting=painting)
        settings = {**before.request.settings, **request.settings}
        files = {**before.request.files, **request.files}
        whole = replace(before.request, settings=settings, files=files)
        own = {name: each for name, each in (before.own or {}).items() if name not in tiles}
        if request.content.shape != whole.content.shape:
            own |= dict.fromkeys(tiles, request)
        found = Finished(whole, {**before.tiles, **tiles}, before.points, own=own)
        return replace(found, photo=before.photo, painting=before.painting)


class Runs:
    """What goes on for the pages.

    Args:
        queue: where runs wait for the engine; store: where they go.

    Attributes:
        stops: of the runs in line or going on, by page; going: how far they have come.
    """

    def __init__(
        self,
        queue: Queue,
        store: Store,
        files: FileCache,
        inputs: InputPanel,
        results: ResultsPanel,
        earlier: Earlier,
    ) -> None:
        self.queue, self.store, self.files = queue, store, files
        self.inputs, self.results, self.earlier = inputs, results, earlier
        self.titles = {name: method.title for name, method in queue.engine.methods.items()}
        self.stops: dict[str, Stop] = {}
        self.going: dict[str, Finished] = {}

    def guarded(self, values: Values, asked: gr.Request, work: Work) -> Iterator[Outputs]:
        """What runs, one at a time of a page, with the buttons meanwhile; in a sentence what it is refused
        for or fails by; and what came of it in the history."""
        stop, page, say = Stop(), page_of(asked), language_of(asked)
        if self.stops.setdefault(page, stop) is not stop:
            return
        try:
            yield self.inputs.buttons(running=True)
            yield from work(visitor_of(asked), page, stop)
        except Refused as error:
            yield {self.inputs.status: error_html(say.sentence(error))}
        except Exception as error:
            log.exception("The comparison failed")
            yield {self.inputs.status: error_html(say.sentence(error_message(error, COMPARISON)))}
        finally:
            del self.stops[page]
            self.keep(values.get(self.results.key), page, say)  # also where the connection is lost
        methods, predict = self.queue.engine.methods, self.queue.engine.costs.predict
        yield {
            **self.inputs.buttons(running=False),
            **self.earlier.strip(values.get(self.results.key), say),
            self.results.more: more_html(self.store.latest(page), methods, predict, say),
        }

    def save(self, page: str, finished: Finished) -> None:
        """Keep a run as far as it has come."""
        self.going[page] = finished
        self.store.save(page, finished, page)

    def restore(self, page: str, before: Finished) -> None:
        """Let what came of a run be forgotten, and the comparison before it be the page's again."""
        self.going.pop(page, None)
        self.store.save(page, replace(before, archive=None), page)

    def keep(self, key: Any, page: str, say: Language) -> None:
        """Put what came of a run into the visitor's history."""
        found = self.going.pop(page, None)
        if found is not None:
            self.earlier.keep(key, found, say)

    def follow_all(
        self,
        lines: Outputs,
        planned: Sequence[Plan],
        sweep: bool,
        say: Language,
        visitor: Visitor,
        page: str,
        stop: Stop,
    ) -> Iterator[Outputs]:
        """The plans one after the other, of a sweep with the points of the sizes that are done."""
        methods, points = self.queue.engine.methods, dict[str, tuple[Point, ...]]()
        for place, plan in enumerate(planned, start=1):
            beneath: Outputs = {self.results.sweep: section(points, self.titles, say)} if sweep else {}
            yield {**lines, **waiting_page(self.results, plan, methods, say), **beneath}
            where = {"size": plan.size, "place": place, "all": len(planned)}
            prefix = say("sweep.at", **where) if sweep else ""
            files = plan.content or "", plan.style or ""
            run = Run(plan.request, plan.seconds, say, prefix, dict(points), files)
            before = self.going.get(page)
            try:
                finished = yield from self.follow(run, visitor, page, stop)
            except Exception:  # which `guarded` says
                if self.going.get(page) is before:
                    yield waiting_page(self.results, plan, methods, say, "stopped")
                raise
            if finished is None:
                yield waiting_page(self.results, plan, methods, say, "stopped")
            elif sweep:
                for name, tile in finished.tiles.items():
                    points[name] = (*points.get(name, ()), point(finished.request.side, tile))
                self.save(page, replace(finished, points=dict(points)))
                yield {self.results.sweep: section(points, self.titles, say)}
            if stop.asked():
                return

    def follow(
        self, run: Run, visitor: Visitor, page: str, stop: Stop
    ) -> Generator[Outputs, None, Finished | None]:
        """A run's place in the line, then its tiles; what has come of it, None where it never began."""
        status, tiles, finished = self.inputs.status, dict[str, Tile](), None
        with closing(self.queue.submit(visitor, run.make, run.seconds, stop)) as changes:
            for change in changes:
                if isinstance(change, Position):
                    yield {status: status_html(waiting(change, run.say))}
                    continue
                if isinstance(change, Started):
                    engine, request = self.queue.engine, change.request
                    grid = Grid(request, engine.methods, self.files, engine.costs.predict, run.say)
                    if run.before is None:
                        yield {self.results.pair: grid.pair()}
                    continue
                tiles[change.method] = change
                finished = run.finished(request, tiles)
                self.save(page, finished)
                shown: Outputs = {self.results.tiles[change.method]: grid.draw(change)}
                if change.ended:
                    shown[self.results.summary] = summary(finished.tiles, run.say)
                yield {**shown, status: status_html(run.prefix + progress_of(tiles, run.say) + grid.problem)}
        if finished is None:
            yield {status: status_html(run.say("progress.never"))}
        return finished

    def end(self, page: str) -> bool:
        """End the page's run; whether one was going on or in line."""
        stop = self.stops.get(page)
        if stop is not None:
            stop.set()  # also where a sweep is between two of its sizes
        return stop is not None


def waiting_page(
    results: ResultsPanel,
    plan: Plan,
    methods: Mapping[str, Method],
    say: Language,
    state: State = "waiting",
) -> Outputs:
    """The tiles of a plan before it has begun, over the photo as it was uploaded, and the two pictures."""
    photo, painting = (address(Path(each or "")) for each in (plan.content, plan.style))
    width, height = working_size(*picture_size(plan.content), plan.size)
    tiles = waiting_tiles(plan.settings, methods, plan.style_name)
    drawn = waiting_grid(tiles, methods, Pictures(width / height, photo), state, say)
    shown: Outputs = {results.tiles[name]: html for name, html in drawn.items()}
    pair = pair_html(photo, painting, f"{width:,} × {height:,} px", say=say)
    return {**shown, results.pair: pair, results.more: "", results.summary: summary({}, say)}


def waiting(position: Position, say: Language = ENGLISH) -> str:
    """A place in the line, in words."""
    if not position.ahead:
        return say("progress.device")
    about = {"ahead": position.ahead, "seconds": time(position.seconds)}
    if position.workers == 1:
        return say("progress.line", **about)
    return say("progress.line_of", **about, busy=position.busy, workers=position.workers)
