"""What happens on the page's buttons. Handlers give values by component; what they leave out stays."""

from __future__ import annotations

import logging
import zipfile
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.limits import PAGE_SIDE, check_seconds, checked_repeats, checked_size, checked_sweep, current
from compare.schema import Plan, Request, State, Tile
from compare.scoring import error_message
from core.images import picture_size, working_size
from core.plates import PlateIndex
from core.sentence import Sentence
from engine.queue import Queue
from engine.ticket import Position, Refused, Started
from engine.visitor import Visitor
from methods.base import Method, Stop
from methods.settings import named
from ui.earlier import Earlier, number_of
from ui.estimate import estimate
from ui.files import DiskError, FileCache, address, path_of
from ui.grid import Grid, progress_of, waiting_grid
from ui.html import error_html, status_html, time
from ui.input_panel import InputPanel
from ui.language import ENGLISH, Language, label, language_of
from ui.pair import pair_html
from ui.report import packed
from ui.request import plans
from ui.restore import restored
from ui.results_panel import ResultsPanel
from ui.store import Finished, Store
from ui.summary import summary
from ui.sweep import Point, Points, point, section
from ui.tile import Pictures
from ui.unpack import unpacked
from ui.visitors import page_of, visitor_of

Values = Mapping[Component, Any]
Outputs = dict[Component, Any]

COMPARISON = Sentence("the_comparison", "The comparison")

log = logging.getLogger(__name__)


class Events:
    """The handlers of one page.

    Args:
        queue: where runs wait for the engine; store: where they go.
        plates: recognises our style pictures.
    """

    def __init__(
        self,
        queue: Queue,
        store: Store,
        files: FileCache,
        plates: PlateIndex,
        inputs: InputPanel,
        results: ResultsPanel,
        earlier: Earlier,
    ) -> None:
        self.earlier = earlier
        self.queue, self.store, self.files, self.plates = queue, store, files, plates
        self.inputs, self.results = inputs, results
        self.titles = {name: method.title for name, method in queue.engine.methods.items()}
        self.stops: dict[str, Stop] = {}  # of the runs in line or going on, by page
        self.going: dict[str, Finished] = {}  # how far they have come

    def compare(self, values: dict[Component, Any], request: gr.Request) -> Iterator[Outputs]:
        """A run of the chosen methods, from the check of the inputs to the last tile."""
        yield from self.run(values, None, request)

    def sweep(self, values: dict[Component, Any], request: gr.Request) -> Iterator[Outputs]:
        """As `compare`, at all sizes of the sweep."""
        yield from self.run(values, values[self.inputs.sweep.sizes], request)

    def run(self, values: Values, sizes: Any, asked: gr.Request) -> Iterator[Outputs]:
        """A run at one size, or with `sizes` at each of these."""
        say = language_of(asked)
        lines, planned = self.checked(values, sizes, say)
        if planned:
            runs = partial(self.run_all, lines, planned, sizes is not None, say)
            yield from self.guarded(values, asked, runs)
        else:
            yield lines

    def guarded(self, values: Values, asked: gr.Request, runs: Runs) -> Iterator[Outputs]:
        """What runs, one at a time of a page, with the buttons meanwhile; in a sentence what it is refused
        for or fails by; and what came of it in the history."""
        stop, page, say = Stop(), page_of(asked), language_of(asked)
        if self.stops.setdefault(page, stop) is not stop:
            return
        try:
            yield self.inputs.buttons(running=True)
            yield from runs(visitor_of(asked), page, stop)
        except Refused as error:
            yield {self.inputs.status: error_html(say.sentence(error))}
        except Exception as error:
            log.exception("The comparison failed")
            yield {self.inputs.status: error_html(say.sentence(error_message(error, COMPARISON)))}
        finally:
            del self.stops[page]
            self.keep(values, page, say)  # also where the connection is lost
        yield {**self.inputs.buttons(running=False), **self.earlier.strip(values.get(self.results.key), say)}

    def save(self, page: str, finished: Finished) -> None:
        """Keep a run as far as it has come."""
        self.going[page] = finished
        self.store.save(page, finished, page)

    def keep(self, values: Values, page: str, say: Language) -> None:
        """Put what came of a run into the visitor's history."""
        found, inputs = self.going.pop(page, None), self.inputs
        if found is not None:
            sources = inputs.content, inputs.style
            photo, painting = (path_of(values.get(source.image)) or "" for source in sources)
            self.earlier.keep(values.get(self.results.key), found, photo, painting, say)

    def back(self, key: Any, event: gr.SelectData, request: gr.Request) -> Outputs:
        """Bring back an earlier comparison, unless a run goes on."""
        page, say = page_of(request), language_of(request)
        if page in self.stops:
            return {self.inputs.status: status_html(say("earlier.running"))}
        return self.earlier.back(key, number_of(event), page, say)

    def checked(self, values: Values, sizes: Any, say: Language) -> tuple[Outputs, list[Plan]]:
        """What is wrong, beneath the inputs or in the status line, and the plans, none if something is."""
        inputs = self.inputs
        sources = inputs.content, inputs.style
        lines: Outputs = {each.line: each.problem(values[each.image], say) for each in sources}
        lines = {line: problem for line, problem in lines.items() if problem}
        if lines:
            wrong = [each.name for each in sources if each.line in lines]
            return {**lines, inputs.status: error_html(say(f"missing.{'_and_'.join(wrong)}"))}, []
        try:
            settings, size, repeats = inputs.settings(values), values[inputs.size], values[inputs.timing]
            photo, painting = (values[each.image] for each in sources)
            engine, plates = self.queue.engine, self.plates
            planned = plans(engine, photo, painting, settings, size, repeats, plates, sizes)
        except ValueError as error:
            return {inputs.status: error_html(say.sentence(error))}, []
        return {inputs.status: status_html(say("progress.device"))}, planned

    def run_all(
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
            run = Run(plan.request, plan.seconds, say, prefix, dict(points))
            finished = yield from self.follow(run, visitor, page, stop)
            if finished is None:
                yield waiting_page(self.results, plan, methods, say, "stopped")
            elif sweep:
                for name, tile in finished.tiles.items():
                    points[name] = (*points.get(name, ()), point(side(finished.request), tile))
                self.save(page, replace(finished, points=dict(points)))
                yield {self.results.sweep: section(points, self.titles, say)}
            if stop.asked():
                return

    def offer(self, key: Any, event: gr.SelectData, asked: gr.Request) -> Iterator[Outputs]:
        """What a method's tile offers: the method again with other settings, beside the tiles that stand."""
        page, status, say = page_of(asked), self.inputs.status, language_of(asked)
        before, name = self.store.latest(page), str(event.value)
        if page in self.stops:
            yield {status: status_html(say("offer.running"))}
        elif before is None or name not in before.tiles:
            yield {status: status_html(say("offer.gone"))}
        else:
            # the number comes from the browser: a wrong one raises here and changes nothing
            offered = before.tiles[name].offers[int(event.index)]
            settings = {name: before.tiles[name].settings.with_values(offered.values)}
            request = replace(before.request, settings=settings, repeats=0)
            predict = self.queue.engine.costs.predict
            try:
                (seconds,) = check_seconds(current(), settings, [request.pixels], 0, predict)
            except ValueError as error:
                yield {status: error_html(say.sentence(error))}
                return
            run = Run(partial(replace, request), seconds, say, before=before)
            yield from self.guarded({self.results.key: key}, asked, partial(self.follow, run))

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

    def stop(self, request: gr.Request) -> Any:
        """End the page's run; what the Stop button then shows."""
        if not self.end(page_of(request)):
            return gr.skip()
        return gr.Button(label("stopping"), interactive=False)

    def on_unload(self, request: gr.Request) -> None:
        """The browser's tab was closed."""
        self.end(page_of(request))
        self.store.discard(page_of(request))

    def end(self, page: str) -> bool:
        """End the page's run; whether one was going on or in line."""
        stop = self.stops.get(page)
        if stop is not None:
            stop.set()  # also where a sweep is between two of its sizes
        return stop is not None

    def ahead(self, values: dict[Component, Any]) -> None:
        """Let the engine get ready for the chosen painting before it is asked to."""
        inputs, queue = self.inputs, self.queue
        photo, painting = (values[each.image] for each in (inputs.content, inputs.style))
        settings = {name: inputs.methods[name].Settings.make() for name in values[inputs.chosen] or ()}
        with suppress(ValueError):  # Compare says what is wrong
            size = values[inputs.size]
            (plan,) = plans(queue.engine, photo or painting, painting, settings, size, 0, self.plates)
            queue.warm(plan.request)

    def estimate(self, values: dict[Component, Any], request: gr.Request | None = None) -> Outputs:
        """What a comparison and a sweep will take, as the controls stand; nothing while they are wrong."""
        inputs, engine, say = self.inputs, self.queue.engine, language_of(request)
        shape = inputs.content.shape(values[inputs.content.image])
        shown: Outputs = {inputs.estimate: status_html(""), inputs.sweep.estimate: status_html("")}
        try:
            settings, runs = inputs.settings(values), 1 + checked_repeats(values[inputs.timing])
            sizes: tuple[int, ...] = (checked_size(values[inputs.size], PAGE_SIDE),)
            shown[inputs.estimate] = estimate(engine, settings, shape, sizes, runs, say)
            sizes = checked_sweep(values[inputs.sweep.sizes])
            shown[inputs.sweep.estimate] = estimate(engine, settings, shape, sizes, runs, say)
        except ValueError:  # Compare says what is wrong; no size of the sweep concerns the sweep alone
            pass
        return shown

    def archive(self, request: gr.Request) -> str:
        """A link to the ZIP of the page's newest comparison."""
        latest, say = self.store.latest(page_of(request)), language_of(request)
        if latest is None:
            raise gr.Error(say("results.nothing"), print_exception=False)
        try:
            path = packed(latest, self.files, say)
        except DiskError as error:
            raise gr.Error(say.sentence(error), print_exception=False) from error
        return f'<a href="{address(path)}" download="stylegrid.zip">stylegrid.zip</a>'

    def restore(self, payload: Any, request: gr.Request) -> Outputs:
        """From a PNG that carries settings the status line, the size and a panel's controls; from a ZIP all
        of a comparison."""
        inputs, page, say = self.inputs, page_of(request), language_of(request)
        try:
            path = path_of(payload) or ""
            if zipfile.is_zipfile(path):
                if page in self.stops:
                    return {inputs.status: status_html(say("earlier.running"))}
                shown = self.earlier.show(unpacked(path, inputs.methods, self.files), page, say)
                return {**shown, inputs.status: status_html(say("restore.zip"))}
            found = restored(path, inputs.methods)
        except ValueError as error:
            return {inputs.status: error_html(say.sentence(error))}
        size = min(max(found.size, PAGE_SIDE[0]), PAGE_SIDE[1])
        parts = [say("restore.done", title=self.titles[found.method])]
        if size != found.size:
            parts.append(say("restore.size", size=size, found=found.size))
        if found.lost:
            parts.append(say("restore.lost", files=tuple(map(named, found.lost))))
        controls = inputs.panels[found.method].controls
        values = {controls[name]: value for name, value in found.values.items()}
        return {inputs.status: status_html(" ".join(parts)), inputs.size: size, **values}


@dataclass(frozen=True)
class Run:
    """One run in the line.

    Attributes:
        make: decodes the pictures when it is its turn; seconds: predicted; say: the visitor's language.
        prefix: what the status line begins with.
        points: of a sweep, of the sizes that are done.
        before: the comparison whose other tiles stay; None where there are none.
    """

    make: Callable[[], Request]
    seconds: float
    say: Language = ENGLISH
    prefix: str = ""
    points: Points = field(default_factory=dict)
    before: Finished | None = None

    def finished(self, request: Request, tiles: Mapping[str, Tile]) -> Finished:
        """The comparison as far as it has come."""
        if self.before is None:
            return Finished(request, dict(tiles), self.points)
        whole = replace(self.before.request, settings={**self.before.request.settings, **request.settings})
        return Finished(whole, {**self.before.tiles, **tiles}, self.before.points)


Runs = Callable[[Visitor, str, Stop], Iterator[Outputs]]
"""What a page's visitor asked for, given the page and what ends it."""


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
    drawn = waiting_grid(plan.settings, methods, Pictures(width / height, photo), state, say)
    tiles: Outputs = {results.tiles[name]: html for name, html in drawn.items()}
    pair = pair_html(photo, painting, f"{width:,} × {height:,} px", say=say)
    return {**tiles, results.pair: pair, results.summary: summary({}, say)}


def waiting(position: Position, say: Language = ENGLISH) -> str:
    """A place in the line, in words."""
    if not position.ahead:
        return say("progress.device")
    about = {"ahead": position.ahead, "seconds": time(position.seconds)}
    if position.workers == 1:
        return say("progress.line", **about)
    return say("progress.line_of", **about, busy=position.busy, workers=position.workers)


def side(request: Request) -> int:
    """Long side of a request's pictures, px."""
    return int(max(request.content.shape[:2]))
