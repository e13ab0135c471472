"""Controls that set a setting in every method that has it."""

from __future__ import annotations

from collections.abc import Iterable

import gradio as gr
from gradio.components import Component

from methods.blend import BlendSettings
from ui.settings_panel import Panel, control

SAME = {"strength": ("strength", "alpha")}  # what other methods call it


class SharedControls:
    """Constructing one draws it. The methods' own panels follow, and may then be set apart."""

    def __init__(self) -> None:
        defaults = BlendSettings.make()
        with gr.Accordion("Settings of all methods", open=False, elem_classes="panel"):
            self.controls: dict[str, Component] = {
                setting.name: control(setting, getattr(defaults, setting.name))
                for setting in BlendSettings.fields()
            }

    def connect(self, panels: Iterable[Panel]) -> None:
        """Let each control set its like in the panels, in the browser alone."""
        own = [panel.controls for panel in panels]
        for name, source in self.controls.items():
            targets = [each[alias] for each in own for alias in SAME.get(name, (name,)) if alias in each]
            if targets:
                source.input(  # type: ignore[attr-defined]  # as every kind of control has
                    None,
                    inputs=source,
                    outputs=targets,
                    js=f"value => Array({len(targets)}).fill(value)",
                    api_visibility="private",
                )
