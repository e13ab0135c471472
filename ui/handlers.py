"""What happens on Compare and on Stop.

Compare first checks everything outside the queue, so that a mistake is told at once; the ticket that comes
out of a good check starts the run in the device's queue.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from core.images import Picture, PictureError
from core.plates import Names
from methods.compare import REPEATS, Comparison, Tile, explain
from ui.controls import Panel, shown
from ui.inputs import PictureInput, path_of, said, size_of, wrong
from ui.pictures import Shelf, address
from ui.report import archive
from ui.restore import restored
from ui.runs import Run, Runs
from ui.wall import Wall, watch

SIZES = (64, 1024)
SHOW_WALL = """() => {
  const wall = document.getElementById('wall');
  if (wall.getBoundingClientRect().top > innerHeight / 2) wall.scrollIntoView({behavior: 'smooth'});
}"""  # where the tiles lie below the inputs, as on a phone

FETCH = "() => document.querySelector('#parcel a').click()"

log = logging.getLogger(__name__)


class Handlers:
    """The events of one page. The components are those that app.build draws.

    Args:
        size, chosen, timing: the size slider, the choice of methods, and how often each runs again.
        panels: by method name.
        names: recognises the plates.
    """

    def __init__(
        self,
        comparison: Comparison,
        content: PictureInput,
        style: PictureInput,
        size: Component,
        chosen: Component,
        timing: Component,
        panels: Mapping[str, Panel],
        shelf: Shelf,
        names: Names,
    ) -> None:
        self.comparison, self.content, self.style = comparison, content, style
        self.size, self.chosen, self.timing, self.panels = size, chosen, timing, panels
        self.shelf, self.names = shelf, names
        self.runs = Runs()
        self.titles = {name: method.title for name, method in comparison.methods.items()}
        self.parts = len(self.titles) + 1  # of the wall: a tile for each method, and the summary

    def connect(
        self,
        page: gr.Blocks,
        compare: gr.Button,
        stop: gr.Button,
        status: gr.HTML,
        wall: Sequence[gr.HTML],
        take: gr.Button,
        parcel: gr.HTML,
        png: gr.File,
    ) -> None:
        """Attach the handlers to the page's components."""
        # Not gr.State, whose change events are lost when the handler that set it ran outside the queue.
        ticket, abandoned = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
        at_once: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        inputs: set[Block] = {self.content.image, self.style.image, self.size, self.chosen, self.timing}
        for panel in self.panels.values():
            inputs |= set(panel.controls.values())
        compare.click(
            self.prepare,
            inputs=inputs,
            outputs=[self.content.told, self.style.told, status, ticket, compare, stop, *wall],
            preprocess=False,  # for ranges to be checked by the settings, and files by our decoder
            **at_once,
        )
        going = ticket.change(
            self.run,
            outputs=[status, *wall],
            show_progress="minimal",
            show_progress_on=status,
            concurrency_id="device",
            concurrency_limit=1,
            trigger_mode="multiple",
            api_visibility="private",
        )
        ticket.change(None, js=SHOW_WALL, api_visibility="private")
        going.then(self.rest, outputs=[status, compare, stop], **at_once)
        take.click(self.parcel, outputs=parcel, **at_once).success(None, js=FETCH, api_visibility="private")
        controls = [control for panel in self.panels.values() for control in panel.controls.values()]
        png.upload(
            self.restore, inputs=png, outputs=[status, self.size, *controls], preprocess=False, **at_once
        )
        stop.click(self.stop, outputs=[stop, abandoned, *wall], **at_once)
        abandoned.change(self.abandon, outputs=[status, compare, stop], cancels=going, **at_once)
        page.unload(self.leave)

    def prepare(self, values: dict[Component, Any], request: gr.Request) -> list[Any]:
        """Both lines beneath the inputs, the status line, the ticket, both buttons, the tiles."""
        content, content_told = self.read(self.content, values[self.content.image])
        style, style_told = self.read(self.style, values[self.style.image])
        unchanged = [gr.skip()] * self.parts
        refused = [gr.skip(), *buttons(running=False), *unchanged]
        if content is None or style is None:
            return [content_told, style_told, said(""), *refused]
        try:
            run = self.run_of(content, style, values)
            wall = Wall(run, self.titles, self.shelf)
        except ValueError as error:
            return [content_told, style_told, wrong(str(error)), *refused]
        if not self.runs.ask(session_of(request), run):
            return [gr.skip()] * (6 + self.parts)
        return [
            content_told,
            style_told,
            said("Waiting for the device"),
            uuid.uuid4().hex,
            *buttons(running=True),
            *wall.all("waiting"),
        ]

    def read(self, source: PictureInput, payload: Any) -> tuple[tuple[str, Picture] | None, str]:
        """The chosen file and its picture, or None, and the line beneath the input."""
        try:
            path, picture = source.read(payload)
        except PictureError as error:
            return None, wrong(str(error))
        return (path, picture), size_of(picture)

    def run_of(
        self, content: tuple[str, Picture], style: tuple[str, Picture], values: Mapping[Component, Any]
    ) -> Run:
        """The run as the controls stand; ValueError where one is out of range."""
        chosen = values.get(self.chosen) or []
        settings = {name: panel.settings(values) for name, panel in self.panels.items() if name in chosen}
        if not settings:
            raise ValueError("No method was chosen: tick at least one.")
        return Run(
            content[1],
            style[1],
            settings,
            checked_size(values[self.size]),
            self.names.of(style[0]),
            checked_repeats(values[self.timing]),
        )

    def run(self, request: gr.Request) -> Iterator[list[Any]]:
        """The status line and the tiles, as the session's waiting run goes on."""
        with self.runs.going(session_of(request)) as run:
            if run is None:
                return
            wall = Wall(run, self.titles, self.shelf)
            try:
                for tiles in watch(self.comparison, run):
                    self.runs.keep(session_of(request), run, tiles)
                    yield [said(progress_of(tiles)), *wall.draw(tiles)]
            except Exception as error:
                log.exception("The comparison failed")
                yield [wrong(explain(error, "The comparison")), *[gr.skip()] * self.parts]
            finally:
                run.stop.set()

    def stop(self, request: gr.Request) -> list[Any]:
        """End the session's run. The Stop button, and where the run was still in the queue, a new value for
        `abandoned` and the tiles."""
        waiting = self.runs.stop(session_of(request))
        stopping = gr.Button("Stopping", interactive=False)
        if waiting is None:
            return [stopping, gr.skip(), *[gr.skip()] * self.parts]
        return [stopping, uuid.uuid4().hex, *Wall(waiting, self.titles, self.shelf).all("stopped")]

    def abandon(self) -> list[Any]:
        """The status line and both buttons after a run left the queue."""
        return [said("Stopped before it began."), *buttons(running=False)]

    def rest(self, request: gr.Request) -> list[Any]:
        """The status line and both buttons after a run, however it ended."""
        refused = self.runs.stop(session_of(request)) is not None  # the queue was full
        told = wrong("Too many runs are waiting; please try again later.") if refused else gr.skip()
        return [told, *buttons(running=False)]

    def leave(self, request: gr.Request) -> None:
        """The browser's tab was closed."""
        self.runs.stop(session_of(request))
        self.runs.forget(session_of(request))

    def parcel(self, request: gr.Request) -> str:
        """A link to the ZIP of the session's newest run."""
        last = self.runs.last(session_of(request))
        if last is None:
            raise gr.Error("There is nothing to download yet: press Compare first.", print_exception=False)
        path = self.shelf.put_bytes(archive(*last), "stylegrid.zip")
        return f'<a href="{address(path)}" download="stylegrid.zip">stylegrid.zip</a>'

    def restore(self, payload: Any) -> list[Any]:
        """The status line, the size and all panels' controls, from a PNG that carries settings."""
        controls = [(name, knob) for name, panel in self.panels.items() for knob in panel.controls]
        try:
            found = restored(path_of(payload) or "", self.panels)
            size = checked_size(found.size)
        except ValueError as error:
            return [wrong(str(error)), *[gr.skip()] * (1 + len(controls))]
        lost = f" Add {', '.join(found.lost)} again: the PNG holds no files." if found.lost else ""
        told = said(f"The settings of {self.titles[found.method]} are restored.{lost}")
        values = [
            shown(getattr(found.settings, knob))
            if name == found.method and knob not in found.files
            else gr.skip()
            for name, knob in controls
        ]
        return [told, size, *values]


def buttons(running: bool) -> tuple[gr.Button, gr.Button]:
    """Compare and Stop."""
    return gr.Button(interactive=not running), gr.Button("Stop", interactive=running)


def checked_size(size: Any) -> int:
    """The working size; ValueError where it is out of range."""
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not SIZES[0] <= size <= SIZES[1]:
        raise ValueError(f"size is {size!r}; it must be from {SIZES[0]} to {SIZES[1]} pixels.")
    return int(size)


def checked_repeats(repeats: Any) -> int:
    """How often each method runs again; ValueError where it is out of range."""
    if isinstance(repeats, bool) or not isinstance(repeats, int) or not 0 <= repeats <= REPEATS:
        raise ValueError(f"repeats is {repeats!r}; it must be a whole number from 0 to {REPEATS}.")
    return repeats


def session_of(request: gr.Request) -> str:
    """The key of the browser's session."""
    return request.session_hash or ""


def progress_of(tiles: Mapping[str, Tile]) -> str:
    """Where a run stands, in a sentence; it changes only when a method's state does."""
    states = [tile.state for tile in tiles.values()]
    active = [tile for tile in tiles.values() if tile.state in ("loading", "running", "timing")]
    if active:
        place = list(tiles).index(active[0].method) + 1
        return f"{active[0].title}, {place} of {len(tiles)}: {active[0].state}"
    if "waiting" in states:
        return f"{states.count('done')} of {len(states)} done"
    return summary(states)


def summary(states: Sequence[str]) -> str:
    """How an ended run went."""
    if "stopped" in states:
        return f"Stopped; {states.count('done')} of {len(states)} finished."
    if "failed" in states:
        return f"{states.count('done')} of {len(states)} finished; {states.count('failed')} failed."
    return "Finished."
