"""The page's left column: the two pictures, what is to be done with them, and the buttons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.limits import PAGE_SIDE, SWEEP_SIDES
from compare.schema import Plan
from core.images import PAINTING, PHOTO, working_size
from engine.base import Engine
from methods import ticked_at_first
from methods.base import Method
from methods.settings import MethodSettings
from ui.examples import Example, Strip, pairs
from ui.html import status_html
from ui.language import label
from ui.picture_input import PictureInput
from ui.request import read_settings
from ui.settings_panel import SettingsPanel, SharedPanel
from ui.texts import FAIR_REPEATS

# px; a page begins with the first at which its methods take at most FIRST_SECONDS, all together, of a photo
# that is 3:2, as predicted for this machine; with what else there is to do that is about four from the click
FIRST_SIDES = (768, 512, 384, 256)
FIRST_SECONDS = 2.2
SIDE_BEFORE = 512  # px, until this is known
OFFERED = f"(offered, size) => (offered && size === {SIDE_BEFORE} ? offered : size)"
FIRST_SWEEP = (256, 512, 1024)


class SweepPanel:
    """The resolution sweep's sizes, what it will take, and its button. Constructing it draws it."""

    def __init__(self) -> None:
        with gr.Accordion(label("sweep.panel"), open=False, elem_classes="panel"):
            self.sizes = gr.CheckboxGroup(
                [(f"{size:,}", size) for size in SWEEP_SIDES],
                value=list(FIRST_SWEEP),
                label=label("sweep.sizes"),
                info=label("sweep.sizes.about"),
            )
            self.estimate = gr.HTML(status_html(""), apply_default_css=False)
            self.button = gr.Button(label("sweep.run"), elem_id="sweep")


class InputPanel:
    """Constructing one draws it.

    Attributes:
        content, style: the two pictures; strips: the examples beneath them; pairs: a strip of both, which
            runs at once, None where there is none.
        size, chosen, timing: the size slider, the choice of methods, and how often each runs again.
        estimate: the line of what a comparison will take; status: the one of how it goes.
        compare, stop: the buttons.
        panels: by method name; shared: what sets them all.
        first_size: what is offered as the size when a page is opened: by then the machine's speed is known.
        offered: takes that number; OFFERED then sets the size to it, unless the visitor has set another.
        sweep: the resolution sweep; png: the field onto which a PNG is dropped.
    """

    def __init__(self, engine: Engine, photos: Sequence[Example], plates: Sequence[Example]) -> None:
        self.methods: Mapping[str, Method] = engine.methods
        self.first_size = partial(first_size, engine)
        with gr.Column(elem_id="input-panel"):
            self.draw_pictures(engine, photos, plates)
            with gr.Column(elem_id="bar"):
                self.status = gr.HTML(status_html(""), elem_id="status", apply_default_css=False)
                with gr.Row(elem_id="actions"):
                    self.compare = gr.Button(
                        label("compare"), variant="primary", elem_id="compare", min_width=120
                    )
                    self.stop = gr.Button(label("stop"), interactive=False, elem_id="stop", min_width=80)
            with gr.Column(elem_id="choices"):
                self.estimate = gr.HTML(status_html(""), elem_id="estimate", apply_default_css=False)
                self.draw_choices(engine)
                self.shared = SharedPanel()
                self.panels = {
                    name: SettingsPanel(each, self.size, engine) for name, each in self.methods.items()
                }
                self.sweep = SweepPanel()
                self.png = gr.File(
                    label=label("restore.drop"),
                    file_types=[".png", ".zip"],
                    height=150,
                    elem_id="restore",
                )

    def draw_pictures(self, engine: Engine, photos: Sequence[Example], plates: Sequence[Example]) -> None:
        """The inputs, and the examples beneath them."""
        self.strips: list[Strip] = []
        self.pairs: Strip | None = None
        inputs = []
        with gr.Row(elem_id="inputs"):
            for name, role, heading, examples in (
                ("photo", PHOTO, "examples.photos", photos),
                ("painting", PAINTING, "examples.paintings", plates),
            ):
                with gr.Column(min_width=150):
                    source = PictureInput(name, role, engine)
                    outputs = [source.image, source.line]
                    inputs.append(source)
                    if examples:
                        self.strips.append(
                            Strip([(each,) for each in examples], heading, source.example, outputs)
                        )
        self.content, self.style = inputs
        together = pairs(photos, plates)
        if together:
            self.pairs = Strip(
                together,
                "examples.pairs",
                lambda photo, plate, say: {
                    **self.content.example(photo, say),
                    **self.style.example(plate, say),
                },
                [each for source in inputs for each in (source.image, source.line)],
            )

    def draw_choices(self, engine: Engine) -> None:
        """How large, which methods, and how often."""
        methods = self.methods.values()
        self.size = gr.Slider(
            *PAGE_SIDE,
            SIDE_BEFORE,
            step=32,
            label=label("size"),
            elem_id="size",
            info=label("size.about"),
        )
        self.offered = gr.Number(visible="hidden", elem_id="offered")
        self.chosen = gr.CheckboxGroup(
            [(method.title, method.name) for method in methods],
            value=first_methods(engine),
            label=label("methods"),
            visible=len(methods) > 1,
        )
        self.timing = gr.Radio(
            [
                (label("timing.quick"), 0),
                (label("timing.fair", repeats=FAIR_REPEATS), FAIR_REPEATS),
            ],
            value=0,
            label=label("timing"),
        )

    @property
    def controls(self) -> list[Component]:
        """Of all methods' settings."""
        return [control for panel in self.panels.values() for control in panel.controls.values()]

    def settings(self, values: Mapping[Component, Any]) -> dict[str, MethodSettings]:
        """The chosen methods' settings by name; ValueError where one is out of range."""
        chosen = values[self.chosen] or ()
        return {
            name: read_settings(self.methods[name], panel.values(values))
            for name, panel in self.panels.items()
            if name in chosen
        }

    def optimising(self) -> dict[str, MethodSettings]:
        """The usual settings of those methods that optimise a picture within seconds, by name."""
        names = ticked_at_first(self.methods.values())
        return {name: self.methods[name].Settings.make() for name in names if self.methods[name].iterative}

    def buttons(self, running: bool) -> dict[Component, Any]:
        """The buttons while a run is going on, or is not."""
        start = gr.Button(interactive=not running)
        return {
            self.compare: start,
            self.sweep.button: start,
            self.stop: gr.Button(label("stop"), interactive=running),
        }


def first_methods(engine: Engine) -> list[str]:
    """The names of those that are ticked at first: on a CPU none that optimises a picture, which takes longer
    than all others together."""
    gpu, methods = engine.machine().gpu, engine.methods
    return [name for name in ticked_at_first(methods.values()) if gpu or not methods[name].iterative]


def first_size(engine: Engine) -> int:
    """The size in px that the page begins with."""
    settings = {name: engine.methods[name].Settings.make() for name in first_methods(engine)}
    for side in FIRST_SIDES:
        pixels = math.prod(working_size(3, 2, side))
        seconds = sum(engine.costs.predict(name, each, pixels) for name, each in settings.items())
        if seconds <= FIRST_SECONDS:
            break
    return side


def usual_plan(engine: Engine, photo: Example, plate: Example) -> Plan:
    """A comparison of these as the page offers it at first."""
    settings = {name: engine.methods[name].Settings.make() for name in first_methods(engine)}
    return Plan(str(photo.path), str(plate.path), settings, first_size(engine), 0, plate.name, 0.0)
