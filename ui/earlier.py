"""The strip of a visitor's earlier comparisons: a click brings one back, its pictures and settings too."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from compare.limits import page_size
from compare.results import photo
from compare.schema import Request
from core.images import to_image
from core.sheet import contact_sheet
from engine.base import Engine
from ui.files import FileCache, data_address
from ui.grid import Grid
from ui.history import SECONDS, Entry, History, Kept
from ui.html import status_html
from ui.input_panel import InputPanel
from ui.language import ENGLISH, Language, language_of
from ui.offers import more_html
from ui.results_panel import ResultsPanel
from ui.store import Finished, Store
from ui.summary import summary
from ui.sweep import section
from ui.uploads import uploads

Outputs = dict[Component, Any]
THUMBNAIL_SIDE = 56  # px


class Earlier:
    """The strip's events.

    Args:
        history: where comparisons are kept; store: what the download takes.
    """

    def __init__(
        self,
        history: History,
        store: Store,
        files: FileCache,
        engine: Engine,
        inputs: InputPanel,
        results: ResultsPanel,
    ) -> None:
        self.history, self.store, self.files = history, store, files
        self.methods, self.predict = engine.methods, engine.costs.predict
        self.inputs, self.results = inputs, results

    def begin(self, key: Any, request: gr.Request | None = None) -> Outputs:
        """The browser's key, made where it has none, and its strip."""
        key = key if isinstance(key, str) and key else secrets.token_urlsafe(24)
        return {self.results.key: key, **self.strip(key, language_of(request))}

    def strip(self, key: Any, say: Language) -> Outputs:
        """The strip as it is now."""
        return {self.results.earlier: strip_html(self.history.newest(str(key or "")), say)}

    def keep(self, key: Any, finished: Finished, say: Language = ENGLISH) -> None:
        """Keep a comparison that has come to a picture."""
        if not key or not any(tile.ended and tile.image is not None for tile in finished.tiles.values()):
            return
        request = finished.request
        pair = contact_sheet([[request.content, request.style]], THUMBNAIL_SIDE)
        methods = [tile.title for tile in finished.tiles.values()]
        words = methods[0] if len(methods) == 1 else say("earlier.methods", count=len(methods))
        sizes = sorted({each.side for each in (request, *(finished.own or {}).values())})
        title = f"{' + '.join(f'{each:,}' for each in sizes)} px, {words}"
        entry = Entry(title, data_address(pair, quality=75))
        self.history.add(str(key), entry, Kept(finished, finished.photo, finished.painting))
        uploads().need((finished.photo, finished.painting), SECONDS)

    def back(self, key: Any, number: int, page: str, say: Language = ENGLISH) -> Outputs:
        """A kept comparison in the tiles, and what it was made from in the inputs; it is then the page's
        newest, for the download."""
        kept, status = self.history.get(str(key or ""), number), self.inputs.status
        if kept is None:
            return {status: status_html(say("earlier.gone")), **self.strip(key, say)}
        return {**self.show(kept, page, say), status: status_html(say("earlier.back"))}

    def show(self, kept: Kept, page: str, say: Language = ENGLISH) -> Outputs:
        """A comparison in the tiles, and what it was made from in the inputs."""
        inputs, results, request = self.inputs, self.results, kept.finished.request
        photo_path = self.there(kept.photo, photo(request))
        painting_path = self.there(kept.painting, to_image(request.style))
        finished = replace(kept.finished, photo=photo_path, painting=painting_path)
        self.store.save(page, finished, page)
        drawn, tiles = dict.fromkeys(self.methods, ""), finished.tiles
        grid = Grid(request, self.methods, self.files, self.predict, say)
        for name in drawn.keys() & tiles.keys():
            own = finished.request_of(name)
            at = grid if own is request else Grid(own, self.methods, self.files, self.predict, say)
            drawn[name] = at.draw(tiles[name])
        titles = {name: method.title for name, method in self.methods.items()}
        return {
            **{results.tiles[name]: html for name, html in drawn.items()},
            results.pair: grid.pair(),
            results.more: more_html(finished, self.methods, self.predict, say),
            results.summary: summary(finished.tiles, say),
            results.sweep: section(finished.points, titles, say),
            **inputs.content.again(photo_path, say),
            **inputs.style.again(painting_path, say),
            **self.choices(request),
        }

    def there(self, path: str, shown: Image.Image) -> str:
        """The path of the file that was compared, or where that is gone of what the methods saw of it."""
        return path if Path(path).is_file() else str(self.files.save(shown, "picture.png", {}))

    def choices(self, request: Request) -> Outputs:
        """Size, methods, timing and settings; files that were settings are not kept."""
        inputs = self.inputs
        values: Outputs = {
            inputs.size: page_size(request.side),
            inputs.chosen: list(request.settings),
            inputs.timing: request.repeats,
        }
        for name, settings in request.settings.items():
            of_files = {setting.name for setting in settings.fields() if setting.file}
            known = {key: value for key, value in settings.as_dict().items() if key not in of_files}
            values |= {inputs.panels[name].controls[key]: value for key, value in known.items()}
        return values

    @property
    def outputs(self) -> list[Component]:
        """All that `back` may change."""
        inputs, results = self.inputs, self.results
        sources = [each for source in (inputs.content, inputs.style) for each in (source.image, source.line)]
        choices = [inputs.size, inputs.chosen, inputs.timing, *inputs.controls]
        return [*results.grid, results.earlier, *sources, *choices, inputs.status]


def strip_html(entries: Mapping[int, Entry], say: Language = ENGLISH) -> str:
    """A button for each, the newest first; nothing where there is none."""
    buttons = "".join(
        f'<button type="button" data-index="{number}" title="{escape(each.title)}" '
        f'tabindex="{-1 if place else 0}"><img src="{each.thumbnail}" alt="">'
        f'<span class="name">{escape(each.title)}</span></button>'
        for place, (number, each) in enumerate(entries.items())
    )
    if not buttons:
        return ""
    return (
        f'<p class="status" aria-hidden="true">{say("earlier.heading")}</p>'
        f'<div class="strip past" role="toolbar" aria-label="{say("earlier.label")}">{buttons}</div>'
    )


def number_of(event: gr.SelectData) -> int:
    """Which one was clicked. The number comes from the browser: a wrong one is no longer kept."""
    return int(event.index)
