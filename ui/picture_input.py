"""The two picture inputs, each with a line beneath that gives its size or says what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
from gradio.components import Component
from PIL import ExifTags, Image

from core.images import Picture, PictureError, open_picture, picture_size, to_image
from ui.files import DiskError, FileCache, path_of
from ui.html import error_html, status_html
from ui.request import Upload, read_picture


class PictureInput:
    """Constructing one draws it. `role` names the picture in messages ("content photo").

    Attributes:
        image: the input; line: what stands beneath it.
    """

    def __init__(self, role: str) -> None:
        self.role = role
        self.image = gr.Image(
            label=role.capitalize(),
            type="filepath",
            image_mode=None,
            sources=["upload", "webcam"],  # the page itself takes what is pasted
            webcam_options=gr.WebcamOptions(mirror=False),  # what is painted is what others see
            placeholder="Drop, paste or click",
            buttons=[],
            height=208,
            elem_classes="picture-input",
        )
        self.line = gr.HTML(status_html(""), apply_default_css=False)

    def read(self, payload: Any) -> tuple[Upload | None, str]:
        """The chosen file with its picture, None where it is unfit or missing, and the line beneath."""
        try:
            upload = read_picture(payload, self.role)
        except PictureError as error:
            return None, error_html(str(error))
        return upload, size_line(upload.picture)

    def problem(self, payload: Any) -> str:
        """What is wrong with the chosen file by its header, as the line beneath; empty where nothing is."""
        try:
            picture_size(path_of(payload), self.role)
        except PictureError as error:
            return error_html(str(error))
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

    def check(self, payload: Any) -> dict[Component, Any]:
        """What input and line show after a picture was chosen or cleared."""
        if payload is None:
            return {self.line: status_html("")}
        upload, line = self.read(payload)
        if upload is None:
            return {self.image: None, self.line: line}
        if not upload.picture.notes and browsers_show(upload.path):
            return {self.line: line}
        try:
            return {self.image: self.viewable(upload), self.line: line}
        except DiskError as error:
            return {self.image: None, self.line: error_html(str(error))}

    def example(self, path: Path) -> dict[Component, Any]:
        """What input and line show for a picture of ours."""
        return {self.image: str(path), self.line: size_line(open_picture(path, self.role))}

    def viewable(self, upload: Upload) -> str:
        """A copy that every browser shows, as a PNG, which loses nothing."""
        image = to_image(np.asarray(upload.picture.colours), upload.picture.alpha)
        return str(FileCache(self.image).save(image, f"{Path(upload.path).stem}.png", {}))


def browsers_show(path: str) -> bool:
    """Whether every browser shows the file as it is decoded here. It is known to be a picture."""
    try:
        with Image.open(path) as image:
            turned = image.format == "WEBP" and image.getexif().get(ExifTags.Base.Orientation, 1) != 1
            return (
                image.format in ("JPEG", "PNG", "WEBP", "GIF", "BMP")
                and image.mode not in ("CMYK", "YCCK")
                and not turned  # browsers disagree on whether EXIF turns a WebP
            )
    except (OSError, ValueError, SyntaxError):  # read by other means than Pillow's own
        return False


def size_line(picture: Picture) -> str:
    """The line that gives a picture's size, and what there is to know of its file."""
    width, height = picture.colours.size
    return status_html(", ".join([f"{width:,} × {height:,} px", *picture.notes]))
