"""The controls of settings, made from their fields: a panel for each method, and one that sets them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import gradio as gr
from gradio.components import Component

from core.sentence import Sentence
from engine.base import Engine
from methods.base import Method
from methods.blend import BlendSettings
from methods.settings import Setting, named
from ui.language import Language, label, standing, texts
from ui.mask import MaskPainter

MOST_SLIDER_POSITIONS = 10_000  # beyond this a slider cannot be set to one value


class SettingsPanel:
    """One method's collapsible panel. Constructing it draws it. A preset may also set the page's `size`;
    the engine decodes masks.

    Attributes:
        controls: by field name, a preset's first, else in the order of the fields.
        dynamic: those whose choices may become more.
        painters: canvases of the masks among them.
    """

    def __init__(self, method: Method, size: Component, engine: Engine) -> None:
        self.Settings, self.size, self.engine = method.Settings, size, engine
        self.controls: dict[str, Component] = {}
        self.painters: list[MaskPainter] = []
        # The preset comes first, for it sets all others; the sort leaves these in their order.
        entries = sorted(self.Settings.fields(), key=lambda setting: setting.name != "preset")
        self.dynamic = [setting.name for setting in entries if setting.dynamic]
        with gr.Accordion(label("settings.of", title=method.title), open=False, elem_classes="panel"):
            self.draw(setting for setting in entries if not setting.expert)
            if any(setting.expert for setting in entries):
                with gr.Accordion(label("settings.expert"), open=False):
                    self.draw(setting for setting in entries if setting.expert)

    def draw(self, entries: Iterable[Setting]) -> None:
        """The fields' controls, each with a canvas where it is a mask."""
        defaults = self.Settings.make().as_dict()
        for setting in entries:
            self.controls[setting.name] = control(setting, defaults[setting.name])
            if setting.file == "mask":
                self.painters.append(MaskPainter(self.controls[setting.name], self.engine))

    def new_choices(self) -> dict[Component, Component]:
        """The dynamic controls with the choices of now."""
        return {
            self.controls[setting.name]: gr.Dropdown(choices(setting))
            for setting in self.Settings.fields()
            if setting.dynamic
        }

    def preset_values(self, preset: str) -> dict[Component, Any]:
        """The values of all controls but the preset's own, and of the size where the preset asks for one."""
        settings = self.Settings.make(preset=preset)
        values = settings.as_dict()
        shown = {each: values[name] for name, each in self.controls.items() if name != "preset"}
        return {**shown, self.size: settings.size} if settings.size else shown

    def values(self, values: Mapping[Component, Any]) -> dict[str, Any]:
        """This panel's values by field name, of the page's."""
        return {name: values[each] for name, each in self.controls.items()}


class SharedPanel:
    """The controls that set a setting in every method that has it. Constructing it draws it.

    The methods' own panels follow, and may then be set apart.
    """

    def __init__(self) -> None:
        defaults = BlendSettings.make().as_dict()
        with gr.Accordion(label("settings.shared"), open=False, elem_classes="panel"):
            self.controls = {
                setting.name: control(setting, defaults[setting.name]) for setting in BlendSettings.fields()
            }

    def targets(self, name: str, panels: Iterable[SettingsPanel]) -> list[Component]:
        """The controls that the shared one called `name` sets."""
        return [
            panel.controls[setting.name]
            for panel in panels
            for setting in panel.Settings.fields()
            if (setting.alias or setting.name) == name
        ]


def control(setting: Setting, value: Any) -> Component:
    """The control that fits the field. Ranges are checked by the settings themselves, in their own words."""
    common: dict[str, Any] = {
        "label": standing(partial(name_of, setting)),
        "info": standing(partial(help_of, setting)),
        "interactive": True,
    }
    if setting.kind is bool:
        return gr.Checkbox(value, **common)
    if setting.file:
        types = ["image"] if setting.file == "mask" else [setting.file]
        return gr.File(label=standing(partial(name_and_help, setting)), file_types=types, height=150)
    if setting.kind is str and not setting.choices:
        return gr.Textbox(value, **common)
    if setting.choices:
        return gr.Dropdown(choices(setting), value=value, multiselect=setting.kind is tuple, **common)
    if setting.step is None or (setting.high - setting.low) / setting.step > MOST_SLIDER_POSITIONS:
        return gr.Number(value, precision=0 if setting.kind is int else None, **common)
    return gr.Slider(setting.low, setting.high, value, step=setting.step, **common)


def choices(setting: Setting) -> list[tuple[str, str]]:
    """What can be chosen, each with its words, which are its own name where there are no others."""
    keys = {each: f"choice.{setting.name}.{each.replace(' ', '_')}" for each in setting.choices}
    return [(label(key) if key in texts("en") else each, each) for each, key in keys.items()]


def name_of(setting: Setting, say: Language) -> str:
    """A field's name in words; that of a method we do not know as it calls it."""
    words = setting.name[0].upper() + setting.name[1:].replace("_", " ")
    return say.sentence(Sentence(named(setting.name, setting.alias).key, words))


def help_of(setting: Setting, say: Language) -> str:
    """A field's help: in English it stands at the field."""
    return say.sentence(Sentence(setting.key, setting.help))


def name_and_help(setting: Setting, say: Language) -> str:
    """Both, for controls that have one line."""
    return f"{name_of(setting, say)}: {help_of(setting, say)}"
