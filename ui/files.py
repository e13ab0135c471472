"""Files between the server and the browser: uploads in; previews, pictures and archives out."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import gradio as gr
from gradio.data_classes import FileData
from PIL import Image

from core.images import PictureError, png_bytes
from core.sentence import Sentence
from ui.disk import Disk

PREVIEW_SIDE = 640  # px; a preview lives for half a second


def path_of(payload: Any) -> str | None:
    """The path of an uploaded file as Gradio hands it over; None where nothing was chosen.

    PictureError where it lacks the mark of a file, for only marked ones does Gradio check to be uploads.
    """
    if payload is None:
        return None
    try:
        return FileData.model_validate(payload, context={"validate_meta": True}).path
    except ValueError as error:
        raise PictureError(Sentence("file_lost", "The file did not arrive; please add it again.")) from error


def preview(image: Image.Image) -> str:
    """A small, quickly made, lossy copy as a data address."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return data_address(small, quality=80)


def data_address(image: Image.Image, quality: int) -> str:
    """The picture as lossy WebP inside a data address."""
    stream = io.BytesIO()
    image.save(stream, format="WEBP", quality=quality, method=0)
    return held(stream.getvalue(), "image/webp")


def held(data: bytes, kind: str = "application/octet-stream") -> str:
    """A file inside a data address, where it can be kept nowhere else."""
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


class DiskError(ValueError):
    """The server cannot keep a file; the message says why, and names no path of the server."""

    @classmethod
    def of(cls, error: OSError) -> DiskError:
        """For an error of the system."""
        text = "The server's disk takes no more files ({reason})."
        return cls(Sentence("disk_full", text, {"reason": error.strerror}))


class FileCache:
    """Where finished files lie for the browser to fetch, until Gradio clears its cache.

    Args:
        block: the component in whose name the files are kept.
    """

    def __init__(self, block: gr.blocks.Block) -> None:
        self.block, self.disk = block, Disk()

    def save(self, image: Image.Image, name: str, text: Mapping[str, str]) -> Path:
        """Keep a lossless PNG called `name` with `text` inside. Raises DiskError."""
        return self.save_bytes(png_bytes(image, text), name)

    def save_bytes(self, data: bytes, name: str) -> Path:
        """Keep a file called `name`. Raises DiskError."""
        try:
            with TemporaryDirectory() as folder:
                path = Path(folder) / name
                path.write_bytes(data)
                return self.take(path)
        except OSError as error:
            raise DiskError.of(error) from error

    def take(self, path: Path) -> Path:
        """Keep a file that will not stay where it is. Raises DiskError."""
        try:
            saved = Path(self.block.move_resource_to_block_cache(path) or "")
            self.disk.trim()
            return saved
        except OSError as error:
            raise DiskError.of(error) from error


def address(path: Path) -> str:
    """Where the browser finds a file, relative to the page, so that it works behind a proxy's prefix."""
    return "gradio_api/file=" + quote(path.as_posix())
