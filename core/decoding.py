"""Files to 8-bit sRGB pixels and straight alpha, as a browser would draw them."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageChops, ImageFile, ImageOps
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from core import png
from core.formats import START, Tiff, reader_of
from core.icc import UNUSABLE, cicp_profile, to_srgb
from core.sentence import Sentence

MANY_FRAMES = 10_000  # of a TIFF or GIF, beyond which they are not counted
END_OF_JPEG = b"\xff\xd9"
ORIENTATION = ExifTags.Base.Orientation

UPRIGHT = {  # EXIF orientation -> what turns the stored pixels upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Source:
    """A file whose header is read and whose pixels are not.

    Attributes:
        image: Pillow's, of the first frame; stream: the file's bytes.
        png: what its chunks say, where it is a PNG.
    """

    image: Image.Image
    stream: BinaryIO | None = None
    png: png.Cleaned | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Width and height before it is turned upright."""
        return self.png.canvas[:2] if self.png is not None and self.png.canvas else self.image.size


@dataclass
class Decoded:
    """Pixels in modes RGB (sRGB, straight) and L, None where the picture is opaque; notes for the user."""

    colours: Image.Image
    alpha: Image.Image | None
    notes: list[str] = field(default_factory=list)


def stated_size(stream: BinaryIO) -> tuple[int, int]:
    """Width and height by a file's header. Raises Unreadable for a format that is not read, and nearly
    anything for a damaged file, as do the other functions here."""
    reader = _reader(stream)
    return png.stated_size(stream) if reader is PngImageFile else reader(stream).size


def verified(stream: BinaryIO) -> Source:
    """A file with its checksums found right; a PNG is freed of everything that its pixels do not need."""
    reader = _reader(stream)
    if reader is PngImageFile:
        cleaned = png.cleaned(stream)
        return Source(reader(io.BytesIO(cleaned.data)), stream, cleaned)
    reader(stream).verify()  # uses the reader up
    stream.seek(0)
    return Source(reader(stream), stream)


def _reader(stream: BinaryIO) -> type[ImageFile.ImageFile]:
    stream.seek(0)
    reader = reader_of(stream.read(START))
    stream.seek(0)
    return reader


def decoded(source: Source) -> Decoded:
    """The pixels of a verified file."""
    image, notes = source.image, list(source.png.notes if source.png else ())
    orientation = _orientation(image)  # which loading may lose
    profiles = source.png.profiles if source.png else _profiles(source, notes)
    frames = _frames(source)
    if isinstance(image, JpegImageFile) and source.stream is not None:
        image, cut = _whole_jpeg(image, source.stream)
        notes += [png.ENDS_EARLY] if cut else []
    else:
        image.load()
    image, alpha = _without_alpha(image, source)
    colours, problems = to_srgb(image, profiles)
    notes += [problem for problem in problems if problem not in notes]
    if source.png is not None and source.png.canvas:
        colours, alpha = _on_canvas(colours, alpha, source.png.canvas[:2], source.png.canvas[2:])
    elif isinstance(source.image, GifImageFile):
        left, top, right, bottom = source.image.dispose_extent or (0, 0, *image.size)
        if (right - left, bottom - top) != image.size:  # what the frame leaves uncovered is transparent
            box = (left, top, right, bottom)
            part = colours.crop(box), alpha.crop(box) if alpha else None
            colours, alpha = _on_canvas(*part, image.size, (left, top))
    if orientation in UPRIGHT:
        turn = UPRIGHT[orientation]
        colours, alpha = colours.transpose(turn), alpha.transpose(turn) if alpha else None
    if frames != 1:
        known = Sentence("first_frame", "first of {frames:,} frames", {"frames": frames})
        notes.insert(0, known if frames else Sentence("first_of_many", "first of many frames"))
    colours.info = {}  # else a saved result would carry the old profile, or the place a photo was taken
    if alpha is not None and alpha.getextrema() == (255, 255):
        alpha = None
    return Decoded(colours, alpha, notes)


def _orientation(image: Image.Image) -> int:
    """By EXIF alone: XMP, which Pillow asks too, turns nothing in a browser. Pillow turns TIFFs itself."""
    if isinstance(image, Tiff):
        return 1
    try:
        exif = Image.Exif()
        exif.load(image.info.get("exif", b""))
        return int(exif.get(ORIENTATION, 1))
    except Exception:  # broken EXIF says nothing against the pixels
        return 1


def _profiles(source: Source, notes: list[str]) -> tuple[bytes | None, ...]:
    """The embedded profile, else what an AVIF or HEIC names by code points."""
    embedded = source.image.info.get("icc_profile")
    if embedded is not None:
        return (embedded,)
    if source.stream is None or source.image.format not in ("AVIF", "HEIF"):
        return ()
    source.stream.seek(0)
    _, found, codes = source.stream.read(2**16).partition(b"colrnclx")  # ISO/IEC 14496-12, 12.1.5
    try:
        if found and len(codes) >= 4 and 2 not in (codes[1], codes[3]):  # 2: unspecified
            return (cicp_profile(codes[1], codes[3]),)
    except ValueError:
        notes.append(UNUSABLE)
    return ()


def _frames(source: Source) -> int:
    """How many frames or pages there are; 0 for more than are counted."""
    if source.png is not None:
        return source.png.frames
    if source.stream is None:
        return 1
    if isinstance(source.image, WebPImageFile) or source.image.format in ("AVIF", "HEIF"):
        return int(getattr(source.image, "n_frames", 1))  # from the header
    if not isinstance(source.image, (GifImageFile, Tiff)):
        return 1
    source.stream.seek(0)
    reader, frames = type(source.image)(source.stream), 1
    try:
        while frames <= MANY_FRAMES:
            reader._seek(frames, False) if isinstance(reader, GifImageFile) else reader.seek(frames)
            frames += 1
    except Exception:  # the end, or damage beyond the first frame, which concerns nobody
        return frames
    return 0


def _whole_jpeg(image: JpegImageFile, stream: BinaryIO) -> tuple[Image.Image, bool]:
    """The loaded picture, and whether its end marker was missing. OSError where pixels are missing too.

    libjpeg makes up what a file does not hold; where what follows the end does not change the picture,
    all of it was there.
    """
    try:
        image.load()
    except OSError:
        stream.seek(0)
        data = stream.read().removesuffix(b"\xff")  # the first half of a marker
        endings = (END_OF_JPEG, bytes([0xAA]) * 4096 + END_OF_JPEG)
        first, second = (JpegImageFile(io.BytesIO(data + ending)) for ending in endings)
        first.load()
        second.load()
        if ImageChops.difference(first, second).getbbox():
            raise
        return first, True
    return image, False


def _without_alpha(image: Image.Image, source: Source) -> tuple[Image.Image, Image.Image | None]:
    """The colours in mode L, RGB, CMYK or LAB, and the alpha."""
    key = source.png.key if source.png is not None else None
    alpha = _keyed(image, key, source) if key is not None else None
    if image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    elif image.mode in ("La", "RGBa"):
        image = image.convert("LA" if image.mode == "La" else "RGBA")
    if key is None and image.has_transparency_data:
        if image.mode != "LA":
            image = image.convert("RGBA")
        alpha = image.getchannel("A")
    if image.mode == "LA":
        image = image.getchannel("L")
    elif image.mode == "1":
        image = image.convert("L")
    elif image.mode not in ("L", "RGB", "CMYK", "LAB"):  # a copy of RGB would be a third of all memory
        image = image.convert("RGB")
    if isinstance(source.image, Tiff) and source.image.white_is_zero:
        image = ImageOps.invert(image)
    return image, alpha


def _keyed(image: Image.Image, key: tuple[int, ...], source: Source) -> Image.Image:
    """The alpha of a picture in which one value, at the file's own depth, is transparent."""
    assert source.png is not None
    depth = source.png.depth
    clear: NDArray[np.bool_]
    if len(key) == 1:
        value = key[0] if depth == 16 else key[0] * 255 // (2**depth - 1)
        clear = np.asarray(image if depth == 16 else image.convert("L")) == value
    elif depth == 8:
        clear = (np.asarray(image) == key).all(2)
    else:  # of 16 bits Pillow keeps the high bytes
        low = PngImageFile(io.BytesIO(source.png.data))
        low.tile = [tile._replace(args="RGB;16L") for tile in low.tile]  # takes the second byte of each two
        low.load()
        high = np.asarray(image) == np.array(key) // 256
        clear = (high & (np.asarray(low) == np.array(key) % 256)).all(2)
    return Image.fromarray(np.where(clear, 0, 255).astype(np.uint8))


def _on_canvas(
    colours: Image.Image, alpha: Image.Image | None, size: tuple[int, int], corner: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    canvas, opacity = Image.new("RGB", size), Image.new("L", size)
    canvas.paste(colours, corner)
    opacity.paste(alpha if alpha is not None else Image.new("L", colours.size, 255), corner)
    return canvas, opacity


def _eight_bit(image: Image.Image) -> Image.Image:
    """Deep grey as L. White is 65535 for integers, and for floats 1, 255 or 65535, the first that
    holds every value; where none does, the greatest value. A negative least value becomes black."""
    values = np.asarray(image).astype(np.float32)
    values[~np.isfinite(values)] = 0
    low, high = min(0.0, float(values.min())), float(values.max())
    whites = (1.0, 255.0, 65535.0) if image.mode == "F" else (65535.0,)
    white = next((white for white in whites if high <= white), high)
    return Image.fromarray(np.rint((values - low) * (255 / (white - low))).astype(np.uint8))
