"""What happens on Compare and on Stop.

Compare first checks everything outside the queue, so that a mistake is told at once; the ticket that comes
out of a good check starts the run in the device's queue.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.comparison import Comparison, explain
from core.images import Picture, PictureError
from core.plates import PlateIndex
from ui.estimate import forecast
from ui.files import FileCache, address
from ui.grid import Grid, progress_of, watch
from ui.input_panel import InputPanel
from ui.picture_input import PictureInput, path_of, said, size_of, wrong
from ui.report import archive
from ui.restore import restored
from ui.settings_panel import chosen_settings, shown
from ui.store import SIZES, Run, Runs, checked_repeats, checked_size
from ui.sweep import Point, checked_sizes, point, section

SHOW_WALL = """() => {
  const wall = document.getElementById('wall');
  if (wall.getBoundingClientRect().top > innerHeight / 2) wall.scrollIntoView({behavior: 'smooth'});
}"""  # where the tiles lie below the inputs, as on a phone

AT_ONCE: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
FETCH = "() => document.querySelector('#parcel a').click()"

log = logging.getLogger(__name__)


class Handlers:
    """The events of one page.

    Args:
        names: recognises the plates.
    """

    def __init__(self, comparison: Comparison, desk: InputPanel, files: FileCache, names: PlateIndex) -> None:
        self.comparison, self.desk, self.files, self.names = comparison, desk, files, names
        self.runs = Runs()
        self.titles = {name: method.title for name, method in comparison.methods.items()}
        self.parts = len(self.titles) + 2  # of the wall: a tile for each method, the summary, the sweep

    def connect(self, page: gr.Blocks, wall: Sequence[gr.HTML], take: gr.Button, parcel: gr.HTML) -> None:
        """Attach the handlers to the page's components."""
        desk = self.desk
        controls = [control for panel in desk.panels.values() for control in panel.controls.values()]
        shared = [desk.content.image, desk.size, desk.chosen, desk.timing, desk.sweep.sizes]
        foretell: dict[str, Any] = {
            "fn": self.foretell,
            "inputs": {desk.style.image, *shared, *controls},
            "outputs": [desk.forecast, desk.sweep.forecast],
            "preprocess": False,
            "trigger_mode": "always_last",
            **AT_ONCE,
        }
        self.connect_runs(page, wall, foretell)
        gr.on([page.load, *(each.change for each in (*shared, *controls))], **foretell)  # type: ignore[attr-defined]
        take.click(self.parcel, outputs=parcel, **AT_ONCE).success(None, js=FETCH, api_visibility="private")
        desk.png.upload(
            self.restore,
            inputs=desk.png,
            outputs=[desk.status, desk.size, *controls],
            preprocess=False,
            **AT_ONCE,
        )

    def connect_runs(self, page: gr.Blocks, wall: Sequence[gr.HTML], foretell: Mapping[str, Any]) -> None:
        """Attach what starts and ends a run, after which `foretell` knows better what the next will take."""
        desk, status = self.desk, self.desk.status
        # Not gr.State, whose change events are lost when the handler that set it ran outside the queue.
        ticket, abandoned = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
        buttons = [desk.compare, desk.sweep.button, desk.stop]
        for button, prepare in ((desk.compare, self.prepare), (desk.sweep.button, self.prepare_sweep)):
            button.click(
                prepare,
                inputs=foretell["inputs"],
                outputs=[desk.content.told, desk.style.told, status, ticket, *buttons, *wall],
                preprocess=False,  # for ranges to be checked by the settings, and files by our decoder
                **AT_ONCE,
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
        going.then(self.rest, outputs=[status, *buttons], **AT_ONCE).then(**foretell)
        desk.stop.click(self.stop, outputs=[desk.stop, abandoned, *wall], **AT_ONCE)
        abandoned.change(self.abandon, outputs=[status, *buttons], cancels=going, **AT_ONCE)
        page.unload(self.leave)

    def prepare(self, values: dict[Component, Any], request: gr.Request) -> list[Any]:
        """Both lines beneath the inputs, the status line, the ticket, the buttons, the wall."""
        return self.admit(values, (), request)

    def prepare_sweep(self, values: dict[Component, Any], request: gr.Request) -> list[Any]:
        """As `prepare`, for a run at all sizes of the sweep."""
        return self.admit(values, values[self.desk.sweep.sizes], request)

    def admit(self, values: Mapping[Component, Any], sizes: Any, request: gr.Request) -> list[Any]:
        """What `prepare` returns; `sizes` are those of a sweep, and () asks for none."""
        content, content_told = self.read(self.desk.content, values[self.desk.content.image])
        style, style_told = self.read(self.desk.style, values[self.desk.style.image])
        unchanged = [gr.skip()] * self.parts
        refused = [gr.skip(), *buttons(running=False), *unchanged]
        if content is None or style is None:
            return [content_told, style_told, said(""), *refused]
        try:
            run = self.run_of(content, style, values)
            if sizes != ():
                sizes = checked_sizes(sizes)
                run = replace(run, size=sizes[0], sizes=sizes)
            wall = Grid(run, self.titles, self.files)
        except ValueError as error:
            return [content_told, style_told, wrong(str(error)), *refused]
        if not self.runs.ask(session_of(request), run):
            return [gr.skip()] * (7 + self.parts)
        return [
            content_told,
            style_told,
            said("Waiting for the device"),
            uuid.uuid4().hex,
            *buttons(running=True),
            *wall.all("waiting"),
            section({}, {}) if run.sizes else gr.skip(),
        ]

    def foretell(self, values: dict[Component, Any]) -> tuple[str, str]:
        """What a comparison and a sweep will take, as the controls stand; nothing while they are wrong."""
        shape = self.desk.content.shape(values[self.desk.content.image])
        try:
            settings = chosen_settings(values[self.desk.chosen], self.desk.panels, values)
            size, runs = checked_size(values[self.desk.size]), 1 + checked_repeats(values[self.desk.timing])
        except ValueError:
            return said(""), said("")
        once = forecast(self.comparison, settings, shape, (size,), runs)
        try:
            sizes = checked_sizes(values[self.desk.sweep.sizes])
        except ValueError:  # none is ticked, which concerns the sweep alone
            return once, said("")
        return once, forecast(self.comparison, settings, shape, sizes, runs)

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
        settings = chosen_settings(values.get(self.desk.chosen), self.desk.panels, values)
        if not settings:
            raise ValueError("No method was chosen: tick at least one.")
        return Run(
            content[1],
            style[1],
            settings,
            checked_size(values[self.desk.size]),
            self.names.of(style[0]),
            checked_repeats(values[self.desk.timing]),
        )

    def run(self, request: gr.Request) -> Iterator[list[Any]]:
        """The status line and the tiles, as the session's waiting run goes on."""
        with self.runs.going(session_of(request)) as run:
            if run is None:
                return
            points: dict[str, tuple[Point, ...]] = {}
            try:
                for size in run.sizes or (run.size,):
                    at = replace(run, size=size)
                    wall = Grid(at, self.titles, self.files)
                    for tiles in watch(self.comparison, at):
                        self.runs.keep(session_of(request), at, tiles, points)
                        yield [said(progress_of(tiles, at)), *wall.draw(tiles), gr.skip()]
                    if run.sizes:
                        points = {
                            name: (*points.get(name, ()), point(size, tile)) for name, tile in tiles.items()
                        }
                        self.runs.keep(session_of(request), at, tiles, points)
                        yield [*[gr.skip()] * self.parts, section(points, self.titles)]
                    if run.stop.asked():
                        break
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
        stopped = Grid(waiting, self.titles, self.files).all("stopped")
        return [stopping, uuid.uuid4().hex, *stopped, gr.skip()]

    def abandon(self) -> list[Any]:
        """The status line and the buttons after a run left the queue."""
        return [said("Stopped before it began."), *buttons(running=False)]

    def rest(self, request: gr.Request) -> list[Any]:
        """The status line and the buttons after a run, however it ended."""
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
        path = self.files.save_bytes(archive(*last), "stylegrid.zip")
        return f'<a href="{address(path)}" download="stylegrid.zip">stylegrid.zip</a>'

    def restore(self, payload: Any) -> list[Any]:
        """The status line, the size and all panels' controls, from a PNG that carries settings."""
        controls = [(name, setting) for name, panel in self.desk.panels.items() for setting in panel.controls]
        try:
            found = restored(path_of(payload) or "", self.desk.panels)
        except ValueError as error:
            return [wrong(str(error)), *[gr.skip()] * (1 + len(controls))]
        size = min(max(found.size, SIZES[0]), SIZES[1])
        told = f"The settings of {self.titles[found.method]} are restored."
        if size != found.size:
            told += f" The size is {size:,} px, the nearest here to the picture's {found.size:,} px."
        if found.lost:
            told += f" Add {', '.join(found.lost)} again: the PNG holds no files."
        values = [
            shown(getattr(found.settings, setting))
            if name == found.method and setting not in found.files
            else gr.skip()
            for name, setting in controls
        ]
        return [said(told), size, *values]


def buttons(running: bool) -> tuple[gr.Button, gr.Button, gr.Button]:
    """Compare, the sweep's and Stop."""
    start = gr.Button(interactive=not running)
    return start, start, gr.Button("Stop", interactive=running)


def session_of(request: gr.Request) -> str:
    """The key of the browser's session."""
    return request.session_hash or ""
