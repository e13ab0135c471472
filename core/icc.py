"""Colour profiles: written from primaries and a transfer curve, and applied by littlecms."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageCms

from core.sentence import Sentence

MODES = {"GRAY": "L", "RGB": "RGB", "CMYK": "CMYK", "Lab": "LAB"}  # Pillow's of a profile's colour space
UNUSABLE = Sentence("profile_unusable", "a colour profile of it cannot be used")

D50 = np.array([0.9642, 1.0, 0.8249])  # white of every ICC profile, XYZ
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

D65 = (0.3127, 0.3290)
Chromaticities = Sequence[float]
"""x and y of white, red, green and blue, as a PNG's cHRM has them."""

SRGB = (*D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
PRIMARIES: dict[int, Chromaticities] = {  # ITU-T H.273, table 2
    1: SRGB,
    4: (0.310, 0.316, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    9: (*D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.314, 0.351, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}
GAMMAS = {1: 2.4, 4: 2.2, 5: 2.8, 6: 2.4, 8: 1.0, 14: 2.4, 15: 2.4}  # table 3; video as BT.1886 displays it
SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)  # ICC.1:2022, parametric curve of type 3
UNSPECIFIED = 2


def to_srgb(image: Image.Image, profiles: Iterable[bytes | None]) -> tuple[Image.Image, list[str]]:
    """A new RGB picture in sRGB, and notes. `image` is in mode L, RGB, CMYK or LAB.

    The first of the profiles that can be used is applied; None stands for sRGB itself. Where there is none,
    the colours are those of sRGB already.
    """
    notes: list[str] = []
    for profile in profiles:
        if profile is None:
            break
        try:
            return _applied(image, profile), notes
        except (ImageCms.PyCMSError, OSError, KeyError, ValueError):
            notes = [UNUSABLE]
    if image.mode == "LAB":  # which Pillow converts by a profile only
        return _applied(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()), notes
    return image.convert("RGB"), notes


def _applied(image: Image.Image, data: bytes) -> Image.Image:
    """KeyError or ValueError where the profile is for colours of another kind."""
    profile = ImageCms.ImageCmsProfile(io.BytesIO(data))
    mode = MODES[profile.profile.xcolor_space.strip()]
    if (image.mode, mode) == ("L", "RGB"):
        image = image.convert("RGB")
    elif (image.mode, mode) == ("RGB", "L"):
        red, green, blue = image.split()
        if ImageChops.difference(red, green).getbbox() or ImageChops.difference(red, blue).getbbox():
            raise ValueError("a profile of grey on a coloured picture")
        image = red
    elif image.mode != mode:
        raise ValueError(f"a profile of {mode} on a picture of {image.mode}")
    target = ImageCms.createProfile("sRGB")
    return ImageCms.buildTransform(profile, target, mode, "RGB").apply(image)


def cicp_profile(primaries: int, transfer: int) -> bytes | None:
    """The profile of coding-independent code points (ITU-T H.273), None for sRGB.

    ValueError for those that are for video of a high dynamic range, rare or reserved.
    """
    if UNSPECIFIED in (primaries, transfer) or (primaries, transfer) == (1, 13):
        return None
    if primaries not in PRIMARIES or not (transfer in GAMMAS or transfer == 13):
        raise ValueError(f"colour primaries {primaries} with transfer {transfer}")
    return matrix_profile(PRIMARIES[primaries], GAMMAS.get(transfer))


def matrix_profile(chromaticities: Chromaticities, gamma: float | None) -> bytes:
    """An ICC profile (version 4, matrix and curve) of RGB with these chromaticities and this exponent from
    values to light; None for the curve of sRGB. ValueError where the chromaticities span no colours."""
    columns = _to_d50(chromaticities).T
    curve = (
        b"para\0\0\0\0\0\3\0\0" + _fixed(*SRGB_CURVE)
        if gamma is None
        else b"para\0\0\0\0\0\0\0\0" + _fixed(gamma)
    )
    text = "mluc\0\0\0\0\0\0\0\1\0\0\0\x0cenUS\0\0\0\2\0\0\0\x1c\0x\0\0".encode("latin-1")
    tags = [(b"desc", text), (b"cprt", text), (b"wtpt", b"XYZ \0\0\0\0" + _fixed(*D50))]
    for name, column in zip(b"rgb", columns, strict=True):
        tags += [(bytes([name]) + b"XYZ", b"XYZ \0\0\0\0" + _fixed(*column)), (bytes([name]) + b"TRC", curve)]
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags:
        table += key + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(value))
        body += value
    size = 128 + len(table) + len(body)
    head = (
        struct.pack(">I", size)
        + b"\0\0\0\0\x04\x30\0\0mntrRGB XYZ "
        + struct.pack(">6H", 2024, 1, 1, 0, 0, 0)
    )
    return head + b"acsp" + bytes(28) + _fixed(*D50) + bytes(48) + table + body


def _fixed(*numbers: float) -> bytes:
    """As s15Fixed16. ValueError where a number does not fit."""
    if not all(abs(number) < 2**15 for number in numbers):  # NaN does not compare either
        raise ValueError("numbers beyond what a profile holds")
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _to_d50(chromaticities: Chromaticities) -> NDArray[np.float64]:
    """RGB to XYZ, adapted to D50 by Bradford's matrix (ICC.1:2022, annex E)."""
    x, y = np.reshape(chromaticities, (4, 2)).T.astype(float)
    if not (y > 0).all():
        raise ValueError("chromaticities without light")
    white, *primaries = np.stack([x / y, np.ones(4), (1 - x - y) / y], axis=1)
    matrix = np.stack(primaries, axis=1)
    try:
        matrix = matrix * np.linalg.solve(matrix, white)
    except np.linalg.LinAlgError as error:
        raise ValueError("chromaticities on one line") from error
    gains = np.diag((BRADFORD @ D50) / (BRADFORD @ white))
    adapted: NDArray[np.float64] = np.linalg.inv(BRADFORD) @ gains @ BRADFORD @ matrix
    return adapted
