"""Files of every mode, depth, alpha, profile, orientation and chunk order against plain littlecms."""

import io
import zlib

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps

from core.icc import PRIMARIES, SRGB, matrix_profile
from core.images import open_picture
from picture_files import P3, chromaticities, chunk, cicp, encoded, gamma, grey_profile, iccp, with_chunks

EXAMPLES = settings(max_examples=150, derandomize=True, deadline=None, database=None)
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "TIFF": ("1", "L", "LA", "RGB", "RGBA", "I;16", "CMYK"),
}
MODES |= {"WebP": ("RGB", "RGBA"), "JPEG": ("L", "RGB", "CMYK")}
OPTIONS = {"WebP": {"lossless": True, "exact": True}, "JPEG": {"quality": 100, "subsampling": 0}}
COLOURS = {  # of PNG chunks: rank in the standard's order, the chunks, the profile that they mean
    "cicp": (0, [cicp(9, 13)], matrix_profile(PRIMARIES[9], None)),
    "iccp": (1, [iccp(P3)], P3),
    "srgb": (2, [chunk(b"sRGB", b"\0")], None),
    "gamma": (3, [gamma(60000)], matrix_profile(SRGB, 1 / 0.6)),
    "gamma and chromaticities": (3, [gamma(50000), chromaticities(12)], matrix_profile(PRIMARIES[12], 2)),
}
SEEDS = st.integers(0, 2**32 - 1)


def picture(mode, seed):
    """Random pixels of a mode, 24 x 18."""
    values = np.random.default_rng(seed).integers(0, 256, (18, 24, 4), np.uint8)
    if mode == "I;16":
        return Image.fromarray(values[..., 0].astype(np.uint16) * 257)
    image = Image.fromarray(values[..., :3])
    if mode in ("LA", "RGBA"):
        image = image.convert(mode)
        image.putalpha(Image.fromarray(values[..., 3]))
        return image
    return image.convert(mode)


def reference(image, profile):
    """The straight sRGB colours of an image by ImageCms alone, and its alpha."""
    alpha = image.getchannel("A") if image.mode in ("LA", "RGBA") else None
    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) // 257).astype(np.uint8))
    grey = image.mode in ("1", "L", "LA")
    if image.mode != "CMYK":
        image = image.convert("L" if grey else "RGB")
    if profile is None:
        return image.convert("RGB"), alpha
    source = ImageCms.getOpenProfile(io.BytesIO(profile))
    if source.profile.xcolor_space.strip() != "GRAY":
        image = image.convert("RGB")
    target = ImageCms.createProfile("sRGB")
    return ImageCms.profileToProfile(image, source, target, outputMode="RGB"), alpha


def assert_same(data, image, profile, orientation=1, levels=1):
    decoded = open_picture(data)
    colours, alpha = reference(image, profile)
    if orientation != 1:
        exif = Image.Exif()
        exif[0x0112] = orientation
        for each in filter(None, (colours, alpha)):
            each.getexif()[0x0112] = orientation
        colours, alpha = ImageOps.exif_transpose(colours), alpha and ImageOps.exif_transpose(alpha)
    difference = np.asarray(decoded.colours).astype(int) - np.asarray(colours)
    assert decoded.colours.size == colours.size
    assert np.abs(difference).max() <= levels
    assert (decoded.alpha or alpha) is None or decoded.alpha.tobytes() == alpha.tobytes()


@EXAMPLES
@given(
    st.sampled_from([(format, mode) for format, modes in MODES.items() for mode in modes]),
    st.booleans(),
    st.integers(1, 8),
    SEEDS,
)
def test_modes_profiles_and_orientations(kind, tagged, orientation, seed):
    format, mode = kind
    image = picture(mode, seed)
    grey = mode in ("1", "L", "LA", "I;16")
    profile = None if not tagged or mode == "CMYK" else grey_profile() if grey else P3
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(image, format, icc_profile=profile, exif=exif, **OPTIONS.get(format, {}))
    if format == "JPEG":  # what libjpeg changes is not the matter here
        image = Image.open(io.BytesIO(data))
        image.load()
        image.info = {}
        image = Image.fromarray(np.asarray(image), image.mode) if mode != "CMYK" else image.copy()
        image.getexif().clear()
    if mode == "P":
        image = image.convert("RGB")
    assert_same(data, image, profile, orientation)


@EXAMPLES
@given(st.sampled_from(("L", "LA", "RGB", "RGBA")), st.permutations(list(COLOURS)), st.integers(0, 5), SEEDS)
def test_colour_chunks_count_in_the_standards_order_and_not_in_the_files(mode, order, count, seed):
    chosen = list(order[:count])
    if {"gamma", "gamma and chromaticities"} <= set(chosen):
        chosen.remove("gamma")
    image = picture(mode, seed)
    data = with_chunks(encoded(image), *(each for name in chosen for each in COLOURS[name][1]))
    first = min(chosen, key=lambda name: COLOURS[name][0], default=None)
    assert_same(data, image, COLOURS[first][2] if first else None)


@EXAMPLES
@given(st.sampled_from(("L", "RGB")), st.sampled_from((8, 16)), SEEDS)
def test_a_transparent_value_is_exact_at_every_depth(mode, depth, seed):
    random = np.random.default_rng(seed)
    channels, top = len(mode), 2**depth
    samples = random.integers(0, 3, (16, 18, channels)) + random.integers(0, top - 3)
    key = samples[tuple(random.integers(0, (16, 18)))]
    rows = b"".join(b"\0" + row.astype(">u2" if depth == 16 else "u1").tobytes() for row in samples)
    header = (
        (18).to_bytes(4, "big") + (16).to_bytes(4, "big") + bytes([depth, 2 if channels == 3 else 0, 0, 0, 0])
    )
    parts = [
        (b"IHDR", header),
        (b"tRNS", key.astype(">u2").tobytes()),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    decoded = open_picture(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts))
    assert ((np.asarray(decoded.alpha) == 0) == (samples == key).all(2)).all()
