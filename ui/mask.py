"""Painting a mask on the content photo, for settings that take a mask picture."""

from __future__ import annotations

from functools import partial
from typing import Any

import gradio as gr
from fastapi import HTTPException
from gradio.components import Component
from gradio.components.base import server
from gradio.components.image_editor import EditorData, EditorDataBlobs
from gradio.data_classes import DataWithFiles, FileData
from gradio.utils import LRUCache
from PIL import Image

from compare.checks import checked_picture
from compare.limits import current
from compare.pictures import strokes
from core.images import PictureError
from core.sentence import Sentence
from engine.base import Engine
from methods.settings import named
from ui.files import FileCache
from ui.language import label, language_of

SIDE = 640  # px of the picture that is painted on; masks are smoothed to the features' size anyway
MOST_LAYERS = 4  # the canvas has one
MOST_PAINTED = 8  # canvases whose pictures have come and were not used yet
MASK = named("mask")  # for messages


class Layers:
    """What browsers send of a canvas, in the place of the editor's own keeping, which decodes each picture,
    keeps all that nobody uses, and makes room for a layer of any number.

    Gradio writes a file for each class that is made of one of its components: so it is put into the editor.
    """

    def __init__(self, editor: gr.ImageEditor) -> None:
        self.keep = editor.accept_blobs
        self.sent: LRUCache[str, EditorDataBlobs] = LRUCache(MOST_PAINTED)
        editor.blob_storage = self.sent
        vars(editor).update(accept_blobs=self.accept_blobs, preprocess=self.preprocess)

    @server  # type: ignore[untyped-decorator]
    def accept_blobs(self, data: DataWithFiles) -> None:
        """Keep a picture; HTTPException where it is unfit by its header, or a layer too many."""
        index = str(data.data["index"] or 0)
        if index != "null" and not (index.isdecimal() and int(index) < MOST_LAYERS):
            raise HTTPException(413, f"At most {MOST_LAYERS} layers are allowed.")
        try:
            for _, picture in data.files:
                checked_picture(current(), picture, MASK)
        except PictureError as error:
            raise HTTPException(422, str(error)) from error
        self.keep(data)

    def preprocess(self, payload: EditorData | None) -> list[str | bytes]:
        """The layers, as paths or files' bytes, not looked at."""
        if payload is None:
            return []
        sent: Any = payload if payload.id is None else self.sent.pop(payload.id, None)
        layers = [each.path if isinstance(each, FileData) else each for each in (sent.layers if sent else ())]
        return [layer for layer in layers if layer is not None]


class MaskPainter:
    """A canvas with the photo beneath. Constructing it draws it. `mask` takes what was painted, as a file;
    the engine decodes it."""

    def __init__(self, mask: Component, engine: Engine) -> None:
        self.mask, self.engine = mask, engine
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
            self.layers = Layers(self.canvas)
            self.use = gr.Button(label("mask.use"), size="sm")

    def painted(self, layers: list[str | bytes], request: gr.Request | None = None) -> str:
        """What was painted, as the path of a mask picture."""
        say = language_of(request)
        try:
            if len(layers) > MOST_LAYERS:
                text = "At most {most} painted layers are allowed."
                raise PictureError(Sentence("mask_layers", text, {"most": MOST_LAYERS}))
            for layer in layers:
                checked_picture(current(), layer, MASK)
            mask = self.engine.do(partial(strokes, tuple(layers), MASK))
        except PictureError as error:
            raise gr.Error(say.sentence(error), print_exception=False) from error
        if mask is None:
            raise gr.Error(say("mask.empty"), print_exception=False)
        return str(FileCache(self.mask).save(Image.fromarray(mask), "mask.png", {}))
