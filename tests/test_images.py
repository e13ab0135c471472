import io
import os
import struct
import time
import warnings
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms, ImageFile, ImageOps
from PIL.BmpImagePlugin import BmpImageFile

from core.formats import allowed
from core.images import (
    Picture,
    PictureError,
    open_picture,
    read_text,
    resize,
    to_image,
    to_tensor,
    working_size,
)
from picture_files import save_png

ROLE = "photo"
FORMATS = ["JPEG", "PNG", "WebP", "GIF", "BMP", "TIFF"]


def encoded(image, format="PNG", **options):
    """The bytes of an image file."""
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def gradient(mode="RGB", size=(48, 32)):
    """A picture whose four corners all differ, so that no turn or flip maps it onto itself."""
    width, height = size
    down, across = np.mgrid[0:height, 0:width]
    red, green, blue = across * 255 // (width - 1), down * 255 // (height - 1), (across + down) % 256
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8)).convert(mode)


def plain(mode, colour):
    return Image.new(mode, (24, 20), colour)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width, height, pixels=b"", extra=b""):
    """A PNG of 8-bit grey, its chunks written by hand."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(pixels, 1))
    return b"\x89PNG\r\n\x1a\n" + header + extra + body + chunk(b"IEND", b"")


def display_p3():
    """A Display P3 matrix profile (ICC version 2) whose tone curve is a plain gamma of 2.2."""

    def fixed(*numbers):
        return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)

    def xyz(*numbers):
        return b"XYZ \0\0\0\0" + fixed(*numbers)

    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(2.2 * 256)) + b"\0\0"
    name = b"desc\0\0\0\0" + struct.pack(">I", 3) + b"P3\0" + bytes(79)
    tags = {
        b"desc": name + bytes(-len(name) % 4),
        b"cprt": b"text\0\0\0\0CC0\0",
        b"wtpt": xyz(0.9642, 1.0, 0.8249),
        b"rXYZ": xyz(0.51512, 0.24120, -0.00105),
        b"gXYZ": xyz(0.29198, 0.69225, 0.04189),
        b"bXYZ": xyz(0.15710, 0.06657, 0.78407),
        b"rTRC": curve,
        b"gTRC": curve,
        b"bTRC": curve,
    }
    table, body = struct.pack(">I", len(tags)), b""
    for key, value in tags.items():
        table += key + struct.pack(">II", 128 + 4 + 12 * len(tags) + len(body), len(value))
        body += value
    head = (
        bytes(8) + b"\x02\x40\0\0mntrRGB XYZ " + struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    )
    head += fixed(0.9642, 1.0, 0.8249) + bytes(48)
    profile = head + table + body
    return struct.pack(">I", len(profile)) + profile[4:]


def p3_to_srgb(colour):
    """The same conversion by arithmetic alone."""
    p3 = np.array([[0.51512, 0.29198, 0.15710], [0.24120, 0.69225, 0.06657], [-0.00105, 0.04189, 0.78407]])
    srgb = np.array([[0.43607, 0.38515, 0.14307], [0.22249, 0.71687, 0.06061], [0.01392, 0.09708, 0.71410]])
    linear = np.linalg.solve(srgb, p3 @ (np.array(colour) / 255) ** 2.2).clip(0, 1)
    curved = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.rint(curved * 255)


def assert_near(found, expected, tolerance):
    distance = np.abs(np.asarray(found, dtype=int) - np.asarray(expected, dtype=int)).max()
    assert distance <= tolerance, f"{found} is not within {tolerance} of {expected}"


# Formats and modes


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("kind", ["path", "string", "bytes"])
def test_every_allowed_format_opens_from_every_kind_of_source(format, kind, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(encoded(plain("RGB", (204, 51, 0)), format))
    source = {"path": path, "string": str(path), "bytes": path.read_bytes()}[kind]
    picture = open_picture(source, ROLE)
    assert (picture.rgb.mode, picture.rgb.size, picture.alpha) == ("RGB", (24, 20), None)
    assert_near(picture.rgb.getpixel((12, 10)), (204, 51, 0), 3)


@pytest.mark.parametrize("format", ["GIF", "TIFF", "WebP", "PNG"])
def test_the_first_frame_is_taken(format):
    data = encoded(plain("RGB", "red"), format, save_all=True, append_images=[plain("RGB", "blue")])
    with Image.open(io.BytesIO(data)) as written:
        assert written.n_frames == 2
    assert_near(open_picture(data).rgb.getpixel((5, 5)), (255, 0, 0), 3)


GREY_CASES = [
    (plain("1", 1), 255),
    (plain("L", 77), 77),
    (plain("I;16", 0), 0),
    (plain("I;16", 128), 0),
    (plain("I;16", 129), 1),  # 129 / 257 = 0.502
    (plain("I;16", 257 * 100), 100),
    (plain("I;16", 65535), 255),
    (plain("I;16B", 257 * 100), 100),
    (plain("I;16L", 257 * 100), 100),
    (plain("I", 257 * 200), 200),
    (plain("I", 90_000), 255),
    (plain("I", 200), 1),
    (plain("F", 0.5), 128),
    (plain("F", 1.0), 255),
    (plain("F", 200.0), 200),
    (plain("F", 25700.0), 100),
    (plain("F", -3.0), 0),
    (plain("F", float("nan")), 0),
    (plain("F", float("inf")), 0),
]


@pytest.mark.parametrize(("image", "level"), GREY_CASES, ids=lambda case: getattr(case, "mode", None))
def test_grey_of_every_depth_keeps_its_level(image, level):
    picture = open_picture(image)
    assert picture.rgb.getcolors() == [(24 * 20, (level, level, level))]
    assert picture.alpha is None


def test_deep_grey_out_of_range_is_scaled_to_its_extremes():
    values = np.linspace(-50_000, 150_000, 24 * 20).reshape(20, 24)
    for image in (Image.fromarray(values.astype(np.int32)), Image.fromarray(values.astype(np.float32))):
        rgb = open_picture(image).rgb
        assert rgb.getpixel((0, 0)) == (0, 0, 0)
        assert rgb.getpixel((23, 19)) == (255, 255, 255)
        assert_near(rgb.getpixel((0, 10)), (128, 128, 128), 1)


def test_values_that_are_no_numbers_do_not_disturb_the_others():
    values = np.full((20, 24), 0.2, np.float32)
    values[0, :3] = np.nan, np.inf, -np.inf
    assert sorted(open_picture(Image.fromarray(values)).rgb.getcolors()) == [
        (3, (0, 0, 0)),
        (477, (51, 51, 51)),
    ]


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_a_sixteen_bit_file_is_scaled_and_not_clipped(format):
    levels = np.arange(256, dtype=np.uint16).reshape(16, 16)
    rgb = open_picture(encoded(Image.fromarray(levels * 257), format)).rgb
    assert np.array_equal(np.asarray(rgb)[..., 0], levels)


def test_a_float_tiff_opens():
    levels = np.arange(256, dtype=np.float32).reshape(16, 16)
    rgb = open_picture(encoded(Image.fromarray(levels / 255), "TIFF")).rgb
    assert np.array_equal(np.asarray(rgb)[..., 0], levels)


@pytest.mark.parametrize("format", ["JPEG", "TIFF"])
@pytest.mark.parametrize(
    ("ink", "colour"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((0, 255, 255, 0), (255, 0, 0)),
        ((255, 0, 0, 0), (0, 255, 255)),
        ((0, 0, 0, 255), (0, 0, 0)),
    ],
)
def test_cmyk_is_not_inverted(format, ink, colour):
    data = encoded(plain("CMYK", ink), format)  # Pillow writes CMYK JPEGs inverted, as Adobe does
    if format == "JPEG":
        assert b"Adobe" in data
    assert_near(open_picture(data).rgb.getpixel((9, 9)), colour, 3)


@pytest.mark.parametrize("mode", ["P", "HSV", "YCbCr", "RGBX", "RGB", "1", "L"])
def test_a_colour_mode_opens_as_pillow_converts_it(mode):
    image = gradient(mode)
    assert open_picture(image).rgb.tobytes() == image.convert("RGB").tobytes()


@pytest.mark.parametrize("as_file", [False, True])
@pytest.mark.parametrize(
    ("lab", "colour"),
    [
        ((255, 128, 128), (255, 255, 255)),
        ((0, 128, 128), (0, 0, 0)),
        ((137, 128, 128), (128, 128, 128)),  # L* = 53.7 is middle grey
        ((138, 209, 198), (255, 0, 0)),  # L*a*b* of sRGB red at D50: 54.3, 80.8, 69.9
    ],
)
def test_lab_opens(lab, colour, as_file):
    image = plain("LAB", lab)
    source = encoded(image, "TIFF") if as_file else image
    assert_near(open_picture(source).rgb.getpixel((9, 9)), colour, 6)  # LAB has 8 bits here


# Transparency


def palette_with_alpha(alpha):
    """Put in afterwards, because Pillow 10 loses it when RGBA becomes PA."""
    image = plain("RGB", (200, 100, 0)).convert("P").convert("PA")
    image.putalpha(alpha)
    return image


@pytest.mark.parametrize(
    ("image", "rgb", "alpha"),
    [
        (plain("RGBA", (200, 100, 0, 0)), (255, 255, 255), 0),
        (plain("RGBA", (200, 100, 0, 51)), (244, 224, 204), 51),  # a fifth of the colour, the rest white
        (plain("RGBA", (200, 100, 0, 255)), (200, 100, 0), None),
        (plain("LA", (100, 51)), (224, 224, 224), 51),
        (plain("LA", (100, 255)), (100, 100, 100), None),
        (plain("La", (20, 51)), (224, 224, 224), 51),  # premultiplied: 20 = 100 / 5
        (plain("RGBa", (40, 20, 0, 51)), (244, 224, 204), 51),
        (palette_with_alpha(51), None, 51),
    ],
    ids=lambda case: getattr(case, "mode", None),
)
def test_transparent_parts_lie_over_white(image, rgb, alpha):
    picture = open_picture(image)
    assert picture.rgb.mode == "RGB"
    if rgb is not None:
        assert_near(picture.rgb.getpixel((3, 3)), rgb, 1)
    if alpha is None:
        assert picture.alpha is None
    else:
        assert picture.alpha.mode == "L"
        assert picture.alpha.getcolors() == [(24 * 20, alpha)]


@pytest.mark.parametrize("format", ["PNG", "GIF"])
def test_a_transparent_palette_colour_becomes_alpha(format):
    image = plain("P", 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    image.paste(1, (0, 0, 12, 20))
    picture = open_picture(encoded(image, format, transparency=1))
    assert picture.rgb.getpixel((0, 0)) == (255, 255, 255)
    assert picture.rgb.getpixel((20, 0)) == (255, 0, 0)
    assert (picture.alpha.getpixel((0, 0)), picture.alpha.getpixel((20, 0))) == (0, 255)


def test_palette_transparency_given_as_bytes_becomes_alpha():
    image = plain("P", 1)
    image.putpalette([255, 0, 0, 0, 0, 0])
    picture = open_picture(encoded(image, transparency=b"\xff\x33"))
    assert picture.alpha.getpixel((0, 0)) == 51
    assert_near(picture.rgb.getpixel((0, 0)), (204, 204, 204), 1)


@pytest.mark.parametrize(("mode", "colour"), [("L", 7), ("RGB", (7, 8, 9))])
def test_a_colour_key_becomes_alpha(mode, colour):
    image = plain(mode, colour)
    image.paste("white", (0, 0, 12, 20))
    picture = open_picture(encoded(image, transparency=colour))
    assert (picture.alpha.getpixel((0, 0)), picture.alpha.getpixel((20, 0))) == (255, 0)


def test_an_unused_transparent_colour_leaves_the_picture_opaque():
    image = plain("P", 0)
    image.putpalette([255, 0, 0, 0, 0, 255])
    assert open_picture(encoded(image, transparency=1)).alpha is None


def test_alpha_survives_the_way_through_a_tensor():
    image = gradient("RGBA")
    image.putalpha(gradient("L"))
    picture = open_picture(encoded(image))
    result = to_image(to_tensor(picture.rgb), picture.alpha)
    assert result.mode == "RGBA"
    assert result.getchannel("A").tobytes() == image.getchannel("A").tobytes()
    assert result.convert("RGB").tobytes() == picture.rgb.tobytes()


def test_alpha_is_resized_to_the_tensor():
    alpha = plain("L", 0)
    alpha.paste(255, (0, 0, 12, 20))
    result = to_image(torch.zeros(1, 3, 40, 48), alpha)
    assert result.size == (48, 40)
    assert (result.getpixel((2, 20))[3], result.getpixel((45, 20))[3]) == (255, 0)
    assert alpha.size == (24, 20)


# Orientation and profiles


def oriented(orientation, format, **options):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(gradient(), format, exif=exif, **options)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("format", "options"), [("PNG", {}), ("TIFF", {}), ("WebP", {"lossless": True}), ("JPEG", {})]
)
def test_exif_orientation_is_applied_once(orientation, format, options):
    data = oriented(orientation, format, **options)
    rgb = open_picture(data).rgb
    with Image.open(io.BytesIO(data)) as stored:
        assert rgb.tobytes() == ImageOps.exif_transpose(stored).convert("RGB").tobytes()
    assert rgb.size == ((48, 32) if orientation < 5 else (32, 48))


@pytest.mark.parametrize(
    ("orientation", "corner"),  # where the stored top left pixel, the darkest, must end up
    [
        (1, (0, 0)),
        (2, (47, 0)),
        (3, (47, 31)),
        (4, (0, 31)),
        (5, (0, 0)),
        (6, (31, 0)),
        (7, (31, 47)),
        (8, (0, 47)),
    ],
)
def test_exif_orientation_turns_the_right_way(orientation, corner):
    assert open_picture(oriented(orientation, "PNG")).rgb.getpixel(corner) == (0, 0, 0)


def test_the_orientation_of_a_pillow_image_is_applied():
    with Image.open(io.BytesIO(oriented(6, "JPEG"))) as image:
        assert open_picture(image).rgb.size == (32, 48)


def test_a_transposed_picture_transposes_its_alpha():
    image = gradient("RGBA")
    image.putalpha(gradient("L"))
    exif = Image.Exif()
    exif[0x0112] = 6
    alpha = open_picture(encoded(image, exif=exif)).alpha
    assert alpha.tobytes() == gradient("L").transpose(Image.Transpose.ROTATE_270).tobytes()


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WebP"])
@pytest.mark.parametrize(
    "exif", [b"Exif\0\0nonsense", b"Exif\0\0MM\0*\0\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff"]
)
@pytest.mark.filterwarnings("ignore")
def test_broken_exif_is_ignored(format, exif):
    assert open_picture(encoded(gradient(), format, exif=exif)).rgb.size == (48, 32)


def test_metadata_is_left_behind():
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    rgb = open_picture(encoded(gradient(), exif=exif, icc_profile=display_p3())).rgb
    assert rgb.info == {}
    assert not rgb.getexif()


@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WebP"])
@pytest.mark.parametrize(
    "colour", [(255, 255, 255), (0, 0, 0), (128, 128, 128), (180, 90, 60), (90, 160, 120)]
)
def test_a_wide_gamut_profile_is_converted_to_srgb(format, colour):
    options = {"PNG": {}, "TIFF": {}, "JPEG": {"quality": 100}, "WebP": {"lossless": True}}[format]
    data = encoded(plain("RGB", colour), format, icc_profile=display_p3(), **options)
    assert_near(open_picture(data).rgb.getpixel((9, 9)), p3_to_srgb(colour), 3)


def test_the_wide_gamut_test_can_fail():
    assert np.abs(p3_to_srgb((180, 90, 60)) - (180, 90, 60)).max() > 10


def test_the_profile_of_a_palette_picture_is_used():
    image = plain("P", 0)
    image.putpalette([180, 90, 60])
    data = encoded(image, icc_profile=display_p3())
    assert_near(open_picture(data).rgb.getpixel((9, 9)), p3_to_srgb((180, 90, 60)), 3)


def test_a_profile_spares_alpha():
    data = encoded(plain("RGBA", (180, 90, 60, 254)), icc_profile=display_p3())
    picture = open_picture(data)
    assert picture.alpha.getpixel((0, 0)) == 254
    assert_near(picture.rgb.getpixel((0, 0)), p3_to_srgb((180, 90, 60)), 3)


def test_an_srgb_profile_changes_nothing():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert_near(open_picture(encoded(gradient(), icc_profile=profile)).rgb, gradient(), 1)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "CMYK"])
@pytest.mark.parametrize(
    "profile",
    [b"", b"nonsense", display_p3()[:100], display_p3()[:200] + bytes(400)],
    ids=["empty", "nonsense", "cut", "zeros"],
)
def test_a_broken_profile_is_ignored(mode, profile):
    image = gradient(mode)
    image.info["icc_profile"] = profile
    assert open_picture(image).rgb.tobytes() == image.convert("RGB").tobytes()


def test_a_profile_for_another_mode_is_ignored():
    image = gradient("CMYK")
    image.info["icc_profile"] = display_p3()
    assert open_picture(image).rgb.tobytes() == image.convert("RGB").tobytes()


# Refusals


def tiff_header(width, height):
    tags = {256: width, 257: height, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: height, 279: width * height}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def webp_header(width, height):
    """An animated WebP with a small first frame on a large canvas."""
    still = encoded(plain("RGB", "red"), "WebP", lossless=True)[12:]
    sizes = [struct.pack("<I", number - 1)[:3] for number in (width, height, 24, 20)]
    frame = bytes(6) + sizes[2] + sizes[3] + b"\x64\0\0\0" + still
    body = (
        b"WEBPVP8X"
        + struct.pack("<II", 10, 2)
        + sizes[0]
        + sizes[1]
        + b"ANIM"
        + struct.pack("<I", 6)
        + bytes(6)
    )
    body += b"ANMF" + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def huge(format, width, height):
    """A small file whose header claims a huge picture."""
    data = encoded(plain("L", 0), format)
    if format == "GIF":
        return data[:6] + struct.pack("<HH", width, height) + data[10:]
    if format == "BMP":
        return data[:18] + struct.pack("<ii", width, height) + data[26:]
    if format == "JPEG":
        start = data.index(b"\xff\xc0") + 5
        return data[:start] + struct.pack(">HH", height, width) + data[start + 4 :]
    return {"PNG": png, "TIFF": tiff_header, "WebP": webp_header}[format](width, height)


@contextmanager
def memory_limit(megabytes):
    """Let the process's address space grow by so much at most (where the system can say and do so)."""
    resource = pytest.importorskip("resource")
    if not os.path.exists("/proc/self/statm"):
        pytest.skip("needs /proc")
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    before = resource.getrlimit(resource.RLIMIT_AS)
    limit = pages * resource.getpagesize() + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.filterwarnings("error")
def test_a_huge_header_is_refused_before_any_pixel_is_decoded(format, monkeypatch):
    def load(self):
        raise AssertionError("decoded")

    data = huge(format, 60_000, 60_000)
    monkeypatch.setattr(ImageFile.ImageFile, "load", load)
    start = time.perf_counter()
    with pytest.raises(PictureError) as raised:
        open_picture(data, ROLE)
    assert time.perf_counter() - start < 2
    assert str(raised.value) == (
        "The photo is 60,000 x 60,000 px (3,600 megapixels); at most 100 megapixels are allowed."
    )


def bombs():
    """Small files that would unpack to 256 MB, or claim 3.6 gigapixels."""
    zeros = zlib.compress(bytes(2**28), 1)
    grey = bytes(25 * 20)
    yield "text chunk", png(24, 20, grey, chunk(b"zTXt", b"key\0\0" + zeros)), None
    yield "profile", png(24, 20, grey, chunk(b"iCCP", b"key\0\0" + zeros)), None
    many = chunk(b"zTXt", b"key\0\0" + zlib.compress(bytes(2**20))) * 256
    yield "many text chunks", png(24, 20, grey, many), None
    for format in ("PNG", "JPEG", "BMP", "GIF", "TIFF"):
        yield format, huge(format, 60_000, 60_000), "at most 100 megapixels"
    disposed = b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + b"\0\0\0!\xf9\4\x08\0\0\0\0,"
    disposed += struct.pack("<HHHH", 0, 0, 60_000, 60_000) + b"\0\2\2L\1\0;"
    yield "GIF that clears its frame", disposed, "at most 100 megapixels"


def test_bombs_are_refused_or_passed_over_within_a_memory_limit():
    cases = list(bombs())
    with memory_limit(150):
        for name, data, sentence in cases:
            if sentence is None:  # metadata alone, without which the picture is what it is
                assert open_picture(data, name).rgb.getcolors() == [(480, (0, 0, 0))]
                continue
            with pytest.raises(PictureError, match=sentence):
                open_picture(data, name)


def test_pixels_beyond_the_picture_are_not_unpacked():
    data = png(24, 20, bytes(2**28))
    with memory_limit(150):
        assert open_picture(data).rgb.getcolors() == [(480, (0, 0, 0))]


@pytest.mark.parametrize(
    ("size", "sentence"),
    [
        ((12_000, 9_000), "12,000 x 9,000 px (108 megapixels); at most 100 megapixels are allowed."),
        ((10_001, 10_000), "10,001 x 10,000 px (101 megapixels); at most 100 megapixels are allowed."),
        ((400, 15), "400 x 15 px; at least 16 px are needed on the short side."),
        ((15, 15), "15 x 15 px; at least 16 px are needed on the short side."),
        ((1, 1), "1 x 1 px; at least 16 px are needed on the short side."),
        ((2001, 100), "2,001 x 100 px (20.1:1); the long side may be at most 20 times the short side."),
        ((16, 400), "16 x 400 px (25:1); the long side may be at most 20 times the short side."),
    ],
)
@pytest.mark.parametrize("kind", ["file", "image"])
def test_a_size_out_of_range_is_refused(size, sentence, kind):
    source = png(*size) if kind == "file" else Image.new("1", size)
    with pytest.raises(PictureError) as raised:
        open_picture(source, ROLE)
    assert str(raised.value) == f"The photo is {sentence}"


@pytest.mark.parametrize("size", [(16, 16), (320, 16), (16, 320), (2000, 100)])
def test_a_size_at_the_limit_is_allowed(size):
    assert open_picture(Image.new("L", size)).rgb.size == size


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_ninety_five_megapixels_open_without_a_warning(format, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 89_478_485)  # Pillow's own
    data = encoded(Image.new("1", (10_000, 9_500), 1), format)
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = open_picture(data)
    assert picture.rgb.size == (10_000, 9_500)
    assert picture.rgb.getpixel((9_999, 9_499)) == (255, 255, 255)
    assert time.perf_counter() - start < 10


def test_no_picture_is_a_sentence():
    with pytest.raises(PictureError) as raised:
        open_picture(None, ROLE)
    assert str(raised.value) == (f"No photo was chosen: please add a {allowed()} picture.")


NOT_ALLOWED = f"The photo is not a {allowed()} picture"
UNREADABLE = "The photo could not be read: its file is damaged, cut short or of an unusual kind."


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", NOT_ALLOWED),
        (b"Just words, in a file named .jpg", NOT_ALLOWED),
        (b"8BPS" + bytes(100), NOT_ALLOWED),
        (b"%!PS-Adobe-3.0 EPSF-3.0", NOT_ALLOWED),
        (encoded(gradient(), "PPM"), NOT_ALLOWED),
        (encoded(gradient(), "ICO"), NOT_ALLOWED),
        (b"MM, words again", UNREADABLE),
        (b"BMW, words again", UNREADABLE),
        (b"RIFF\x24\0\0\0WAVEfmt ", UNREADABLE),
        (b"\xff\xd8\xff\xe0", UNREADABLE),
        (b"GIF89a" + bytes(range(1, 200)), UNREADABLE),
        (b"GIF89a\x20\0\x20\0\0\0\0," + bytes(4) + b"\x20\0\x20\0\0\2\xff" + b"\xff" * 300, UNREADABLE),
    ],
)
def test_what_is_no_allowed_picture_is_refused(data, sentence, tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(data)
    for source in (path, data):
        with pytest.raises(PictureError, match=sentence):
            open_picture(source, ROLE)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("part", [0.5, 0.8])
@pytest.mark.filterwarnings("ignore")
def test_a_truncated_file_is_refused(format, part):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), format)
    with pytest.raises(PictureError, match=UNREADABLE) as raised:
        open_picture(data[: int(len(data) * part)], ROLE)
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("name", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_is_refused(name):
    data = bytearray(encoded(gradient()))
    start = data.index(name)
    (length,) = struct.unpack(">I", data[start - 4 : start])
    data[start + 4 + length] ^= 0xFF
    with pytest.raises(PictureError, match=UNREADABLE):
        open_picture(bytes(data), ROLE)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    pipe = tmp_path / "pipe"  # reading it would wait for ever
    if hasattr(os, "mkfifo"):
        os.mkfifo(pipe)
    for source in (tmp_path / "missing.jpg", tmp_path, pipe, "", "a\0b"):
        with pytest.raises(PictureError, match="The painting was not found"):
            open_picture(source, "painting")


def test_a_file_too_large_is_refused_unread(tmp_path):
    path = tmp_path / "large.webp"
    with path.open("wb") as file:
        file.write(encoded(gradient(), "WebP"))
        file.truncate(1_000_000_001)  # sparse
    with pytest.raises(PictureError, match="The photo's file is larger than the 1,000 MB allowed"):
        open_picture(path, ROLE)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError("x"), UNREADABLE),
        (SyntaxError("x"), UNREADABLE),
        (ValueError("x"), UNREADABLE),
        (struct.error("x"), UNREADABLE),
        (RecursionError("x"), UNREADABLE),
        (Image.DecompressionBombWarning("x"), UNREADABLE),
        (MemoryError(), "The photo needs too much memory; at most 100 megapixels are allowed."),
        (Image.DecompressionBombError("x"), "at most 100 megapixels are allowed."),
    ],
    ids=lambda case: type(case).__name__ if isinstance(case, Exception) else "",
)
@pytest.mark.parametrize("where", ["_open", "verify", "load"])
def test_whatever_a_decoder_raises_becomes_a_sentence(error, sentence, where, monkeypatch, tmp_path):
    def fail(self):
        raise error

    path = tmp_path / "picture.bmp"
    gradient().save(path)
    opened = watch_files(monkeypatch)
    monkeypatch.setattr(BmpImageFile, where, fail)
    with pytest.raises(PictureError, match=sentence) as raised:
        open_picture(path, ROLE)
    cause = raised.value.__cause__
    assert cause is error or cause.__cause__ is error  # Pillow itself wraps some
    assert [file.closed for file in opened] == [True]


def watch_files(monkeypatch):
    """A list that fills with every file opened by Path.open."""
    opened, original = [], Path.open

    def watched(self, *arguments, **options):
        opened.append(original(self, *arguments, **options))
        return opened[-1]

    monkeypatch.setattr(Path, "open", watched)
    return opened


@pytest.mark.parametrize("format", FORMATS)
def test_the_file_is_closed_and_the_picture_stays_usable(format, monkeypatch, tmp_path):
    path = tmp_path / "picture"
    path.write_bytes(encoded(gradient(), format))
    opened = watch_files(monkeypatch)
    picture = open_picture(path)
    assert [file.closed for file in opened] == [True]
    path.unlink()
    assert resize(picture, 24).rgb.size == (24, 16)


# Sizes


@pytest.mark.parametrize(
    ("width", "height", "size", "expected"),
    [
        (640, 480, 512, (512, 384)),
        (480, 640, 512, (384, 512)),
        (300, 300, 255, (255, 255)),
        (100, 75, 333, (333, 250)),  # upwards, 249.75
        (1000, 333, 257, (257, 86)),  # 85.6
        (7, 3, 101, (101, 43)),  # 43.3
        (2000, 100, 64, (64, 16)),  # 3.2 px would vanish in VGG's poolings
        (100, 2000, 300, (16, 300)),
        (2000, 100, 400, (400, 20)),
        (50, 40, 16, (16, 16)),
    ],
)
def test_working_size(width, height, size, expected):
    assert working_size(width, height, size) == expected


def test_the_long_side_is_always_the_size_asked_for():
    for size in (16, 63, 64, 127, 255, 256, 511, 768, 1024):
        for long in (16, 17, 99, 641, 1333, 9973):
            short = max(16, long * 7 // 11)
            for width, height in ((long, short), (short, long)):
                found = working_size(width, height, size)
                assert max(found) == size
                assert min(found) == max(16, round(short * size / long))
                assert working_size(*found, size) == found


def test_a_size_below_the_least_is_refused():
    with pytest.raises(PictureError, match="A size of 15 px was asked for; at least 16 px are needed"):
        working_size(100, 100, 15)


@pytest.mark.parametrize("size", [16, 63, 64, 97, 300])
def test_resize_follows_the_working_size_for_colour_and_alpha(size):
    image = gradient("RGBA", (61, 37))
    image.putalpha(gradient("L", (61, 37)))
    picture = resize(open_picture(image), size)
    assert picture.rgb.size == picture.alpha.size == working_size(61, 37, size)
    assert (picture.rgb.mode, picture.alpha.mode) == ("RGB", "L")
    assert to_image(to_tensor(picture.rgb), picture.alpha).size == picture.rgb.size


def test_resize_keeps_colours_and_opaqueness():
    picture = resize(Picture(plain("RGB", (10, 200, 90)), None), 60)
    assert picture.rgb.getcolors() == [(60 * 50, (10, 200, 90))]
    assert picture.alpha is None


# Tensors


def test_every_level_makes_the_way_there_and_back():
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = Image.fromarray(np.stack([levels, 255 - levels, levels.T], axis=2))
    tensor = to_tensor(image)
    assert (tensor.shape, tensor.dtype) == ((1, 3, 16, 16), torch.float32)
    assert tensor.is_contiguous()
    assert (tensor.min(), tensor.max()) == (0, 1)
    assert to_image(tensor).tobytes() == image.tobytes()
    assert to_image(tensor.to(torch.float16)).tobytes() == image.tobytes()
    assert to_image(tensor.double()).tobytes() == image.tobytes()


def test_channels_and_axes_are_in_order():
    image = Image.new("RGB", (5, 3))
    image.putpixel((4, 1), (255, 51, 0))
    tensor = to_tensor(image)
    assert tensor.shape == (1, 3, 3, 5)
    assert torch.equal(tensor[0, :, 1, 4], torch.tensor([255.0, 51.0, 0.0]) / 255)
    assert tensor.sum() == pytest.approx(1.2)


def test_values_are_clamped_and_rounded_to_nearest():
    values = [-1.0, 0.0, 0.4 / 255, 0.6 / 255, 99.4 / 255, 99.6 / 255, 1.0, 7.0, -np.inf, np.inf, np.nan]
    tensor = torch.tensor(values).view(1, 1, 1, -1).expand(1, 3, 1, -1)
    levels = np.asarray(to_image(tensor))[0, :, 0].tolist()
    assert levels == [0, 0, 0, 1, 99, 100, 255, 255, 0, 255, 0]


def test_a_tensor_that_learns_can_be_shown():
    assert to_image(torch.ones(1, 3, 4, 4, requires_grad=True)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("shape", [(3, 4, 4), (2, 3, 4, 4), (1, 4, 4, 4), (1, 1, 4, 4)])
def test_another_shape_is_refused(shape):
    with pytest.raises(ValueError, match="1, 3, H, W"):
        to_image(torch.zeros(shape))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "CMYK", "I;16"])
def test_inputs_are_left_as_they_were(mode):
    image = Image.new("I;16", (48, 32), 300) if mode == "I;16" else gradient(mode)
    if mode == "RGBA":
        image.putalpha(gradient("L"))
    image.info["icc_profile"] = display_p3()
    before = (image.mode, image.size, image.tobytes(), dict(image.info))
    picture = open_picture(image)
    assert (image.mode, image.size, image.tobytes(), dict(image.info)) == before

    picture.rgb.paste("red", (0, 0, 10, 10))  # and no pixels are shared
    assert image.tobytes() == before[2]

    alpha = gradient("L")
    tensor = to_tensor(picture.rgb) * 3 - 1
    kept = (picture.rgb.tobytes(), alpha.tobytes(), tensor.clone())
    resize(Picture(picture.rgb, alpha), 20)
    to_image(tensor, alpha).paste("blue", (0, 0, 9, 9))
    to_tensor(picture.rgb).zero_()
    assert (picture.rgb.tobytes(), alpha.tobytes()) == kept[:2]
    assert torch.equal(tensor, kept[2])


# Text in PNG files


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_text_makes_the_way_there_and_back(mode, tmp_path):
    text = {
        "Method": "café",
        "Style": "Ōta, 北斎 🌊",
        "Settings": '{"size": 256,\n "weight": 1e-3}',
        "Empty": "",
    }
    path = tmp_path / "result.png"
    save_png(gradient(mode), path, text)
    found = read_text(path)
    assert found == text
    assert {type(value) for value in found.values()} == {str}
    assert open_picture(path).rgb.tobytes() == gradient().tobytes()


def test_a_png_without_text_has_none(tmp_path):
    save_png(gradient(), tmp_path / "result.png", {})
    assert read_text(str(tmp_path / "result.png")) == {}


def test_text_is_read_from_files_that_hold_settings_only(tmp_path):
    gradient().save(tmp_path / "picture.gif")
    with pytest.raises(PictureError, match="not a PNG"):
        read_text(tmp_path / "picture.gif")
    with pytest.raises(PictureError, match="was not found"):
        read_text(tmp_path / "missing.png")
