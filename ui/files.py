"""Pictures on their way to the browser: fleeting previews inside the HTML, finished ones as files to keep."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import gradio as gr
from PIL import Image

from core.images import save_png

PREVIEW_SIDE = 640  # px; a preview lives for half a second


def preview(image: Image.Image) -> str:
    """A small, quickly made, lossy copy as a data address."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    return data_address(small, quality=80)


def data_address(image: Image.Image, quality: int) -> str:
    """The picture as lossy WebP inside a data address."""
    stream = io.BytesIO()
    image.save(stream, format="WEBP", quality=quality, method=0)
    return "data:image/webp;base64," + base64.b64encode(stream.getvalue()).decode()


class FileCache:
    """Where finished pictures lie for the browser to fetch, until Gradio clears its cache.

    Args:
        block: the component in whose name the files are kept.
    """

    def __init__(self, block: gr.blocks.Block) -> None:
        self.block = block

    def put(self, image: Image.Image, name: str, text: Mapping[str, str]) -> Path:
        """Keep a lossless PNG called `name` with `text` inside."""
        return self._put(name, lambda path: save_png(image, path, text))

    def save_bytes(self, data: bytes, name: str) -> Path:
        """Keep a file called `name`."""
        return self._put(name, lambda path: path.write_bytes(data))

    def _put(self, name: str, write: Callable[[Path], object]) -> Path:
        with TemporaryDirectory() as folder:
            path = Path(folder) / name
            write(path)
            return Path(self.block.move_resource_to_block_cache(path) or "")


def address(path: Path) -> str:
    """Where the browser finds a file, relative to the page, so that it works behind a proxy's prefix."""
    return "gradio_api/file=" + quote(path.as_posix())
