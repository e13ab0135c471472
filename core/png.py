"""PNG files by their chunks: what pixels and colours need is kept, all else is passed over.

Pillow refuses a whole picture for one optional chunk that is damaged or large. Source: PNG, third edition
(W3C 2025).
"""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

from core.icc import SRGB, UNUSABLE, cicp_profile, matrix_profile
from core.sentence import Sentence

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MAX_METADATA = 4 * 2**20  # bytes of one text or profile, inflated
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of each colour type
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
USUAL_GAMMA = 45455  # 1/2.2, with which files mean sRGB; browsers leave their colours alone
ENDS_EARLY = Sentence("file_ends_early", "its file ends early, all rows are there")
DAMAGED = Sentence("file_damaged", "a damaged part of its metadata was left out")


@dataclass(frozen=True)
class Chunk:
    """A chunk with its data; `data` is None for one that is optional and larger than MAX_METADATA.

    Attributes:
        whole: whether it is complete and its checksum right.
    """

    kind: bytes
    data: bytes | None
    whole: bool

    @property
    def optional(self) -> bool:
        """Whether a decoder may do without it."""
        return bool(self.kind[0] & 0x20)


@dataclass(frozen=True)
class Cleaned:
    """A PNG of a first frame.

    Attributes:
        data: the file, without any metadata but orientation.
        depth: bits a sample.
        key: the sample values, one for grey and three for RGB, that are transparent.
        profiles: those that the file names, in the standard's order of precedence; None stands for sRGB.
        canvas: width and height of the picture, and where the frame lies on it; None where it fills it.
        frames: how many there are.
        notes: what the user should know.
    """

    data: bytes
    depth: int
    key: tuple[int, ...] | None = None
    profiles: tuple[bytes | None, ...] = ()
    canvas: tuple[int, int, int, int] | None = None
    frames: int = 1
    notes: tuple[str, ...] = ()


@dataclass
class _Parts:
    """The chunks of a file, sorted."""

    head: dict[bytes, bytes] = field(default_factory=dict)  # before the pixels, the first of a kind
    pixels: list[bytes] = field(default_factory=list)
    frame: bytes | None = None  # the first frame's fcTL where the animation leaves the still picture out
    frame_pixels: list[bytes] = field(default_factory=list)
    ended: bool = False
    damaged: bool = False


def stated_size(stream: BinaryIO) -> tuple[int, int]:
    """Width and height by the header; struct.error where it is cut short."""
    stream.seek(16)
    width, height = struct.unpack(">II", stream.read(8))
    return width, height


def chunks(stream: BinaryIO) -> Iterator[Chunk]:
    """The chunks of a PNG, as far as they can be told apart."""
    stream.seek(len(SIGNATURE))
    while len(start := stream.read(8)) == 8:
        length, kind = struct.unpack(">I4s", start)
        if not kind.isalpha() or not kind.isascii():
            return
        if kind[0] & 0x20 and length > MAX_METADATA and kind != b"fdAT":
            stream.seek(length + 4, io.SEEK_CUR)
            yield Chunk(kind, None, True)
            continue
        data, crc = stream.read(length), stream.read(4)
        yield Chunk(kind, data, crc == struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))


def cleaned(stream: BinaryIO) -> Cleaned:
    """The first frame as a browser takes it. ValueError or zlib.error where pixels are missing or damaged."""
    parts = _sorted(stream)
    header = parts.head[b"IHDR"]
    width, height, depth, colour = struct.unpack(">IIBB", header[:10])
    canvas, pixels = None, parts.pixels
    if parts.frame is not None and parts.frame_pixels:
        own = struct.unpack(">IIII", parts.frame[4:20])  # width, height, left, top
        if own[0] + own[2] > width or own[1] + own[3] > height or not own[0] * own[1]:
            raise ValueError("a frame beyond its picture")
        canvas, pixels = (width, height, own[2], own[3]), parts.frame_pixels
        header = struct.pack(">II", *own[:2]) + header[8:]
    notes = [DAMAGED] if parts.damaged else []
    if not parts.ended:
        pixels, notes = [_completed(header, b"".join(pixels))], [*notes, ENDS_EARLY]
    palette = parts.head.get(b"PLTE") if colour == 3 else None
    transparency, key = parts.head.get(b"tRNS"), None
    kept = [(b"IHDR", header), *([(b"PLTE", palette)] if palette else [])]
    if transparency and colour == 3:
        kept.append((b"tRNS", transparency))
    elif transparency and colour in (0, 2) and len(transparency) >= 2 * CHANNELS[colour]:
        key = struct.unpack_from(f">{CHANNELS[colour]}H", transparency)
    if b"eXIf" in parts.head:
        kept.append((b"eXIf", parts.head[b"eXIf"]))
    kept += [(b"IDAT", data) for data in pixels]
    profiles, problems = _profiles(parts.head)
    frames = struct.unpack(">I", parts.head[b"acTL"][:4])[0] if len(parts.head.get(b"acTL", b"")) >= 8 else 1
    data = SIGNATURE + b"".join(written(*each) for each in (*kept, (b"IEND", b"")))
    return Cleaned(data, depth, key, profiles, canvas, frames, (*notes, *problems))


def written(kind: bytes, data: bytes) -> bytes:
    """A chunk as it stands in a file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))


def _sorted(stream: BinaryIO) -> _Parts:
    """ValueError where a chunk that cannot be done without is damaged."""
    parts = _Parts()
    stills = 0  # fcTL chunks before the pixels
    for chunk in chunks(stream):
        last = not chunk.whole and chunk.kind in (b"IDAT", b"fdAT") and not stream.read(1)
        if chunk.kind == b"IEND":
            parts.ended = True
            break
        if not chunk.whole and not last:
            if not chunk.optional:
                raise ValueError(f"a wrong checksum in {chunk.kind!r}")
            parts.damaged = True
        elif chunk.data is None:
            continue
        elif chunk.kind == b"IDAT":
            parts.pixels.append(chunk.data)
        elif chunk.kind == b"fcTL" and not parts.pixels:
            stills += 1
        elif chunk.kind == b"fcTL" and b"acTL" in parts.head and not stills and len(chunk.data) == 26:
            if parts.frame is not None:
                stills += 1  # the second frame: what follows is not wanted
            else:
                parts.frame = chunk.data
        elif chunk.kind == b"fdAT" and parts.frame is not None and not stills:
            parts.frame_pixels.append(chunk.data[4:])
        elif not parts.pixels:
            parts.head.setdefault(chunk.kind, chunk.data)
    return parts


def _completed(header: bytes, data: bytes) -> bytes:
    """The zlib stream of a file that ends early, with its end; ValueError where rows are missing."""
    width, height, depth, colour, *_, interlaced = struct.unpack(">IIBBBBB", header[:13])
    bits = depth * CHANNELS[colour]

    def size(columns: int, rows: int) -> int:
        return rows * (1 + (columns * bits + 7) // 8) if columns else 0

    needed = size(width, height)
    if interlaced:
        grids = [((width - x + dx - 1) // dx, (height - y + dy - 1) // dy) for x, y, dx, dy in ADAM7]
        needed = sum(size(columns, rows) for columns, rows in grids)
    rows = zlib.decompressobj().decompress(data, needed)
    if len(rows) < needed:
        raise ValueError("rows are missing")
    return zlib.compress(rows, 1)


def _profiles(head: dict[bytes, bytes]) -> tuple[tuple[bytes | None, ...], tuple[str, ...]]:
    """The profiles of cICP, iCCP, sRGB, gAMA with cHRM, in this order, and notes."""
    found: list[bytes | None] = []
    notes: tuple[str, ...] = ()
    if (code := head.get(b"cICP")) and len(code) >= 4:
        try:
            if code[2] or code[3] != 1:
                raise ValueError("colours that are no full-range RGB")
            if code[0] != 2 and code[1] != 2:  # unspecified
                found.append(cicp_profile(code[0], code[1]))
        except ValueError:
            notes = (UNUSABLE,)
    if (named := head.get(b"iCCP")) is not None:
        profile = inflated(named.partition(b"\0")[2][1:])
        if profile is None:
            notes = (UNUSABLE,)
        else:
            found.append(profile)
    if b"sRGB" in head:
        found.append(None)
    if len(gamma := head.get(b"gAMA", b"")) == 4:
        try:
            found.append(_gamma_profile(int.from_bytes(gamma, "big"), head.get(b"cHRM", b"")))
        except ValueError:
            notes = (UNUSABLE,)
    return tuple(found), notes


def _gamma_profile(gamma: int, chromaticities: bytes) -> bytes | None:
    """ValueError where the numbers are no colours."""
    if not gamma:
        raise ValueError("a gamma of 0")
    if len(chromaticities) == 32:
        return matrix_profile([each / 1e5 for each in struct.unpack(">8I", chromaticities)], 1e5 / gamma)
    return None if gamma == USUAL_GAMMA else matrix_profile(SRGB, 1e5 / gamma)


def inflated(data: bytes) -> bytes | None:
    """A zlib stream's contents; None where it is damaged or holds more than MAX_METADATA."""
    stream = zlib.decompressobj()
    try:
        contents = stream.decompress(data, MAX_METADATA)
    except zlib.error:
        return None
    return contents if stream.eof else None


def text(stream: BinaryIO) -> dict[str, str]:
    """The text of the tEXt, zTXt and iTXt chunks; what is damaged or too large is left out."""
    found: dict[str, str] = {}
    total = 0
    for chunk in chunks(stream):
        if chunk.kind not in (b"tEXt", b"zTXt", b"iTXt") or not chunk.whole or not chunk.data:
            continue
        key, _, value = chunk.data.partition(b"\0")
        packed, encoding = chunk.kind == b"zTXt", "latin-1"
        if chunk.kind == b"iTXt":
            flags, (_, _, value) = value[:2], [*value[2:].split(b"\0", 2), b"", b""][:3]
            packed, encoding = flags[:1] == b"\1", "utf-8"
        elif packed:
            value = value[1:]
        contents = inflated(value) if packed else value
        if contents is not None and (total := total + len(contents)) <= MAX_METADATA:
            found[key.decode("latin-1")] = contents.decode(encoding, "replace")
    return found
