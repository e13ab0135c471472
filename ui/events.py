"""What happens on the page's buttons. Handlers give values by component; what they leave out stays."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.checks import checked_repeats, checked_size, checked_sweep
from compare.limits import PAGE_SIDE, page_size
from compare.schema import Plan
from core.plates import PlateIndex
from engine.queue import Queue
from methods.settings import named
from ui.earlier import Earlier, number_of
from ui.estimate import estimate
from ui.files import DiskError, FileCache, address, path_of
from ui.html import error_html, status_html
from ui.input_panel import InputPanel
from ui.language import Language, language_of
from ui.report import packed
from ui.request import plans
from ui.restore import restored
from ui.results_panel import ResultsPanel
from ui.runs import Outputs, Runs, Values
from ui.store import Store
from ui.unpack import unpacked
from ui.uploads import uploads
from ui.visitors import page_of


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
        self.runs = Runs(queue, store, files, inputs, results, earlier)

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
            work = partial(self.runs.follow_all, lines, planned, sizes is not None, say)
            with uploads().held([path for plan in planned for path in plan.paths]):
                yield from self.runs.guarded(values, asked, work)
        else:
            yield lines

    def back(self, key: Any, event: gr.SelectData, request: gr.Request) -> Outputs:
        """Bring back an earlier comparison, unless a run goes on."""
        page, say = page_of(request), language_of(request)
        if page in self.runs.stops:
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

    def picked(self, status: Any) -> Any:
        """The status line after other pictures were chosen: what was wrong or missing before is gone."""
        told = any(f'"status {kind}"' in str(status) for kind in ("error", "warning"))
        return status_html("") if told else gr.skip()

    def stop(self, request: gr.Request) -> Any:
        """End the page's run; what the Stop button then shows."""
        say = language_of(request)
        if not self.runs.end(page_of(request)):
            return gr.skip()
        return gr.Button(say("stopping"), interactive=False)

    def on_unload(self, request: gr.Request) -> None:
        """The browser's tab was closed."""
        self.runs.end(page_of(request))
        self.store.discard(page_of(request))

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
            others = {name: each for name, each in inputs.optimising().items() if name not in settings}
            shown[inputs.estimate] = estimate(engine, settings, shape, sizes, runs, say, others)
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
                if page in self.runs.stops:
                    return {inputs.status: status_html(say("earlier.running"))}
                kept = unpacked(path, inputs.methods, self.files)
                parts = [say("restore.zip")]
                if kept.lost:
                    parts.append(say("restore.zip_lost", files=tuple(map(named, kept.lost))))
                shown = self.earlier.show(kept, page, say)
                return {**shown, inputs.status: status_html(" ".join(parts))}
            found = restored(path, inputs.methods)
        except ValueError as error:
            return {inputs.status: error_html(say.sentence(error))}
        size = page_size(found.size)
        parts = [say("restore.done", title=self.titles[found.method])]
        if size != found.size:
            parts.append(say("restore.size", size=size, found=found.size))
        if found.lost:
            parts.append(say("restore.lost", files=tuple(map(named, found.lost))))
        if found.blended:
            strength, colours = found.blended
            words = say("restore.colours") if colours else ""
            parts.append(say("restore.blended", strength=round(strength), colours=words))
        controls = inputs.panels[found.method].controls
        values = {controls[name]: value for name, value in found.values.items()}
        return {inputs.status: status_html(" ".join(parts)), inputs.size: size, **values}
