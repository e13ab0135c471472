"""The two picture inputs, each with a line beneath that tells its size or what is wrong with it."""

from __future__ import annotations

from html import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
from gradio.data_classes import FileData
from PIL import Image

from core.images import Picture, PictureError, open_picture, save_png

MAX_UPLOAD = "200mb"  # JPEGs of 100 megapixels, the most that core.images takes, stay far below


class PictureInput:
    """Constructing one draws it. `role` names the picture in messages ("content photo")."""

    def __init__(self, role: str) -> None:
        self.role = role
        self.image = gr.Image(
            label=role.capitalize(),
            type="filepath",
            image_mode=None,
            sources=["upload", "clipboard", "webcam"],
            placeholder="Drop, paste or click",
            buttons=[],
            height=208,
            elem_classes="picture-input",
        )
        self.told = gr.HTML(said(""), apply_default_css=False)
        self.shown = [self.image, self.told]
        # Without Gradio's preprocessing, which answers a broken file in words of its own.
        self.image.input(
            self.check,
            inputs=self.image,
            outputs=self.shown,
            preprocess=False,
            queue=False,
            trigger_mode="always_last",
            show_progress="hidden",
            api_visibility="private",
        )

    def read(self, payload: Any) -> tuple[str, Picture]:
        """The chosen file's path and its picture; PictureError where there is none or it is unfit."""
        path = path_of(payload)
        return path or "", open_picture(path, self.role)

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

    def check(self, payload: Any) -> tuple[Any, str]:
        """What the input and the line beneath it show after a picture was chosen or cleared."""
        if payload is None:
            return gr.skip(), said("")
        try:
            path, picture = self.read(payload)
        except PictureError as error:
            return None, wrong(str(error))
        return gr.skip() if browsers_show(path) else self.viewable(path, picture), size_of(picture)

    def example(self, path: str) -> list[Any]:
        """What the input and the line beneath it show for a picture of ours."""
        return [path, size_of(open_picture(path, self.role))]

    def viewable(self, path: str, picture: Picture) -> str:
        """A copy that every browser shows, as a PNG, which loses nothing."""
        image = picture.rgb.copy()
        if picture.alpha is not None:
            image.putalpha(picture.alpha)
        with TemporaryDirectory() as folder:
            copy = Path(folder) / f"{Path(path).stem}.png"
            save_png(image, copy, {})
            return self.image.move_resource_to_block_cache(copy) or ""


def path_of(payload: Any) -> str | None:
    """The path of an uploaded file as Gradio hands it over; None where nothing was chosen.

    PictureError where it lacks the mark of a file, for only marked ones does Gradio check to be uploads.
    """
    if payload is None:
        return None
    try:
        return FileData.model_validate(payload, context={"validate_meta": True}).path
    except ValueError as error:
        raise PictureError("The file did not arrive; please add it again.") from error


def browsers_show(path: str) -> bool:
    """Whether every browser shows the file, and in the right colours. It is known to be a picture."""
    with Image.open(path) as image:
        return image.format in ("JPEG", "PNG", "WEBP", "GIF", "BMP") and image.mode not in ("CMYK", "YCCK")


def size_of(picture: Picture) -> str:
    """The line that tells a picture's size."""
    width, height = picture.rgb.size
    return said(f"{width:,} × {height:,} px")


def said(text: str, warned: bool = False) -> str:
    """A line that tells something, or warns of it; its height is reserved even when it is empty."""
    kind = "told warned" if warned else "told"
    return f'<p class="{kind}" role="status">{escape(text) or "&nbsp;"}</p>'


def wrong(text: str) -> str:
    """A line that tells what is wrong."""
    return f'<p class="told wrong" role="alert">{escape(text)}</p>'
