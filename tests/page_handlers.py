"""The page's handlers without a browser, and what it hands them."""

from pathlib import Path
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from compare.comparison import Comparison
from core.plates import PlateIndex
from methods.base import Method
from ui.events import Handlers
from ui.files import FileCache
from ui.input_panel import InputPanel
from ui.sweep import FIRST_SIZES


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.effect_noise((width, height), 90).convert(mode)


def uploaded(path: Path) -> dict[str, Any]:
    """What Gradio hands over for an uploaded file."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


def handlers_of(*methods: Method) -> Handlers:
    comparison = Comparison(methods, "cpu")
    with gr.Blocks():
        return Handlers(comparison, InputPanel(comparison, (), ()), FileCache(gr.HTML()), PlateIndex({}))


def values_of(handlers: Handlers, content: Any, style: Any, **changes: Any) -> dict[Component, Any]:
    """The page's inputs as they stand at first, with some settings of the first method changed."""
    values = {handlers.desk.content.image: content, handlers.desk.style.image: style, handlers.desk.size: 64}
    values[handlers.desk.timing], values[handlers.desk.sweep.sizes] = 0, list(FIRST_SIZES)
    values[handlers.desk.chosen] = list(handlers.desk.panels)
    for panel in handlers.desk.panels.values():
        values |= {control: control.value for control in panel.controls.values()}
    first = next(iter(handlers.desk.panels.values()))
    return values | {first.controls[name]: value for name, value in changes.items()}


def session(name: str) -> gr.Request:
    return gr.Request(session_hash=name)


class Prepared:
    """What Handlers.prepare gave, by name."""

    def __init__(self, outputs: list[Any]) -> None:
        self.content, self.style, self.status, self.ticket, self.compare, _, self.stop, *wall = outputs
        *self.tiles, self.summary, self.sweep = wall

    @property
    def accepted(self) -> bool:
        return isinstance(self.ticket, str) and not self.compare.interactive and self.stop.interactive


def started(handlers: Handlers, photo: Path, painting: Path, name: str = "a", **changes: Any) -> Prepared:
    told = Prepared(
        handlers.prepare(values_of(handlers, uploaded(photo), uploaded(painting), **changes), session(name))
    )
    assert told.accepted
    return told
