"""The page's right column: a tile for each method, the summary, the sweep, and the download."""

from __future__ import annotations

from collections.abc import Mapping

import gradio as gr
from gradio.components import Component

from methods.base import Method
from ui.summary import summary
from ui.sweep import section
from ui.texts import measure
from ui.tile import empty_tile


class ResultsPanel:
    """Constructing one draws it, as it is before the first run.

    Attributes:
        tiles: by method name; summary, sweep: what stands beneath them.
        download: the button; archive: a hidden link to the file that it downloads.
    """

    def __init__(self, methods: Mapping[str, Method]) -> None:
        with gr.Column(elem_id="results"):
            with gr.Column(elem_id="grid"):
                self.tiles = {
                    name: html(empty_tile(name, method.title, method.unavailable()))
                    for name, method in methods.items()
                }
            self.summary, self.sweep = html(summary({})), html(section({}, {}))
            self.download = gr.Button("Download everything (ZIP)", size="sm", elem_id="download")
            self.archive = gr.HTML("", visible="hidden", elem_id="archive", apply_default_css=False)
            html(measure())

    @property
    def grid(self) -> list[Component]:
        """All that a run fills in."""
        return [*self.tiles.values(), self.summary, self.sweep]


def html(text: str) -> gr.HTML:
    """A piece of the page that is styled by our own style sheet alone."""
    return gr.HTML(text, apply_default_css=False)
