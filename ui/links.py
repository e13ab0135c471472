"""A link that brings back what is chosen: pictures of ours by their names, methods, sizes and settings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any
from urllib.parse import urlencode

import gradio as gr
from gradio.blocks import Block
from gradio.components import Component

from compare.checks import checked_repeats, checked_size
from compare.limits import PAGE_SIDE
from core.plates import PlateIndex
from methods.settings import MethodSettings
from ui.examples import Example
from ui.files import path_of
from ui.html import error_html, status_html
from ui.input_panel import InputPanel
from ui.language import language_of
from ui.request import read_settings

Outputs = dict[Component, Any]


class Links:
    """The link's events.

    Args:
        photos, paintings: ours, which a link can name; what people bring travels as a ZIP.
        shown: where the link stands.
    """

    def __init__(
        self, inputs: InputPanel, photos: Sequence[Example], paintings: Sequence[Example], shown: Component
    ) -> None:
        self.inputs, self.shown = inputs, shown
        self.examples = {
            name: {each.name: each for each in examples}
            for name, examples in (("photo", photos), ("painting", paintings))
        }
        self.indices = {
            name: PlateIndex({each.name: each.path for each in examples.values()})
            for name, examples in self.examples.items()
        }
        self.sources = {"photo": inputs.content, "painting": inputs.style}

    def link(self, values: dict[Component, Any], request: gr.Request | None = None) -> Outputs:
        """The link to what the page's inputs hold, and a sentence about what it leaves out."""
        inputs, own, say = self.inputs, list[str](), language_of(request)
        query: dict[str, str] = {}
        try:
            for name, source in self.sources.items():
                path = path_of(values[source.image])
                known = self.indices[name].of(path) if path else None
                if known:
                    query[name] = known
                elif path:
                    own.append(say(f"link.{name}"))
            settings = inputs.settings(values)
            query |= {
                "methods": ",".join(settings),
                "size": str(checked_size(values[inputs.size], PAGE_SIDE)),
                "timing": str(checked_repeats(values[inputs.timing])),
            }
        except (ValueError, OSError) as error:
            return dict.fromkeys([self.shown, inputs.status], error_html(say.sentence(error)))
        for name, each in settings.items():
            query |= {f"{name}.{key}": json.dumps(value) for key, value in changed(each).items()}
        address = "?" + urlencode(query)
        words = say("link.copied") + (" " + say("link.own", pictures=tuple(own)) if own else "")
        line = status_html(words)
        return {
            self.shown: f'<a href="{escape(address)}">{say("link.this")}</a>{line}',
            inputs.status: line,
        }

    def open(self, request: gr.Request) -> Outputs:
        """What a link asks for in the inputs, or the first size to offer; nothing runs by itself."""
        inputs, query, say = self.inputs, dict(request.query_params), language_of(request)
        if "methods" not in query:
            return {inputs.offered: inputs.first_size()}
        shown, missing = Outputs(), list[str]()
        try:
            for name, source in self.sources.items():
                example = self.examples[name].get(query.get(name, ""))
                shown |= source.example(example.path, say) if example else {}
                missing += [] if example else [say(f"link.{name}")]
            shown[inputs.size] = checked_size(int(query.get("size", "")), PAGE_SIDE)
            shown[inputs.timing] = checked_repeats(int(query.get("timing", "0")))
            names = [name for name in query["methods"].split(",") if name in inputs.methods]
            shown[inputs.chosen] = names
            for name in names:
                shown |= self.controls(name, query)
        except (ValueError, RecursionError):
            return {inputs.status: error_html(say("link.unknown"))}
        words = say("link.without", pictures=tuple(missing)) if missing else say("link.opened")
        return {**shown, inputs.status: status_html(words, warned=bool(missing))}

    def controls(self, name: str, query: Mapping[str, str]) -> Outputs:
        """A method's controls as a link has them. ValueError where it asks for what there is not."""
        prefix = f"{name}."
        asked = {
            key.removeprefix(prefix): json.loads(value)
            for key, value in query.items()
            if key.startswith(prefix)
        }
        settings = read_settings(self.inputs.methods[name], asked)
        files = {each.name for each in settings.fields() if each.file}
        controls = self.inputs.panels[name].controls
        return {controls[key]: value for key, value in settings.as_dict().items() if key not in files}

    @property
    def asked(self) -> set[Block]:
        """All that `link` reads."""
        inputs = self.inputs
        pictures = (source.image for source in self.sources.values())
        return {*pictures, inputs.size, inputs.chosen, inputs.timing, *inputs.controls}

    @property
    def outputs(self) -> list[Component]:
        """All that `open` may change."""
        inputs = self.inputs
        pictures = [each for source in self.sources.values() for each in (source.image, source.line)]
        chosen = [inputs.offered, inputs.size, inputs.chosen, inputs.timing]
        return [*pictures, *chosen, *inputs.controls, inputs.status]


def changed(settings: MethodSettings) -> dict[str, Any]:
    """The settings that are not as usual, but for files."""
    usual = type(settings).make().as_dict()
    files = {each.name for each in settings.fields() if each.file}
    return {
        name: value
        for name, value in settings.as_dict().items()
        if name not in files and value != usual[name]
    }
