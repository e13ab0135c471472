"""What a page needs to know of a picture file before it is compared; it decodes, so an engine does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageChops

from core.images import Pixels, open_picture, png_bytes, resize, to_image


@dataclass(frozen=True)
class Seen:
    """A picture file that can be used: width and height in px, upright; notes as of `Picture`; and whether
    `copy` was written, for browsers would not show the file as it is decoded here."""

    width: int
    height: int
    notes: tuple[str, ...]
    copied: bool


def look(path: str, role: str, copy: Path) -> Seen:
    """Decode a file; PictureError, which names its role, where it is unfit. The copy is a PNG, which loses
    nothing; OSError where it cannot be written."""
    picture = open_picture(path, role)
    copied = bool(picture.notes) or not browsers_show(path)
    if copied:
        copy.write_bytes(png_bytes(to_image(np.asarray(picture.colours), picture.alpha), {}))
    return Seen(*picture.colours.size, picture.notes, copied)


def small(path: str, role: str, side: int) -> Pixels:
    """A file's picture over white, its long side `side` px. PictureError where it is unfit."""
    return np.asarray(resize(open_picture(path, role), side).rgb)


def strokes(layers: Sequence[str | bytes], role: str) -> Pixels | None:
    """White where one of the layers, of one size, is painted on, black elsewhere, as a picture; None where
    none is. PictureError where one is unfit."""
    painted = None
    for layer in layers:
        picture = open_picture(layer, role)
        alpha = picture.alpha or Image.new("L", picture.colours.size, 255)
        painted = alpha if painted is None else ImageChops.lighter(painted, alpha)
    return np.asarray(painted.convert("RGB")) if painted is not None and painted.getbbox() else None


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
