"""The page: what stands where, and what happens on what. All events are attached here."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.events import api

from core.plates import PlateIndex
from engine.base import Engine
from engine.queue import Queue
from ui.api import Endpoint
from ui.beside import Beside
from ui.earlier import Earlier
from ui.events import Events
from ui.examples import photos, shown_plates
from ui.files import FileCache
from ui.first_sight import FOLDER
from ui.history import History
from ui.how_panel import Explained
from ui.input_panel import OFFERED, InputPanel
from ui.inspect import Inspect
from ui.language import standing
from ui.links import Links
from ui.mask import SIDE
from ui.pinned import connection_html
from ui.results_panel import ResultsPanel, html
from ui.store import Store
from ui.style_space import StyleSpace
from ui.texts import footer, header
from ui.vote import to_vote, vote_is_on, vote_page
from ui.weights_panel import WeightsPanel

HOUR = 3600
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
AT_ONCE: dict[str, Any] = {**PRIVATE, "queue": False}
NEWEST: dict[str, Any] = {**AT_ONCE, "trigger_mode": "always_last"}
# Gradio's preprocessing is left out where ranges are checked by the settings, and files by our own decoder.
RAW: dict[str, Any] = {"preprocess": False}

FETCH = "() => document.querySelector('#archive a').click()"
COPY = "() => navigator.clipboard?.writeText(document.querySelector('#link a')?.href ?? '').catch(() => {})"
SHOW_TILES = "(...values) => { showResults(); return values; }"  # where they lie below, as on a phone


def build(engine: Engine, queue: Queue | None = None) -> gr.Blocks:
    """The page that compares the engine's methods; launch it with ui.theme.LAUNCH.

    `queue` is the engine's, for who wants to close it.
    """
    queue = queue or Queue(engine)
    contents, styles = photos(), shown_plates()
    gr.set_static_paths([FOLDER, *(example.path for example in (*contents, *styles))])
    page = gr.Blocks(
        title="StyleGrid", analytics_enabled=False, delete_cache=(HOUR, 24 * HOUR), fill_width=True
    )
    with page:
        html(standing(partial(header, engine.machine().name)), "masthead")
        html(standing(connection_html), "connection")
        with gr.Row(elem_id="layout"):
            inputs = InputPanel(engine, contents, styles)
            results = ResultsPanel(engine.methods, styles)
        if vote_is_on():
            html(
                standing(to_vote), "to-vote"
            )  # seen in the head, reached by Tab after what a comparison needs
        weights = WeightsPanel()
        html(standing(partial(footer, tuple(engine.methods.values()))))

        store, files = Store(), FileCache(results.archive)
        plates = PlateIndex({each.name: each.path for each in styles})
        publish(Endpoint(queue, store, files, plates))  # first, for Gradio gives a name once
        connect_inputs(page, inputs)
        earlier = Earlier(History(), store, files, engine, inputs, results)
        events = Events(queue, store, files, plates, inputs, results, earlier)
        connect_runs(page, inputs, results, events)
        inspect = Inspect(queue, store, results.first)
        results.inspected.select(
            inspect.inspect,
            outputs=results.inspected,
            concurrency_limit=None,
            trigger_mode="multiple",
            **PRIVATE,
        )
        how = results.how
        explained, chosen = Explained(how, store, engine.costs.decided), how.chosen
        results.how_tab.select(explained.refresh, chosen, [*chosen, how.why], **NEWEST)
        for choice in chosen:
            choice.input(explained.explain, chosen, how.why, **NEWEST)  # type: ignore[attr-defined]
        if results.space:
            connect_space(results, StyleSpace(results.space, inputs, queue, plates, contents), inputs)
        links = Links(inputs, contents, styles, results.link)
        made = results.copy.click(links.link, links.asked, [results.link, inputs.status], **RAW, **AT_ONCE)
        made.then(None, js=COPY, api_visibility="private")
        opened = page.load(links.open, outputs=links.outputs, **AT_ONCE)
        offer = [inputs.offered, inputs.size]
        opened.then(None, offer, inputs.size, js=OFFERED, api_visibility="private")
        page.load(earlier.begin, results.key, [results.key, results.earlier], **AT_ONCE)
        results.earlier.select(events.back, results.key, earlier.outputs, **AT_ONCE)
        weights.html.select(
            weights.fetch, outputs=weights.html, concurrency_id="weights", concurrency_limit=1, **PRIVATE
        )
        page.load(weights.table, outputs=weights.html, **AT_ONCE)
    if vote_is_on():
        vote_page(page)
    # engine.queue has a line of its own, and nothing that waits in it is reached round it
    # at a fixed rate, Gradio's estimates are not made in the loop that starts events, which they can end
    page.queue(status_update_rate=10, max_size=None, default_concurrency_limit=None, api_open=False)
    return page


def connect_inputs(page: gr.Blocks, inputs: InputPanel) -> None:
    """Let the inputs check what they are given and fill in each other."""
    for source in (inputs.content, inputs.style):
        source.image.input(source.check, source.image, [source.image, source.line], **RAW, **NEWEST)
    for strip in inputs.strips:
        strip.html.select(strip.pick, outputs=strip.outputs, **NEWEST)
    for panel in inputs.panels.values():
        dynamic = [panel.controls[name] for name in panel.dynamic]
        if dynamic:
            page.load(panel.new_choices, outputs=dynamic, **AT_ONCE)
        preset = panel.controls.get("preset")
        if isinstance(preset, gr.Dropdown):
            preset.input(panel.preset_values, preset, [*panel.controls.values(), inputs.size], **NEWEST)
        for painter in panel.painters:
            photo = partial(inputs.content.reduced, SIDE)
            painter.drawer.expand(photo, inputs.content.image, painter.canvas, **RAW, **AT_ONCE)
            painter.use.click(painter.painted, painter.canvas, painter.mask, **AT_ONCE)
    for name, shared in inputs.shared.controls.items():
        targets = inputs.shared.targets(name, inputs.panels.values())
        if targets:  # in the browser alone
            js = f"value => Array({len(targets)}).fill(value)"
            shared.input(None, shared, targets, js=js, api_visibility="private")  # type: ignore[attr-defined]


def connect_runs(page: gr.Blocks, inputs: InputPanel, results: ResultsPanel, events: Events) -> None:
    """Let the buttons start, end, foresee, fetch and restore a run."""
    watched = [inputs.content.image, inputs.size, inputs.chosen, inputs.timing, inputs.sweep.sizes]
    watched += inputs.controls
    everything: set[Block] = {inputs.style.image, results.key, *watched}
    buttons = [inputs.compare, inputs.sweep.button, inputs.stop]
    shown = [inputs.content.line, inputs.style.line, inputs.status, *buttons, *results.grid, results.earlier]
    estimate: dict[str, Any] = {
        "fn": events.estimate,
        "inputs": everything,
        "outputs": [inputs.estimate, inputs.sweep.estimate],
        **RAW,
        **NEWEST,
    }
    gr.on([page.load, *(each.change for each in watched)], **estimate)  # type: ignore[attr-defined]
    pictures = [inputs.content.image, inputs.style.image]
    needed: set[Block] = {*pictures, inputs.size, inputs.chosen}
    gr.on([each.change for each in pictures], events.ahead, needed, None, **RAW, **NEWEST)
    chosen = [*(each.input for each in pictures), *(strip.html.select for strip in inputs.strips)]
    gr.on(chosen, events.picked, inputs.status, inputs.status, **AT_ONCE)
    starts = [(inputs.compare.click, events.compare), (inputs.sweep.button.click, events.sweep)]
    if inputs.pairs:
        picked = inputs.pairs.html.select(inputs.pairs.pick, outputs=inputs.pairs.outputs, **AT_ONCE)
        starts.append((picked.then, events.compare))
    for start, run in starts:
        going = start(run, everything, shown, js=SHOW_TILES, concurrency_limit=None, **RAW, **PRIVATE)
        going.then(**estimate)  # as the controls stand then, for the run has taught the engine's costs
    beside = Beside(events)
    offers = [tile.select for tile in results.tiles.values()]
    taken = gr.on(offers, beside.offer, results.key, shown, concurrency_limit=None, **PRIVATE)
    taken.then(**estimate)
    wanted: set[Block] = {results.key, *inputs.controls}
    added = results.more.select(beside.add, wanted, shown, concurrency_limit=None, **RAW, **PRIVATE)
    added.then(**estimate)
    inputs.stop.click(events.stop, outputs=inputs.stop, **AT_ONCE)
    page.unload(events.on_unload)
    inputs.png.upload(events.restore, inputs.png, events.earlier.outputs, **RAW, **AT_ONCE)
    packed = results.download.click(events.archive, outputs=results.archive, **AT_ONCE)
    packed.success(None, js=FETCH, api_visibility="private")


def connect_space(results: ResultsPanel, space: StyleSpace, inputs: InputPanel) -> None:
    """Let the tab of styles place the painting, take one of ours, and paint between styles."""
    panel, photo, painting = space.panel, inputs.content.image, inputs.style.image
    shown = [panel.plane, panel.line]
    results.space_tab.select(space.opened, painting, shown, concurrency_limit=None, **RAW, **PRIVATE)
    picked = [painting, inputs.style.line, panel.plane]
    panel.plane.select(space.pick, outputs=picked, **NEWEST)
    sources = [photo, painting, *panel.corners]
    for button, paint, corners in ((panel.strip, space.strip, 2), (panel.square, space.square, 4)):
        button.click(paint, sources[: 2 + corners], panel.outputs, concurrency_limit=None, **RAW, **PRIVATE)
    panel.stop.click(space.stop, outputs=panel.stop, **AT_ONCE)


def publish(endpoint: Endpoint) -> None:
    """What programs may call."""
    api(endpoint.compare, api_name="compare", concurrency_limit=None)
    api(endpoint.methods, api_name="methods", queue=False)
    api(endpoint.report, api_name="report", queue=False)
