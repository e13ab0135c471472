"""Pictures in and out: decode, check, turn upright, resize, and convert to and from tensors."""

import io
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageFile
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile, PngInfo
from PIL.TiffImagePlugin import TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile
from torch import Tensor

Pixels = NDArray[np.uint8]
"""A picture, (H, W, 3) RGB, or an alpha channel, (H, W), in 0..255."""

MAX_MEGAPIXELS = 100
MAX_FILE_MEGABYTES = 1000  # 100 megapixels of 16-bit RGBA, uncompressed, take 800
MIN_SIDE = 16  # px; VGG halves a picture four times before its deepest style layer
ROWS = 512  # that become 8-bit at once: a large picture's float copy would be four times the result
MAX_ASPECT = 20
ALLOWED = "JPEG, PNG, WebP, GIF, BMP or TIFF"

READERS: dict[bytes, type[ImageFile.ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG": PngImageFile,
    b"RIFF": WebPImageFile,
    b"GIF8": GifImageFile,
    b"BM": BmpImageFile,
    b"II": TiffImageFile,
    b"MM": TiffImageFile,
}

UPRIGHT = {  # EXIF orientation -> what turns the stored pixels upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(ValueError):
    """A picture cannot be used; the message says what is wrong and what is allowed."""


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `rgb` in mode RGB, upright, in sRGB, transparent parts laid over white;
    `alpha` in mode L at the same size, or None where the picture is opaque."""

    rgb: Image.Image
    alpha: Image.Image | None


def open_picture(source: str | Path | bytes | Image.Image | None, role: str = "picture") -> Picture:
    """Decode a file, a file's bytes or a Pillow image; of several frames or pages, the first.

    `role` names the picture in messages. Raises PictureError, and nothing else, when there is no
    picture, or it is too large, too small, too long, damaged or of another format.
    """
    if source is None:
        raise PictureError(f"No {role} was chosen: please add a {ALLOWED} picture.")
    with _opened(source, role) as image:
        image.load()
        return _flattened(_upright(image))


@contextmanager
def _opened(source: str | Path | bytes | Image.Image, role: str) -> Iterator[Image.Image]:
    """Yield the picture with its header checked and no pixel decoded yet. Whatever goes wrong here
    or in the caller's block becomes a PictureError: Pillow's decoders raise nearly anything."""
    # Pillow's TIFF and GIF readers warn from 89 megapixels on; only this global moves that line. It is
    # raised to one value and never set back, so that no thread can disturb another.
    if Image.MAX_IMAGE_PIXELS is not None:
        Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, MAX_MEGAPIXELS * 10**6)
    try:
        if isinstance(source, Image.Image):
            _check_size(*source.size, role)
            yield source
        else:
            with _stream(source, role) as stream:
                yield _checked(stream, role)
    except PictureError:
        raise
    except (MemoryError, Image.DecompressionBombError) as error:
        raise PictureError(
            f"The {role} needs too much memory; at most {MAX_MEGAPIXELS} megapixels are allowed."
        ) from error
    except Exception as error:
        raise PictureError(
            f"The {role} could not be read: its file is damaged, cut short or of an unusual kind. "
            f"A complete {ALLOWED} file is needed."
        ) from error


def _stream(source: str | Path | bytes, role: str) -> BinaryIO:
    if isinstance(source, bytes):
        return io.BytesIO(source)
    path = Path(source)
    if not path.is_file():  # also keeps out directories, and pipes that would never end
        raise PictureError(f"The {role} was not found; please choose a {ALLOWED} file again.")
    return path.open("rb")


def _checked(stream: BinaryIO, role: str) -> ImageFile.ImageFile:
    """The stream's picture, its header within the limits and its checksums (PNG) right."""
    if stream.seek(0, io.SEEK_END) > MAX_FILE_MEGABYTES * 10**6:
        raise PictureError(f"The {role}'s file is larger than the {MAX_FILE_MEGABYTES:,} MB allowed.")
    stream.seek(0)
    start = stream.read(4)
    reader = next((reader for magic, reader in READERS.items() if start.startswith(magic)), None)
    if reader is None:
        raise PictureError(f"The {role} is not a {ALLOWED} picture; only these formats are allowed.")
    stream.seek(0)
    header = reader(stream)  # not Image.open, which refuses a large picture without telling its size
    _check_size(*header.size, role)
    header.verify()  # uses the reader up
    stream.seek(0)
    return reader(stream)


def _check_size(width: int, height: int, role: str) -> None:
    short, long = sorted((width, height))
    found = f"The {role} is {width:,} x {height:,} px"
    if width * height > MAX_MEGAPIXELS * 10**6:
        megapixels = math.ceil(width * height / 1e6)  # up, so that it never reads as the limit itself
        raise PictureError(
            f"{found} ({megapixels:,} megapixels); at most {MAX_MEGAPIXELS} megapixels are allowed."
        )
    if short < MIN_SIDE:
        raise PictureError(f"{found}; at least {MIN_SIDE} px are needed on the short side.")
    if long > MAX_ASPECT * short:
        raise PictureError(
            f"{found} ({math.ceil(10 * long / short) / 10:g}:1); "
            f"the long side may be at most {MAX_ASPECT} times the short side."
        )


def _upright(image: Image.Image) -> Image.Image:
    try:
        orientation = image.getexif().get(ExifTags.Base.Orientation)
    except Exception:  # broken EXIF says nothing against the pixels
        return image
    return image.transpose(UPRIGHT[orientation]) if orientation in UPRIGHT else image


def _flattened(image: Image.Image) -> Picture:
    profile = image.info.get("icc_profile")
    if image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    elif image.mode == "La":
        image = image.convert("LA")  # the only mode into which Pillow converts La
    elif image.mode == "LAB":  # which Pillow converts by a profile only
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    alpha = None
    if image.has_transparency_data:
        image = image.convert("RGBA")
        alpha = image.getchannel("A")
    rgb = _srgb(image, profile)
    rgb.info = {}  # else a saved result would carry the old profile, or the place a photo was taken
    if alpha is None or alpha.getextrema() == (255, 255):
        return Picture(rgb, None)
    # White is what a page shows behind a cut-out picture; black would put a dark rim around it.
    canvas = Image.new("RGB", rgb.size, "white")
    canvas.paste(rgb, mask=alpha)
    return Picture(canvas, alpha)


def _eight_bit(image: Image.Image) -> Image.Image:
    """Deep grey as L. White is 65535 for integers, and for floats 1, 255 or 65535, the first that
    holds every value; where none does, the greatest value. A negative least value becomes black."""
    values = np.asarray(image).astype(np.float32)
    values[~np.isfinite(values)] = 0
    low, high = min(0.0, float(values.min())), float(values.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    white = next((white for white in whites if high <= white), high)
    return Image.fromarray(np.rint((values - low) * (255 / (white - low))).astype(np.uint8))


def _srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """A new RGB image in sRGB, the embedded profile applied where it is usable."""
    if image.mode not in ("RGB", "CMYK", "L", "LAB"):
        image = image.convert("RGB")
    if profile is None:
        return image.convert("RGB")
    try:
        target = ImageCms.createProfile("sRGB")
        return ImageCms.buildTransform(io.BytesIO(profile), target, image.mode, "RGB").apply(image)
    except ImageCms.PyCMSError:
        return image.convert("RGB")


def working_size(width: int, height: int, size: int) -> tuple[int, int]:
    """The (width, height) in px at which a picture is styled: its long side is `size`, its short
    side in proportion, rounded.

    The short side never falls below 16 px, which the four poolings of VGG need; a picture longer
    than size:16 is therefore stretched across its short side (20:1 at 64 becomes 64 x 16) rather
    than made larger than asked. Raises PictureError for a size below 16.
    """
    if size < MIN_SIDE:
        raise PictureError(f"A size of {size} px was asked for; at least {MIN_SIDE} px are needed.")
    long = max(width, height)
    return max(MIN_SIDE, round(width * size / long)), max(MIN_SIDE, round(height * size / long))


def resize(picture: Picture, size: int) -> Picture:
    """The picture, alpha included, at `working_size` (long side `size` px), by Lanczos filtering."""
    target = working_size(*picture.rgb.size, size)
    if picture.rgb.size == target:
        return picture
    alpha = picture.alpha.resize(target, Image.Resampling.LANCZOS) if picture.alpha is not None else None
    return Picture(picture.rgb.resize(target, Image.Resampling.LANCZOS), alpha)


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


def save_png(image: Image.Image, path: Path, text: Mapping[str, str]) -> None:
    """Write a PNG with `text` in its tEXt chunks, or iTXt where Latin-1 does not suffice. Keys are
    1 to 79 Latin-1 characters. Raises OSError when the file cannot be written."""
    path.write_bytes(png_bytes(image, text))


def png_bytes(image: Image.Image, text: Mapping[str, str]) -> bytes:
    """What `save_png` writes."""
    chunks = PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    stream = io.BytesIO()
    image.save(stream, format="PNG", pnginfo=chunks)
    return stream.getvalue()


def read_png_text(path: str | Path) -> dict[str, str]:
    """The text of a PNG's tEXt, zTXt and iTXt chunks. Raises PictureError as `open_picture` does,
    and for any other format."""
    with _opened(path, "picture") as image:
        if not isinstance(image, PngImageFile):
            raise PictureError("The picture is not a PNG file; text is kept in PNG files only.")
        return {key: str(value) for key, value in image.text.items()}
