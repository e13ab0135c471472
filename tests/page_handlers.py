"""The page's events without a browser, and what they leave on the page."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from core.plates import PlateIndex
from engine.inline import InlineEngine
from engine.queue import Queue
from methods.base import Method
from ui.earlier import Earlier
from ui.events import Events
from ui.files import FileCache
from ui.history import History
from ui.input_panel import FIRST_SWEEP, InputPanel
from ui.language import I18N
from ui.results_panel import ResultsPanel
from ui.store import Store


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.effect_noise((width, height), 90).convert(mode)


def uploaded(path: Path) -> dict[str, Any]:
    """What Gradio hands over for an uploaded file."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def english(text: str) -> str:
    """A component's text as an English browser shows it."""
    return re.sub(r"__i18n__({.*?})", lambda mark: I18N.translations["en"][json.loads(mark[1])["key"]], text)


def session(name: str) -> gr.Request:
    """A request of a page whose visitor and session have the same name."""
    return gr.Request(visitor=name, session_hash=name)


def events_of(*methods: Method, folder: Path | None = None) -> Events:
    engine = InlineEngine(methods, "cpu")
    with gr.Blocks():
        inputs, results = InputPanel(engine, (), ()), ResultsPanel(engine.methods)
        files = FileCache(results.archive)
        store = Store()
        earlier = Earlier(History(folder), store, files, engine, inputs, results)
        return Events(Queue(engine), store, files, PlateIndex({}), inputs, results, earlier)


def values_of(events: Events, content: Any, style: Any, **changes: Any) -> dict[Component, Any]:
    """The page's inputs as they stand at first, with some settings of the first method changed."""
    inputs = events.inputs
    values = {inputs.content.image: content, inputs.style.image: style, inputs.size: 64}
    values |= {inputs.timing: 0, inputs.sweep.sizes: list(FIRST_SWEEP), inputs.chosen: list(inputs.panels)}
    values |= {control: control.value for control in inputs.controls}
    first = next(iter(inputs.panels.values()))
    return values | {first.controls[name]: value for name, value in changes.items()}


class Shown:
    """What the page shows, after each of the outputs that are handed to it."""

    def __init__(self, events: Events) -> None:
        self.events, self.values = events, dict[Component, Any]()

    def after(self, outputs: Iterator[dict[Component, Any]]) -> Iterator["Shown"]:
        for changes in outputs:
            self.values |= changes
            yield self

    def tile(self, method: str) -> str:
        return str(self.values.get(self.events.results.tiles[method], ""))

    @property
    def lines(self) -> tuple[str, str]:
        """Beneath the photo and beneath the painting."""
        inputs = self.events.inputs
        return self.values[inputs.content.line], self.values[inputs.style.line]

    @property
    def status(self) -> str:
        return str(self.values.get(self.events.inputs.status, ""))

    @property
    def summary(self) -> str:
        return str(self.values.get(self.events.results.summary, ""))

    @property
    def sweep(self) -> str:
        return str(self.values.get(self.events.results.sweep, ""))

    @property
    def began(self) -> bool:
        return self.events.inputs.stop in self.values

    @property
    def running(self) -> bool:
        """By its buttons."""
        inputs = self.events.inputs
        start, stop = (self.values[each].interactive for each in (inputs.compare, inputs.stop))
        assert start is not stop
        return bool(stop)


def clicked(events: Events, values: dict[Component, Any], name: str = "a") -> Iterator[Shown]:
    """The page of a session while the run goes on that a click on Compare starts."""
    return Shown(events).after(events.compare(values, session(name)))


def started(events: Events, photo: Path, painting: Path, name: str = "a", **changes: Any) -> Iterator[Shown]:
    return clicked(events, values_of(events, uploaded(photo), uploaded(painting), **changes), name)
