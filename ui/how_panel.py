"""The tab "How it works": why two pictures of the comparison at hand differ, and a screen for each method."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from compare.schema import Tile
from methods.base import Method
from ui.distance_charts import seconds_and_style
from ui.explained import how_it_works
from ui.language import Language, label, language_of, standing
from ui.store import Store
from ui.visitors import page_of
from ui.why import Decide, measured, why_html


class HowPanel:
    """Constructing one draws it. `tiles` are those that the page opens with."""

    def __init__(self, methods: Mapping[str, Method], tiles: Mapping[str, Tile]) -> None:
        self.tiles = tiles
        with gr.Column(elem_id="how"):
            gr.HTML(standing(title), apply_default_css=False)
            with gr.Row(elem_id="why-choice"):
                self.first = gr.Dropdown(label=label("why.first"), min_width=150)
                self.second = gr.Dropdown(label=label("why.second"), min_width=150)
            self.why = gr.HTML(apply_default_css=False)
            gr.HTML(standing(partial(how_it_works, tuple(methods.values()))), apply_default_css=False)

    @property
    def chosen(self) -> list[Component]:
        """The choices of two methods."""
        return [self.first, self.second]


def title(say: Language) -> str:
    """What the sentences about two pictures answer."""
    return f'<h2 class="why-title">{say("why.title")}</h2>'


class Explained:
    """The tab's events; `store` has the comparison at hand, `decide` what is left to this machine."""

    def __init__(self, panel: HowPanel, store: Store, decide: Decide) -> None:
        self.panel, self.store, self.decide = panel, store, decide

    def refresh(self, first: Any, second: Any, request: gr.Request) -> dict[Component, Any]:
        """The methods of the comparison at hand, as the tab is opened: the quickest and the nearest to the
        painting, unless two of them are chosen already."""
        panel, tiles = self.panel, measured(self.at_hand(request))
        choices = [(tile.title, name) for name, tile in tiles.items()]
        if not {first, second} <= {*tiles} and tiles:
            first = min(tiles, key=lambda name: seconds_and_style(tiles[name])[0])
            rest = [name for name in tiles if name != first] or [first]
            second = min(rest, key=lambda name: seconds_and_style(tiles[name])[1])
        return {
            panel.first: gr.Dropdown(choices, value=first),
            panel.second: gr.Dropdown(choices, value=second),
            panel.why: why_html(tiles, first, second, language_of(request), self.decide),
        }

    def explain(self, first: Any, second: Any, request: gr.Request) -> str:
        """Why the two that are chosen differ."""
        return why_html(self.at_hand(request), first, second, language_of(request), self.decide)

    def at_hand(self, request: gr.Request) -> Mapping[str, Tile]:
        """The tiles of the page's newest comparison, or those that it opened with."""
        latest = self.store.latest(page_of(request))
        return latest.tiles if latest else self.panel.tiles
