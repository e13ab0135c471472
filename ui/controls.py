"""A method's controls, made from the fields of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from methods.base import Method
from methods.settings import Knob, MethodSettings
from ui.inputs import PictureInput, path_of
from ui.mask import MaskPainter
from ui.pictures import Shelf

MOST_SLIDER_POSITIONS = 10_000  # beyond this a slider cannot be set to one value


class Panel:
    """One method's collapsible panel. Constructing it draws it.

    Attributes:
        controls: by field name, in the order of the fields.
    """

    def __init__(self, method: Method) -> None:
        self.title = method.title
        self.Settings = method.Settings
        defaults = self.Settings.make()
        # The preset comes first, for it sets all others; the sort leaves these in their order.
        knobs = sorted(self.Settings.knobs(), key=lambda knob: knob.name != "preset")
        self.controls: dict[str, Component] = {}
        self.painters: list[MaskPainter] = []
        with gr.Accordion(f"{method.title}: settings", open=False, elem_classes="panel"):
            for knob in knobs:
                if not knob.expert:
                    self.draw(knob, getattr(defaults, knob.name))
            if any(knob.expert for knob in knobs):
                with gr.Accordion("For experts", open=False):
                    for knob in knobs:
                        if knob.expert:
                            self.draw(knob, getattr(defaults, knob.name))

    def draw(self, knob: Knob, value: Any) -> None:
        """The field's control, with a canvas where it is a mask."""
        self.controls[knob.name] = control(knob, value)
        if knob.file == "mask":
            self.painters.append(MaskPainter(self.controls[knob.name]))

    def connect(self, page: gr.Blocks, content: PictureInput, size: Component, shelf: Shelf) -> None:
        """Let the choice of a preset fill in all other controls and the size, and a reload new choices."""
        for painter in self.painters:
            painter.connect(content, shelf)
        growing = [self.controls[knob.name] for knob in self.Settings.knobs() if knob.growing]
        if growing:
            page.load(
                self.grown,
                outputs=growing,
                queue=False,
                show_progress="hidden",
                api_visibility="private",
            )
        if not self.Settings.presets:
            return
        preset = self.controls["preset"]
        others = [each for name, each in self.controls.items() if name != "preset"]
        preset.input(  # type: ignore[attr-defined]  # Dropdown's, as every Literal's control is
            self.preset_values,
            inputs=preset,
            outputs=[*others, size],
            queue=False,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )

    def grown(self) -> dict[Component, Component]:
        """The controls whose choices may have become more, with the choices of now."""
        return {
            self.controls[knob.name]: gr.Dropdown(list(knob.choices))
            for knob in self.Settings.knobs()
            if knob.growing
        }

    def preset_values(self, preset: str) -> list[Any]:
        """The values of all controls but the preset's own, then the size."""
        settings = self.Settings.make(preset=preset)
        values = [shown(getattr(settings, name)) for name in self.controls if name != "preset"]
        return [*values, settings.size or gr.skip()]

    def settings(self, values: Mapping[Component, Any]) -> MethodSettings:
        """The settings as the controls stand; ValueError names the method, the field and its range."""
        return settings_of(
            self.title, self.Settings, {name: values[each] for name, each in self.controls.items()}
        )


def chosen_settings(
    chosen: Sequence[str] | None, panels: Mapping[str, Panel], values: Mapping[Component, Any]
) -> dict[str, MethodSettings]:
    """The chosen methods' settings by name, as the controls stand; ValueError where one is out of range."""
    return {name: panel.settings(values) for name, panel in panels.items() if name in (chosen or ())}


def settings_of(title: str, kind: type[MethodSettings], values: Mapping[str, Any]) -> MethodSettings:
    """Settings from values as JSON brings them; ValueError begins with the method's title."""
    knobs = {knob.name: knob for knob in kind.knobs()}
    try:
        if not isinstance(values, Mapping):
            raise ValueError(f'its settings are {values!r}; name each, as in {{"seed": 1}}, or give {{}}.')
        unknown = [name for name in values if name not in knobs]
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}; there are {', '.join(knobs)}.")
        return kind.make(**{name: typed(knobs[name], value) for name, value in values.items()})
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{title}: {error}") from error


def typed(knob: Knob, value: Any) -> Any:
    """A value from JSON in the field's own type where that loses nothing, else as it is."""
    if knob.file:  # never a path as text, which could name any file of the server
        return path_of(value or None) or ""
    if knob.kind is tuple:
        return tuple(value or ()) if value is None or isinstance(value, (list, tuple)) else value
    if knob.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def shown(value: Any) -> Any:
    """A settings value as its control holds it."""
    return list(value) if isinstance(value, tuple) else value


def control(knob: Knob, value: Any) -> Component:
    """The control that fits the field. Ranges are checked by the settings themselves, in their own words."""
    common: dict[str, Any] = {"label": label(knob), "info": knob.help, "interactive": True}
    if knob.kind is bool:
        return gr.Checkbox(value, **common)
    if knob.file:
        types = ["image"] if knob.file == "mask" else [knob.file]
        return gr.File(label=f"{label(knob)}: {knob.help}", file_types=types, height=150)
    if knob.kind is str and not knob.choices:
        return gr.Textbox(value, **common)
    if knob.choices:
        return gr.Dropdown(list(knob.choices), value=shown(value), multiselect=knob.kind is tuple, **common)
    if knob.step is None or (knob.high - knob.low) / knob.step > MOST_SLIDER_POSITIONS:
        return gr.Number(value, precision=0 if knob.kind is int else None, **common)
    return gr.Slider(knob.low, knob.high, value, step=knob.step, **common)


def label(knob: Knob) -> str:
    """A field's name in words."""
    words = knob.name.replace("tv_", "total_variation_").replace("_", " ")
    return words[0].upper() + words[1:]
