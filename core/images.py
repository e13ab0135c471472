"""Pictures in and out: decode within limits, resize, convert to and from tensors, write."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO, Literal, get_args

import numpy as np
import torch
from PIL import ExifTags, Image
from PIL.PngImagePlugin import PngInfo
from torch import Tensor

from core import png
from core.alpha import Pixels as Pixels  # which travels with pictures
from core.alpha import opaque_part, over, resized
from core.decoding import Source, decoded, stated_size, verified
from core.formats import Unreadable, allowed
from core.sentence import Sentence, sentence_of

MAX_MEGAPIXELS = 100
MAX_FILE_MEGABYTES = 1000  # 100 megapixels of 16-bit RGBA, uncompressed, take 800
MIN_SIDE = 16  # px; VGG halves a picture four times before its deepest style layer
ROWS = 512  # that become 8-bit at once: a large picture's float copy would be four times the result
MAX_ASPECT = 20
COMMENT = b"ASCII\0\0\0"  # how an EXIF comment names its encoding
Kind = Literal["png", "jpg", "webp"]
KINDS: tuple[Kind, ...] = get_args(Kind)


NONE = "No {role} was chosen: please add a {allowed} picture."
PHOTO, PAINTING = Sentence("role.photo", "photo"), Sentence("role.painting", "painting")  # for messages


class PictureError(ValueError):
    """A picture cannot be used; the message says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture, upright, in sRGB.

    Attributes:
        colours: in mode RGB, straight: not blended with anything.
        alpha: in mode L at the same size, or None where the picture is opaque.
        notes: what the user should know of the file, such as "first of 24 frames".
    """

    colours: Image.Image
    alpha: Image.Image | None
    notes: tuple[str, ...] = ()

    @cached_property
    def rgb(self) -> Image.Image:
        """The picture over white, as a page shows it; black would put a dark rim around it."""
        return self.over("white")

    def over(self, ground: str) -> Image.Image:
        """The picture over a ground of one colour, in mode RGB."""
        return over(self.colours, self.alpha, ground)

    def opaque(self) -> Image.Image:
        """As a style: see `core.alpha.opaque_part`. PictureError where all is transparent."""
        try:
            return opaque_part(self.colours, self.alpha)
        except ValueError as error:
            text = "The painting is wholly transparent; one with an opaque part is needed."
            raise PictureError(Sentence("picture_transparent", text)) from error


def open_picture(source: str | Path | bytes | Image.Image | None, role: str = "picture") -> Picture:
    """Decode a file, a file's bytes or a Pillow image; of several frames or pages, the first.

    `role` names the picture in messages. Raises PictureError, and nothing else, when there is no
    picture, or it is too large, too small, too long, damaged or of another format.
    """
    if source is None:
        raise PictureError(Sentence("picture_none", NONE, {"role": role, "allowed": allowed()}))
    with _sentences(role):
        if isinstance(source, Image.Image):
            _check_size(*source.size, role)
            result = decoded(Source(source))
        else:
            with _stream(source, role) as stream:
                result = decoded(_checked(stream, role))
        return Picture(result.colours, result.alpha, tuple(result.notes))


def picture_size(source: str | Path | bytes | None, role: str = "picture") -> tuple[int, int]:
    """Width and height in px, as stored, by the header alone. Raises PictureError as `open_picture`."""
    if source is None:
        raise PictureError(Sentence("picture_none", NONE, {"role": role, "allowed": allowed()}))
    with _sentences(role), _stream(source, role) as stream:
        size = stated_size(stream)
        _check_size(*size, role)
        return size


@contextmanager
def _sentences(role: str) -> Iterator[None]:
    """Make a PictureError of whatever goes wrong: decoders raise nearly anything."""
    # Pillow's TIFF and GIF readers warn from 89 megapixels on; only this global moves that line. It is
    # raised to one value and never set back, so that no thread can disturb another.
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_MEGAPIXELS * 10**6)
    try:
        yield
    except PictureError:
        raise
    except Unreadable as error:
        about = {"role": role, "problem": sentence_of(error)}
        raise PictureError(Sentence("picture_unreadable", "The {role} {problem}", about)) from error
    except (MemoryError, Image.DecompressionBombError) as error:
        text = "The {role} needs too much memory; at most {most} megapixels are allowed."
        raise PictureError(
            Sentence("picture_memory", text, {"role": role, "most": MAX_MEGAPIXELS})
        ) from error
    except Exception as error:
        text = (
            "The {role} could not be read: its file is damaged, cut short or of an unusual kind. "
            "A complete {allowed} file is needed."
        )
        raise PictureError(Sentence("picture_damaged", text, {"role": role, "allowed": allowed()})) from error


def _stream(source: str | Path | bytes, role: str) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    path = Path(source)
    if not path.is_file():  # also keeps out directories, and pipes that would never end
        text = "The {role} was not found; please choose a {allowed} file again."
        raise PictureError(Sentence("picture_lost", text, {"role": role, "allowed": allowed()}))
    return path.open("rb")


def _checked(stream: BinaryIO, role: str) -> Source:
    """The stream's picture, its header within the limits and its checksums (PNG) right."""
    if stream.seek(0, io.SEEK_END) > MAX_FILE_MEGABYTES * 10**6:
        text = "The {role}'s file is larger than the {most:,} MB allowed."
        raise PictureError(Sentence("picture_bytes", text, {"role": role, "most": MAX_FILE_MEGABYTES}))
    _check_size(*stated_size(stream), role)
    return verified(stream)


def _check_size(width: int, height: int, role: str) -> None:
    short, long = sorted((width, height))
    found = {"role": role, "width": width, "height": height}
    if width * height > MAX_MEGAPIXELS * 10**6:
        megapixels = math.ceil(width * height / 1e6)  # up, so that it never reads as the limit itself
        text = (
            "The {role} is {width:,} x {height:,} px ({megapixels:,} megapixels); at most {most} megapixels "
            "are allowed."
        )
        about = {**found, "megapixels": megapixels, "most": MAX_MEGAPIXELS}
        raise PictureError(Sentence("picture_megapixels", text, about))
    if short < MIN_SIDE:
        text = "The {role} is {width:,} x {height:,} px; at least {least} px are needed on the short side."
        raise PictureError(Sentence("picture_small", text, {**found, "least": MIN_SIDE}))
    if long > MAX_ASPECT * short:
        text = (
            "The {role} is {width:,} x {height:,} px ({ratio:g}:1); the long side may be at most {most} "
            "times the short side."
        )
        about = {**found, "ratio": math.ceil(10 * long / short) / 10, "most": MAX_ASPECT}
        raise PictureError(Sentence("picture_long", text, about))


def working_size(width: int, height: int, size: int) -> tuple[int, int]:
    """The (width, height) in px at which a picture is styled: its long side is `size`, its short
    side in proportion, rounded.

    The short side never falls below 16 px, which the four poolings of VGG need; a picture longer
    than size:16 is therefore stretched across its short side (20:1 at 64 becomes 64 x 16) rather
    than made larger than asked. Raises PictureError for a size below 16.
    """
    if size < MIN_SIDE:
        text = "A size of {size} px was asked for; at least {least} px are needed."
        raise PictureError(Sentence("size_small", text, {"size": size, "least": MIN_SIDE}))
    long = max(width, height)
    return max(MIN_SIDE, round(width * size / long)), max(MIN_SIDE, round(height * size / long))


def resize(picture: Picture, size: int) -> Picture:
    """The picture, alpha included, at `working_size` (long side `size` px), by Lanczos filtering."""
    target = working_size(*picture.colours.size, size)
    if picture.colours.size == target:
        return picture
    if picture.alpha is not None:
        return Picture(*resized(picture.colours, picture.alpha, target), picture.notes)
    return Picture(picture.colours.resize(target, Image.Resampling.LANCZOS), None, picture.notes)


def to_tensor(image: Image.Image | Pixels) -> Tensor:
    """A picture, Pillow's or (H, W, 3) in 0..255, as a (1, 3, H, W) float32 tensor in [0, 1] on the CPU."""
    pixels = np.array(image.convert("RGB") if isinstance(image, Image.Image) else image)
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous().float().div_(255)


def to_pixels(tensor: Tensor) -> Pixels:
    """A (1, 3, H, W) tensor, of any float type and on any device, as (H, W, 3) in 0..255.

    Values are clamped to [0, 1] and rounded to the nearest of 256 levels; NaN becomes black.
    Raises ValueError for any other shape.
    """
    if tensor.ndim != 4 or tensor.shape[:2] != (1, 3):
        raise ValueError(f"a (1, 3, H, W) tensor is needed, not {tuple(tensor.shape)}")
    height, width = tensor.shape[-2:]
    levels = torch.empty(height, width, 3, dtype=torch.uint8)
    for top in range(0, height, ROWS):
        part = tensor.detach()[0, :, top : top + ROWS].permute(1, 2, 0).float().nan_to_num(0)
        levels[top : top + ROWS] = part.clamp(0, 1).mul(255).round()
    pixels: Pixels = levels.numpy()
    return pixels


def to_image(pixels: Tensor | Pixels, alpha: Image.Image | Pixels | None = None) -> Image.Image:
    """A tensor as `to_pixels` takes it, or such pixels, as an RGB picture.

    RGBA with `alpha` (mode L, or its values), which is resized where its size differs.
    """
    image = Image.fromarray(to_pixels(pixels) if isinstance(pixels, Tensor) else pixels)
    if alpha is not None:
        alpha = alpha if isinstance(alpha, Image.Image) else Image.fromarray(alpha)
        fits = alpha.size == image.size
        image.putalpha(alpha if fits else alpha.resize(image.size, Image.Resampling.LANCZOS))
    return image


def picture_bytes(image: Image.Image, text: Mapping[str, str], kind: Kind, quality: int = 90) -> bytes:
    """A PNG with `text`, or a JPEG or WebP of this quality, 1 to 100, with `text` as JSON in its EXIF.

    JPEG knows no transparency: what is transparent lies over white. No other metadata is written.
    """
    if kind == "png":
        return png_bytes(image, text)
    exif = Image.Exif()
    exif[ExifTags.Base.Software] = text.get("Software", "")
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = COMMENT + json.dumps(dict(text)).encode()
    if kind == "jpg" and image.mode == "RGBA":
        image = over(image.convert("RGB"), image.getchannel("A"), "white")
    stream = io.BytesIO()
    image.save(stream, {"jpg": "JPEG", "webp": "WEBP"}[kind], quality=quality, exif=exif)
    return stream.getvalue()


def png_bytes(image: Image.Image, text: Mapping[str, str]) -> bytes:
    """A PNG with `text` in its tEXt chunks, or iTXt where Latin-1 does not suffice. Keys are 1 to 79 Latin-1
    characters."""
    chunks = PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    stream = io.BytesIO()
    image.save(stream, format="PNG", pnginfo=chunks)
    return stream.getvalue()


def read_text(path: str | Path) -> dict[str, str]:
    """The text of a file that `picture_bytes` wrote; {} where it has none.

    Raises PictureError as `open_picture` does, and for formats that it does not write.
    """
    with _sentences("picture"), _stream(path, "picture") as stream:
        image = _checked(stream, "picture").image
        if image.format == "PNG":
            return png.text(stream)
        if image.format not in ("JPEG", "WEBP"):
            text = "The picture is not a PNG, JPEG or WebP file; only these hold settings."
            raise PictureError(Sentence("picture_no_text", text))
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
        if not isinstance(comment, bytes) or not comment.startswith(COMMENT):
            return {}
        return {str(key): str(value) for key, value in json.loads(comment.removeprefix(COMMENT)).items()}
