"""A method's controls, made from the fields of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr
from gradio.components import Component

from methods.base import Method
from methods.settings import MethodSettings, Setting
from ui.files import FileCache
from ui.mask import MaskPainter
from ui.picture_input import PictureInput, path_of

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
        entries = sorted(self.Settings.fields(), key=lambda setting: setting.name != "preset")
        self.controls: dict[str, Component] = {}
        self.painters: list[MaskPainter] = []
        with gr.Accordion(f"{method.title}: settings", open=False, elem_classes="panel"):
            for setting in entries:
                if not setting.expert:
                    self.draw(setting, getattr(defaults, setting.name))
            if any(setting.expert for setting in entries):
                with gr.Accordion("For experts", open=False):
                    for setting in entries:
                        if setting.expert:
                            self.draw(setting, getattr(defaults, setting.name))

    def draw(self, setting: Setting, value: Any) -> None:
        """The field's control, with a canvas where it is a mask."""
        self.controls[setting.name] = control(setting, value)
        if setting.file == "mask":
            self.painters.append(MaskPainter(self.controls[setting.name]))

    def connect(self, page: gr.Blocks, content: PictureInput, size: Component, files: FileCache) -> None:
        """Let the choice of a preset fill in all other controls and the size, and a reload new choices."""
        for painter in self.painters:
            painter.connect(content, files)
        dynamic = [self.controls[setting.name] for setting in self.Settings.fields() if setting.dynamic]
        if dynamic:
            page.load(
                self.new_choices,
                outputs=dynamic,
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

    def new_choices(self) -> dict[Component, Component]:
        """The controls whose choices may have become more, with the choices of now."""
        return {
            self.controls[setting.name]: gr.Dropdown(list(setting.choices))
            for setting in self.Settings.fields()
            if setting.dynamic
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
    entries = {setting.name: setting for setting in kind.fields()}
    try:
        if not isinstance(values, Mapping):
            raise ValueError(f'its settings are {values!r}; name each, as in {{"seed": 1}}, or give {{}}.')
        unknown = [name for name in values if name not in entries]
        if unknown:
            raise ValueError(f"there is no setting {unknown[0]!r}; there are {', '.join(entries)}.")
        return kind.make(**{name: typed(entries[name], value) for name, value in values.items()})
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{title}: {error}") from error


def typed(setting: Setting, value: Any) -> Any:
    """A value from JSON in the field's own type where that loses nothing, else as it is."""
    if setting.file:  # never a path as text, which could name any file of the server
        return path_of(value or None) or ""
    if setting.kind is tuple:
        return tuple(value or ()) if value is None or isinstance(value, (list, tuple)) else value
    if setting.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def shown(value: Any) -> Any:
    """A settings value as its control holds it."""
    return list(value) if isinstance(value, tuple) else value


def control(setting: Setting, value: Any) -> Component:
    """The control that fits the field. Ranges are checked by the settings themselves, in their own words."""
    common: dict[str, Any] = {"label": label(setting), "info": setting.help, "interactive": True}
    if setting.kind is bool:
        return gr.Checkbox(value, **common)
    if setting.file:
        types = ["image"] if setting.file == "mask" else [setting.file]
        return gr.File(label=f"{label(setting)}: {setting.help}", file_types=types, height=150)
    if setting.kind is str and not setting.choices:
        return gr.Textbox(value, **common)
    if setting.choices:
        return gr.Dropdown(
            list(setting.choices), value=shown(value), multiselect=setting.kind is tuple, **common
        )
    if setting.step is None or (setting.high - setting.low) / setting.step > MOST_SLIDER_POSITIONS:
        return gr.Number(value, precision=0 if setting.kind is int else None, **common)
    return gr.Slider(setting.low, setting.high, value, step=setting.step, **common)


def label(setting: Setting) -> str:
    """A field's name in words."""
    words = setting.name.replace("tv_", "total_variation_").replace("_", " ")
    return words[0].upper() + words[1:]
