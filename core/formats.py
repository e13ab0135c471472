"""Which picture files are read, by what, and the one list of them that every sentence names."""

from __future__ import annotations

from PIL import ImageFile, features
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.TiffImagePlugin import PHOTOMETRIC_INTERPRETATION, TiffImageFile
from PIL.WebPImagePlugin import WebPImageFile

from core.sentence import Sentence

START = 64  # bytes of a file that tell its format

READERS: dict[bytes, type[ImageFile.ImageFile]] = {
    b"\xff\xd8\xff": JpegImageFile,
    b"\x89PNG": PngImageFile,
    b"RIFF": WebPImageFile,
    b"GIF8": GifImageFile,
    b"BM": BmpImageFile,
}
JPEG_2000 = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
AVIF_BRANDS = frozenset({b"avif", b"avis"})
HEIC_BRANDS = frozenset({b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"})


class Unreadable(ValueError):
    """No reader for a file; the message, which continues "The photo ", says why and what to do."""


class Tiff(TiffImageFile):
    """Gives the samples as they stand: of WhiteIsZero, Pillow inverts some depths, leaves one as it is, and
    refuses others. `white_is_zero` says what the file meant."""

    white_is_zero = False

    def _setup(self) -> None:
        if self.tag_v2.get(PHOTOMETRIC_INTERPRETATION, 0) == 0:
            self.white_is_zero = True
            self.tag_v2[PHOTOMETRIC_INTERPRETATION] = 1
        super()._setup()


READERS |= {b"II": Tiff, b"MM": Tiff}


def avif() -> bool:
    """Whether this Pillow decodes AVIF; that is so from 11.3 on."""
    return "avif" in features.modules and features.check("avif") is True


def heic() -> type[ImageFile.ImageFile] | None:
    """What reads HEIC, where pillow-heif is installed."""
    try:
        from pillow_heif import HeifImageFile
    except ImportError:
        return None
    reader: type[ImageFile.ImageFile] = HeifImageFile
    return reader


def allowed() -> Sentence:
    """The formats that are read here, for a sentence."""
    names = [
        "JPEG",
        "PNG",
        "WebP",
        "GIF",
        "BMP",
        *(["AVIF"] if avif() else []),
        *(["HEIC"] if heic() else []),
    ]
    return Sentence("file_formats", "{names} or TIFF", {"names": tuple(names)})


def reader_of(start: bytes) -> type[ImageFile.ImageFile]:
    """What reads a file that begins so. Raises Unreadable."""
    for magic, reader in READERS.items():
        if start.startswith(magic):
            return reader
    brands = _brands(start)
    if brands & AVIF_BRANDS and avif():
        from PIL.AvifImagePlugin import AvifImageFile

        return AvifImageFile
    if brands & HEIC_BRANDS:
        found = heic()
        if found is not None:
            return found
        text = (
            "is a HEIC file, which is read once `pip install pillow-heif` was run where StyleGrid is "
            "installed; else save it as a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible). "
            "{allowed} are allowed."
        )
        raise Unreadable(Sentence("file_heic", text, {"allowed": allowed()}))
    if start.startswith(JPEG_2000):
        text = "is a JPEG 2000 file, which browsers do not show: save it as a {allowed} file."
        raise Unreadable(Sentence("file_jpeg2000", text, {"allowed": allowed()}))
    text = "is not a {allowed} picture; only these formats are allowed."
    raise Unreadable(Sentence("file_other", text, {"allowed": allowed()}))


def _brands(start: bytes) -> set[bytes]:
    """Those that a file of the ISO base media format claims (ISO/IEC 14496-12, 4.3)."""
    if start[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(start[:4], "big"), len(start))
    return {start[8:12], *(start[place : place + 4] for place in range(16, end, 4))}


def recognised(start: bytes) -> bool:
    """Whether a file begins as a picture of any kind that is named here, or as safetensors or ZIP."""
    known = (*READERS, *JPEG_2000, b"PK\x03\x04")
    return start.startswith(known) or start[4:8] == b"ftyp" or start[8:9] == b"{"
