"""The page's right column: what was compared, a tile for each method, the summary, and the download."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import gradio as gr
from gradio.components import Component

from methods.base import Method
from ui.cite import cite_html
from ui.examples import ON_CLICK, Example
from ui.first_sight import FirstSight, first_sight
from ui.history import BROWSER_STATE
from ui.how_panel import HowPanel
from ui.language import label, standing
from ui.pair import no_pair
from ui.pinned import pinned_html
from ui.space_panel import CORNERS, StyleSpacePanel
from ui.summary import summary
from ui.sweep import section
from ui.texts import measure

ON_OFFER = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('.offer');
  const tile = button?.closest('.tile');
  // A tile that declined was the last, and stays there.
  if (tile?.classList.contains('tile-declined')) tile.closest('#grid > *').style.order = 1;
  if (tile) trigger('select', {index: Number(button.dataset.index), value: tile.dataset.method});
});
"""

ON_INSPECT = "document.addEventListener('inspect', (event) => trigger('select', event.detail));"


ON_MORE = """
element.addEventListener('click', (event) => {
  const button = event.target.closest('.more button');
  if (button) trigger('select', {index: 0, value: button.dataset.method});
});
"""


class ResultsPanel:
    """Constructing one draws it, as it is before the first run: with a comparison that was computed earlier.

    Attributes:
        pair: the photo and the painting; tiles: by method name; more: the methods that were left out;
            summary, sweep: what stands beneath them.
        earlier: the strip of earlier comparisons; key: what the browser that made them is known by.
        how, space: the other tabs, how_tab and space_tab; the second only with CIN, which paints there.
        copy: the button that gives a link; link: where that stands.
        download: the button; archive: a hidden link to the file that it downloads.
        inspected: what is seen inside a picture, which a dialog of the browser shows; first: the comparison
            that the page opens with, None where there is none.
    """

    def __init__(self, methods: Mapping[str, Method], styles: Sequence[Example] = ()) -> None:
        first = self.first = first_sight(methods)
        with gr.Column(elem_id="results"):
            self.key = gr.BrowserState("", **BROWSER_STATE)
            with gr.Tabs():
                with gr.Tab(label("tab.comparison"), elem_id="comparison-tab"):
                    self.draw(methods, first)
                with gr.Tab(label("tab.how"), elem_id="how-tab") as self.how_tab:
                    self.how = HowPanel(methods, first.tiles if first else {})
                self.space: StyleSpacePanel | None = None
                if "cin" in methods and len(styles) >= CORNERS:
                    with gr.Tab(label("tab.space"), elem_id="space-tab") as self.space_tab:
                        self.space = StyleSpacePanel(styles)

    def draw(self, methods: Mapping[str, Method], first: FirstSight | None) -> None:
        """What was compared, from the two pictures to the download."""
        known = first.tiles if first else {}
        with gr.Row(elem_id="head"):
            self.pair = html(standing(first.head if first else no_pair))
            self.earlier = gr.HTML("", elem_id="earlier", js_on_load=ON_CLICK, apply_default_css=False)
        html(standing(pinned_html), "pinned")
        with gr.Column(elem_id="grid"):
            self.tiles = {
                name: gr.HTML(
                    standing(partial(first.tile, name)) if first and name in known else "",
                    js_on_load=ON_OFFER,
                    apply_default_css=False,
                )
                for name in methods
            }
        self.more = gr.HTML("", elem_id="more", js_on_load=ON_MORE, apply_default_css=False)
        self.summary = html(standing(lambda say: summary(known, say)))
        self.sweep = html(section({}, {}))
        self.download = gr.Button(label("results.download"), size="md", elem_id="download")
        self.archive = gr.HTML("", visible="hidden", elem_id="archive", apply_default_css=False)
        self.copy = gr.Button(label("link"), size="md", elem_id="copy-link")
        self.link = html("", "link")
        self.inspected = gr.HTML("", elem_id="inspected", js_on_load=ON_INSPECT, apply_default_css=False)
        html(standing(measure))
        html(standing(partial(cite_html, tuple(methods.values()))))

    @property
    def grid(self) -> list[Component]:
        """All that a run fills in."""
        return [self.pair, *self.tiles.values(), self.more, self.summary, self.sweep]


def html(text: str, name: str | None = None) -> gr.HTML:
    """A piece of the page that is styled by our own style sheet alone; `name` is its id there."""
    return gr.HTML(text, elem_id=name, apply_default_css=False)
