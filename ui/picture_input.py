"""The two picture inputs, each with a line beneath that gives its size or says what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
from gradio.components import Component
from PIL import Image

from compare.pictures import look, small
from core.images import PictureError, picture_size
from core.sentence import Sentence
from engine.base import Engine
from ui.files import DiskError, FileCache, path_of
from ui.html import error_html, status_html
from ui.language import ENGLISH, Language, label, language_of
from ui.request import checked_path


class PictureInput:
    """Constructing one draws it. `name` is the key of its text, `role` names the picture in messages; the
    engine decodes what is chosen.

    Attributes:
        image: the input; line: what stands beneath it.
    """

    def __init__(self, name: str, role: Sentence, engine: Engine) -> None:
        self.name, self.role, self.engine = name, role, engine
        self.image = gr.Image(
            label=label(name),
            type="filepath",
            image_mode=None,
            sources=["upload", "webcam"],  # the page itself takes what is pasted
            webcam_options=gr.WebcamOptions(mirror=False),  # what is painted is what others see
            placeholder=label("input.drop"),
            buttons=[],
            height=208,
            elem_classes="picture-input",
        )
        self.line = gr.HTML(status_html(""), apply_default_css=False)

    def problem(self, payload: Any, say: Language = ENGLISH) -> str:
        """What is wrong with the chosen file by its header, as the line beneath; empty where nothing is."""
        try:
            picture_size(path_of(payload), self.role)
        except PictureError as error:
            return error_html(say.sentence(error))
        return ""

    def shape(self, payload: Any) -> tuple[int, int] | None:
        """The chosen file's width and height without decoding it; None where there is none or it is unfit."""
        try:
            path = path_of(payload)
            if not path:
                return None
            with Image.open(path) as image:
                return image.size
        except (OSError, ValueError, Image.DecompressionBombError):
            return None

    def check(self, payload: Any, request: gr.Request | None = None) -> dict[Component, Any]:
        """What input and line show after a picture was chosen or cleared: where browsers do not show the file
        as it is decoded here, a copy."""
        if payload is None:
            return {self.line: status_html("")}
        return self.seen(payload, language_of(request))

    def seen(self, payload: Any, say: Language) -> dict[Component, Any]:
        """The same for a picture, in a language."""
        try:
            path = checked_path(payload, self.role)
            with TemporaryDirectory() as folder:
                copy = Path(folder) / f"{Path(path).stem}.png"
                seen = self.engine.do(partial(look, path, self.role, copy))
                line: dict[Component, Any] = {
                    self.line: size_line((seen.width, seen.height), seen.notes, say)
                }
                return {self.image: str(FileCache(self.image).take(copy)), **line} if seen.copied else line
        except (PictureError, DiskError) as error:
            return {self.image: None, self.line: error_html(say.sentence(error))}
        except OSError as error:
            return {self.image: None, self.line: error_html(say.sentence(DiskError.of(error)))}

    def again(self, path: str, say: Language = ENGLISH) -> dict[Component, Any]:
        """What they show for a file that was chosen before."""
        payload = {"path": path, "meta": {"_type": "gradio.FileData"}}
        return {self.image: path, **self.seen(payload, say)}

    def example(self, path: Path, say: Language = ENGLISH) -> dict[Component, Any]:
        """What they show for a picture of ours, by its header."""
        return {self.image: str(path), self.line: size_line(picture_size(path, self.role), (), say)}

    def reduced(self, side: int, payload: Any) -> Any:
        """The chosen picture for another component, at a long side of so many px; nothing while it is unfit,
        which the line says."""
        try:
            path = checked_path(payload, self.role)
            return Image.fromarray(self.engine.do(partial(small, path, self.role, side)))
        except PictureError:
            return gr.skip()


def size_line(size: tuple[int, int], notes: Sequence[str] = (), say: Language = ENGLISH) -> str:
    """The line that gives a picture's width and height, and what there is to know of its file."""
    parts = (f"{size[0]:,} × {size[1]:,} px", *notes)
    return status_html(say("input.size", parts=parts))
