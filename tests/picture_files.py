"""Picture files of many kinds, made by Pillow and by hand, for the tests of reading them."""

import io
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms

from core.icc import PRIMARIES, matrix_profile
from core.images import png_bytes

Size = tuple[int, int]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def encoded(image: Image.Image, format: str = "PNG", **options: Any) -> bytes:
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def save_png(image: Image.Image, path: Path, text: Mapping[str, str]) -> None:
    """A PNG file with this text."""
    path.write_bytes(png_bytes(image, text))


def smooth(mode: str = "RGB", size: Size = (48, 32)) -> Image.Image:
    """Colours that change gently, so that subsampled chroma changes little; no turn maps it onto itself."""
    width, height = size
    down, across = np.mgrid[0:height, 0:width]
    channels = [40 + across * 3, 200 - down * 4, 90 + across + down]
    return Image.fromarray(np.stack(channels, axis=2).astype(np.uint8)).convert(mode)


def soft(size: Size = (48, 32)) -> Image.Image:
    """The same with an alpha from 0 to 255."""
    image = smooth("RGBA", size)
    image.putalpha(Image.linear_gradient("L").resize(size))
    return image


def cut_out(size: Size = (48, 32)) -> Image.Image:
    """The same, its left half clear."""
    image = smooth("RGBA", size)
    image.paste(0, (0, 0, size[0] // 2, size[1]))
    return image


def chunk(kind: bytes, data: bytes) -> bytes:
    """A PNG chunk."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def png(width: int, height: int, depth: int, colour: int, rows: Iterable[bytes], *extra: bytes) -> bytes:
    """A PNG of raw rows without filter bytes, chunks of `extra` before its pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    parts = (chunk(b"IHDR", header), *extra, chunk(b"IDAT", pixels), chunk(b"IEND", b""))
    return SIGNATURE + b"".join(parts)


def with_chunks(data: bytes, *extra: bytes) -> bytes:
    """A PNG file with chunks added right after its header."""
    return data[:33] + b"".join(extra) + data[33:]


def deep_rows(size: Size = (48, 32), channels: int = 1) -> list[bytes]:
    """Rows of 16-bit samples, all different along a row."""
    width, height = size
    values = (np.arange(width * channels)[None] * 400 + np.arange(height)[:, None] * 300).astype(">u2")
    return [row.tobytes() for row in values]


def gamma(value: int) -> bytes:
    """The chunk gAMA."""
    return chunk(b"gAMA", struct.pack(">I", value))


def chromaticities(primaries: int) -> bytes:
    """The chunk cHRM of primaries by their code point."""
    return chunk(b"cHRM", struct.pack(">8I", *(round(each * 1e5) for each in PRIMARIES[primaries])))


def cicp(primaries: int, transfer: int, matrix: int = 0, full: int = 1) -> bytes:
    """The chunk cICP."""
    return chunk(b"cICP", bytes([primaries, transfer, matrix, full]))


def iccp(profile: bytes) -> bytes:
    """The chunk iCCP."""
    return chunk(b"iCCP", b"name\0\0" + zlib.compress(profile))


P3 = matrix_profile(PRIMARIES[12], 2.2)


def grey_profile() -> bytes:
    """A profile of grey with a gamma of 1: Pillow writes none, so it is made of an sRGB's parts by hand."""
    curve = b"curv\0\0\0\0" + struct.pack(">I", 0)
    white = b"XYZ \0\0\0\0" + struct.pack(">iii", 63190, 65536, 54061)
    text = b"text\0\0\0\0CC0\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", 5) + b"grey\0" + bytes(80)
    tags = {b"desc": name + bytes(-len(name) % 4), b"cprt": text, b"wtpt": white, b"kTRC": curve}
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += key + struct.pack(">II", 132 + 12 * len(tags) + len(body), len(value))
        body += value
    head = b"\0\0\0\0\x02\x40\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return struct.pack(">I", 128 + len(table) + len(body)) + head + table + body


def oriented(value: int, format: str, **options: Any) -> bytes:
    """A file with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = value
    return encoded(smooth(), format, exif=exif, **options)


def small_first_frame() -> bytes:
    """A GIF of 48 x 32 whose frame of 24 x 20 stands at (8, 6)."""
    frame = encoded(smooth("P", (24, 20)), "GIF")
    start = 13 + 3 * 2 ** ((frame[10] & 7) + 1)
    start += frame[start:].index(b",")
    moved = frame[: start + 1] + struct.pack("<HH", 8, 6) + frame[start + 5 :]
    return moved[:6] + struct.pack("<HH", 48, 32) + moved[10:]


def animated(first_is_default: bool) -> bytes:
    """An APNG of two frames; where the still picture is no frame, the first is small and stands at (8, 6)."""
    width, height = 48, 32
    still, frame = smooth().tobytes(), smooth("RGB", (24, 20)).transpose(Image.Transpose.ROTATE_180).tobytes()

    def packed(data: bytes, row: int) -> bytes:
        return zlib.compress(b"".join(b"\0" + data[at : at + row] for at in range(0, len(data), row)))

    def control(number: int, box: tuple[int, ...]) -> bytes:
        return chunk(b"fcTL", struct.pack(">IIIIIHHBB", number, *box, 1, 10, 0, 0))

    small = (24, 20, 8, 6)
    parts = [
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        chunk(b"acTL", struct.pack(">II", 2, 0)),
    ]
    parts += [control(0, (width, height, 0, 0))] if first_is_default else []
    parts.append(chunk(b"IDAT", packed(still, width * 3)))
    number = 1 if first_is_default else 0
    for _ in range(1 if first_is_default else 2):
        parts += [control(number, small), chunk(b"fdAT", struct.pack(">I", number + 1) + packed(frame, 72))]
        number += 2
    return SIGNATURE + b"".join(parts) + chunk(b"IEND", b"")


def tiff(depth: int, order: str, photometric: int, value: int, size: Size = (24, 20)) -> bytes:
    """An uncompressed grey TIFF of one sample value, of 8, 16 or 32 bits."""
    width, height = size
    pixels = value.to_bytes(depth // 8, "little" if order == "<" else "big") * (width * height)
    tags = {256: width, 257: height, 258: depth, 259: 1, 262: photometric, 273: 8, 277: 1, 278: height}
    tags[279] = len(pixels)
    entries = b"".join(struct.pack(order + "HHII", tag, 4, 1, number) for tag, number in tags.items())
    start = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(pixels))
    return start + pixels + struct.pack(order + "H", len(tags)) + entries + bytes(4)


def browser_files() -> dict[str, bytes]:
    """One file of each kind that Chromium shows, by name; names begin with the MIME type's second part."""
    rgb, plain = encoded(smooth()), encoded(smooth("L"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    palette = smooth().quantize(16)
    exact = {"quality": 100, "subsampling": "4:4:4"}
    return {
        "png": rgb,
        "png alpha": encoded(soft()),
        "png grey alpha": encoded(soft().convert("LA")),
        "png palette": encoded(palette),
        "png palette with a clear colour": encoded(palette, transparency=3),
        "png 1 bit": encoded(smooth("1")),
        "png 2 bit grey key": png(24, 20, 2, 0, [bytes([0b00011011] * 6)] * 20, chunk(b"tRNS", b"\0\2")),
        "png 8 bit rgb key": encoded(smooth(), transparency=smooth().getpixel((9, 9))),
        "png 16 bit grey": png(48, 32, 16, 0, deep_rows()),
        "png 16 bit grey key": png(48, 32, 16, 0, deep_rows(), chunk(b"tRNS", struct.pack(">H", 400))),
        "png 16 bit rgb": png(48, 32, 16, 2, deep_rows(channels=3)),
        "png 16 bit rgb key": png(
            48, 32, 16, 2, deep_rows(channels=3), chunk(b"tRNS", struct.pack(">HHH", 1200, 1600, 2000))
        ),
        "png grey alpha profile": encoded(soft().convert("LA"), icc_profile=grey_profile()),
        "png grey profile": encoded(smooth("L"), icc_profile=grey_profile()),
        "png rgb profile": encoded(smooth(), icc_profile=P3),
        "png rgb alpha profile": encoded(soft(), icc_profile=P3),
        "png palette profile": encoded(palette, icc_profile=P3),
        "png srgb profile": encoded(smooth(), icc_profile=srgb),
        "png gamma": with_chunks(rgb, gamma(60000)),
        "png grey linear": with_chunks(plain, gamma(100000)),
        "png usual gamma": with_chunks(rgb, gamma(45455)),
        "png gamma and chromaticities": with_chunks(rgb, gamma(45455), chromaticities(12)),
        "png chromaticities alone": with_chunks(rgb, chromaticities(12)),
        "png srgb over gamma": with_chunks(rgb, gamma(100000), chunk(b"sRGB", b"\0")),
        "png profile over srgb": with_chunks(rgb, chunk(b"sRGB", b"\0"), iccp(P3)),
        "png cicp": with_chunks(rgb, cicp(12, 13)),
        "png cicp over profile": with_chunks(rgb, iccp(srgb), cicp(12, 13)),
        "png cicp video": with_chunks(rgb, cicp(1, 1)),
        "png cicp linear": with_chunks(rgb, cicp(1, 8)),
        "png cicp gamma 2.2": with_chunks(rgb, cicp(5, 4)),
        "png cicp narrow": with_chunks(rgb, cicp(12, 13, 0, 0)),
        "png broken profile": with_chunks(rgb, iccp(b"nonsense" * 30), gamma(60000)),
        "png big text": with_chunks(rgb, chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2**21)))),
        "png text with a wrong checksum": with_chunks(rgb, chunk(b"tEXt", b"k\0v")[:-1] + b"?"),
        "png without end": rgb[:-12],
        "png turned": oriented(6, "PNG"),
        "apng": animated(True),
        "apng whose still picture is no frame": animated(False),
        "jpeg": encoded(smooth(), "JPEG", quality=95),
        "jpeg progressive": encoded(smooth(), "JPEG", quality=95, progressive=True),
        "jpeg grey": encoded(smooth("L"), "JPEG", quality=95),
        "jpeg profile": encoded(smooth(), "JPEG", quality=95, icc_profile=P3),
        "jpeg turned": oriented(7, "JPEG", quality=95),
        "webp": encoded(smooth(), "WebP", lossless=True),
        "webp alpha": encoded(soft(), "WebP", lossless=True, exact=True),
        "webp profile": encoded(smooth(), "WebP", lossless=True, icc_profile=P3),
        "gif": encoded(palette, "GIF"),
        "gif with a clear colour": encoded(palette, "GIF", transparency=3),
        "gif with a small first frame": small_first_frame(),
        "bmp": encoded(smooth(), "BMP"),
        "avif": encoded(smooth(), "AVIF", **exact),
        # Chromium stretches the levels of an alpha between: it takes Pillow's for one of a limited range.
        "avif alpha": encoded(cut_out(), "AVIF", **exact),
        "avif profile": encoded(smooth(), "AVIF", icc_profile=P3, **exact),
        "avif turned": oriented(6, "AVIF", **exact),
        "avif code points": encoded(smooth(), "AVIF", **exact).replace(
            b"colrnclx\0\1\0\x0d", b"colrnclx\0\x0c\0\x0d"
        ),
    }
