"""Painting a mask on the content photo, for settings that take a mask picture."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image, ImageChops

from ui.files import FileCache
from ui.language import label, language_of

SIDE = 640  # px of the picture that is painted on; masks are smoothed to the features' size anyway


class MaskPainter:
    """A canvas with the photo beneath. Constructing it draws it. `mask` takes what was painted, as a file."""

    def __init__(self, mask: Component) -> None:
        self.mask = mask
        with gr.Accordion(label("mask.paint"), open=False) as self.drawer:
            self.canvas = gr.ImageEditor(
                label=label("mask.brush"),
                type="pil",
                image_mode="RGBA",
                sources=(),
                transforms=(),
                layers=False,
                brush=gr.Brush(default_size=40, colors=["#ffffff"], color_mode="fixed"),
                buttons=[],
                height=360,
            )
            self.use = gr.Button(label("mask.use"), size="sm")

    def painted(self, painted: dict[str, Any] | None, request: gr.Request | None = None) -> str:
        """What was painted, as the path of a mask picture."""
        strokes = painted and strokes_of(painted)
        if not strokes:
            say = language_of(request)
            raise gr.Error(say("mask.empty"), print_exception=False)
        return str(FileCache(self.mask).save(strokes, "mask.png", {}))


def strokes_of(painted: dict[str, Any]) -> Image.Image | None:
    """White where something was painted, black elsewhere; None where nothing was."""
    opacities = [layer.getchannel("A") for layer in painted["layers"]]
    if not opacities:
        return None
    mask = opacities[0]
    for opacity in opacities[1:]:
        mask = ImageChops.lighter(mask, opacity)
    return mask.convert("RGB") if mask.getbbox() else None
