"""The page's left column: the two pictures, what is to be done with them, and the buttons."""

from __future__ import annotations

from collections.abc import Sequence

import gradio as gr

from compare.comparison import Comparison
from core.device import modest
from ui.examples import Example, pairs, strip
from ui.files import FileCache
from ui.picture_input import PictureInput, said
from ui.settings_panel import Panel
from ui.shared import SharedControls
from ui.store import SIZES
from ui.sweep import SweepPanel

DEFAULT_SIZE, MODEST_SIZE = 512, 256
FAIR_REPEATS = 3


class InputPanel:
    """Constructing one draws it.

    Attributes:
        content, style: the two pictures.
        size, chosen, timing: the size slider, the choice of methods, and how often each runs again.
        forecast: the line that tells what a comparison will take; status: the one that tells how it goes.
        compare, stop: the buttons.
        panels: by method name; shared: what sets them all.
        sweep: the resolution sweep; png: the field onto which a PNG is dropped.
    """

    def __init__(self, comparison: Comparison, photos: Sequence[Example], plates: Sequence[Example]) -> None:
        with gr.Column(elem_id="desk"):
            self.draw_pictures(photos, plates)
            self.draw_choices(comparison)
            self.forecast = gr.HTML(said(""), elem_id="forecast", apply_default_css=False)
            with gr.Row(elem_id="actions"):
                self.compare = gr.Button("Compare", variant="primary", elem_id="compare", min_width=120)
                self.stop = gr.Button("Stop", interactive=False, elem_id="stop", min_width=80)
            self.status = gr.HTML(said(""), elem_id="status", apply_default_css=False)
            self.shared = SharedControls()
            self.panels = {name: Panel(method) for name, method in comparison.methods.items()}
            self.sweep = SweepPanel()
            self.png = gr.File(
                label="Drop a PNG from StyleGrid to restore its settings",
                file_types=[".png"],
                height=150,
                elem_id="restore",
            )

    def draw_pictures(self, photos: Sequence[Example], plates: Sequence[Example]) -> None:
        """The inputs, and the examples beneath them."""
        with gr.Row(elem_id="inputs"):
            with gr.Column(min_width=150):
                self.content = content = PictureInput("content photo")
                strip([(each,) for each in photos], "Example photos", content.example, content.shown)
            with gr.Column(min_width=150):
                self.style = style = PictureInput("style picture")
                strip([(each,) for each in plates], "Style plates", style.example, style.shown)
        strip(
            pairs(photos, plates),
            "Pairs to start with",
            lambda photo, plate: [*content.example(photo), *style.example(plate)],
            [*content.shown, *style.shown],
        )

    def draw_choices(self, comparison: Comparison) -> None:
        """How large, which methods, and how often."""
        methods = comparison.methods.values()
        self.size = gr.Slider(
            *SIZES,
            MODEST_SIZE if modest(comparison.device) else DEFAULT_SIZE,
            step=32,
            label="Size",
            info="Long side of the pictures in pixels; twice the size takes about four times as long",
        )
        self.chosen = gr.CheckboxGroup(
            [(method.title, method.name) for method in methods],
            value=[method.name for method in methods if not method.unavailable()],
            label="Methods",
            visible=len(methods) > 1,
        )
        self.timing = gr.Radio(
            [("Quick: one run each", 0), ("Fair: one to warm up, then three", FAIR_REPEATS)],
            value=0,
            label="Timing",
        )

    def connect(self, page: gr.Blocks, files: FileCache) -> None:
        """Let the controls fill in each other."""
        self.shared.connect(self.panels.values())
        for panel in self.panels.values():
            panel.connect(page, self.content, self.size, files)
