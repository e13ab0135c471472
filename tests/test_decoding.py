"""Files as browsers draw them, where metadata, depth, orientation, frames or transparency matter."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from compare.results import photo, picture
from compare.schema import Tile, make_request
from core import formats
from core.alpha import opaque_part, unblended
from core.formats import allowed
from core.images import Picture, PictureError, open_picture, resize
from core.png import DAMAGED, ENDS_EARLY
from fake_methods import FakeSettings
from picture_files import (
    P3,
    animated,
    chunk,
    cicp,
    encoded,
    gamma,
    iccp,
    oriented,
    png,
    small_first_frame,
    smooth,
    soft,
    tiff,
    with_chunks,
)
from ui.picture_input import size_line

UNUSABLE = "a colour profile of it cannot be used"
PLAIN = encoded(smooth())


def noise(size=(64, 64)):
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), np.uint8))


# Colour profiles


@pytest.mark.parametrize(
    ("chunks", "notes"),
    [
        ([iccp(b"nonsense")], (UNUSABLE,)),
        ([chunk(b"iCCP", b"x\0\0no zlib stream")], (UNUSABLE,)),
        ([chunk(b"iCCP", b"x\0\0" + zlib.compress(bytes(2**23)))], (UNUSABLE,)),
        ([cicp(9, 16)], (UNUSABLE,)),  # a high dynamic range
        ([gamma(0)], (UNUSABLE,)),
        ([gamma(100000), chunk(b"cHRM", bytes(32))], (UNUSABLE,)),
        ([cicp(2, 2)], ()),  # unspecified
        ([chunk(b"sRGB", b"\0")], ()),
    ],
)
def test_colours_without_a_usable_profile_stay_and_a_note_says_so(chunks, notes):
    decoded = open_picture(with_chunks(PLAIN, *chunks))
    assert decoded.rgb.tobytes() == smooth().tobytes()
    assert decoded.notes == notes


@pytest.mark.parametrize("mode", ["CMYK", "LAB"])
def test_a_profile_of_another_kind_leaves_a_note(mode):
    image = Image.new(mode, (24, 20))
    image.info["icc_profile"] = P3
    assert open_picture(image).notes == (UNUSABLE,)


def test_a_profile_leaves_alpha_alone():
    with_profile, without = (open_picture(encoded(soft(), icc_profile=each)) for each in (P3, None))
    assert with_profile.alpha.tobytes() == without.alpha.tobytes()
    assert with_profile.colours.tobytes() != without.colours.tobytes()


# Metadata


@pytest.mark.parametrize("length", [10, 2**21, 2**26])
@pytest.mark.parametrize("kind", [b"tEXt", b"zTXt", b"iTXt", b"prVt"])
def test_metadata_of_any_size_is_passed_over(kind, length):
    packed = zlib.compress(bytes(length), 1)
    data = {b"zTXt": b"k\0\0" + packed, b"iTXt": b"k\0\1\0\0\0" + packed}.get(kind, b"k\0" + bytes(length))
    assert open_picture(with_chunks(PLAIN, chunk(kind, data))).rgb.tobytes() == smooth().tobytes()


@pytest.mark.parametrize("kind", [b"tEXt", b"gAMA", b"tRNS", b"eXIf"])
def test_an_optional_chunk_with_a_wrong_checksum_is_left_out(kind):
    damaged = chunk(kind, struct.pack(">I", 100000) + bytes(2))[:-1] + b"?"
    decoded = open_picture(with_chunks(PLAIN, damaged))
    assert decoded.rgb.tobytes() == smooth().tobytes()
    assert decoded.notes == (DAMAGED,)


@pytest.mark.parametrize("cut", [12, 13, 16, 18])  # the end chunk, the pixels' checksum, zlib's checksum
def test_a_png_that_ends_after_its_rows_is_read(cut):
    decoded = open_picture(PLAIN[:-cut])
    assert decoded.rgb.tobytes() == smooth().tobytes()
    assert decoded.notes == (ENDS_EARLY,)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
@pytest.mark.parametrize("cut", [1, 2])
def test_a_jpeg_without_its_end_marker_is_read(options, cut):
    data = encoded(noise(), "JPEG", **options)
    decoded = open_picture(data[:-cut])
    assert decoded.rgb.tobytes() == open_picture(data).rgb.tobytes()
    assert decoded.notes == (ENDS_EARLY,)


@pytest.mark.parametrize("format", ["PNG", "JPEG"])
@pytest.mark.parametrize("cut", [40, 200, 900])
def test_a_file_without_all_its_rows_is_a_sentence(format, cut):
    with pytest.raises(PictureError, match="damaged, cut short or of an unusual kind"):
        open_picture(encoded(noise(), format)[:-cut])


# Depth


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_a_transparent_grey_is_that_of_the_files_own_depth(depth):
    value = 1
    bits = format(value, f"0{depth}b") * (32 * 24 * 2) + format(0, f"0{depth}b") * (32 * 24)
    row = int(bits[: 32 * depth], 2).to_bytes(4 * depth, "big")
    other = bytes(4 * depth)
    decoded = open_picture(png(32, 24, depth, 0, [row] * 12 + [other] * 12, chunk(b"tRNS", b"\0\1")))
    assert (decoded.alpha.getpixel((3, 3)), decoded.alpha.getpixel((3, 20))) == (0, 255)


def test_transparent_rgb_of_16_bits_is_told_from_its_neighbours():
    row = struct.pack(">9H", 300, 600, 900, 300, 600, 901, 301, 600, 900) * 8
    key = chunk(b"tRNS", struct.pack(">3H", 300, 600, 900))
    alpha = np.asarray(open_picture(png(24, 16, 16, 2, [row] * 16, key)).alpha)
    assert alpha[0].tolist() == [0, 255, 255] * 8


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("depth", [8, 16])
def test_white_is_zero_at_every_depth_and_byte_order(depth, order):
    top = 2**depth - 1
    values = [open_picture(tiff(depth, order, 0, value)).rgb.getpixel((5, 5)) for value in (0, top // 5, top)]
    assert values == [(255,) * 3, (204,) * 3, (0,) * 3]
    assert open_picture(tiff(depth, order, 1, top // 5)).rgb.getpixel((5, 5)) == (51,) * 3


# Orientation and frames


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WebP"])
def test_xmp_turns_nothing(format):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><tiff:Orientation>6</tiff:Orientation></x:xmpmeta>'
    if format == "PNG":
        data = with_chunks(PLAIN, chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp))
    else:
        data = encoded(smooth(), format, xmp=xmp)
    assert open_picture(data).rgb.size == (48, 32)


def test_exif_turns_a_webp():
    assert open_picture(oriented(6, "WebP", lossless=True)).rgb.size == (32, 48)


def test_a_first_frame_leaves_the_rest_of_its_canvas_transparent():
    for data in (small_first_frame(), animated(False)):
        decoded = open_picture(data)
        assert decoded.colours.size == (48, 32)
        alpha = np.asarray(decoded.alpha)
        assert (alpha[6:26, 8:32] == 255).all()
        assert alpha.sum() == 255 * 24 * 20


@pytest.mark.parametrize("format", ["GIF", "TIFF", "WebP", "PNG", "AVIF"])
def test_the_page_says_which_frame_it_shows(format):
    others = [smooth().transpose(Image.Transpose.ROTATE_180), smooth("L").convert("RGB")]
    data = encoded(smooth(), format, save_all=True, append_images=others)
    picture = open_picture(data)
    assert "48 × 32 px, first of 3 frames" in size_line(picture.colours.size, picture.notes)


# Alpha


def tile(image):
    return Tile("quick", "Quick", FakeSettings(), image=image)


def every_alpha():
    """256 columns of all alphas, rows of different colours."""
    colours = np.random.default_rng(0).integers(0, 256, (32, 256, 3), np.uint8)
    alpha = np.broadcast_to(np.arange(256, dtype=np.uint8), (32, 256))
    return Image.fromarray(np.dstack([colours, alpha]), "RGBA")


def test_a_result_that_is_the_photo_gives_the_photo_back_at_every_alpha():
    given = every_alpha()
    request = make_request(open_picture(encoded(given)), Picture(smooth(), None), {}, 256)
    result = picture(tile(request.content), request)
    assert result.tobytes() == given.tobytes() == photo(request).tobytes()


def test_a_result_is_freed_of_the_white_beneath():
    given = every_alpha()
    request = make_request(open_picture(encoded(given)), Picture(smooth(), None), {}, 256)
    wanted = np.full((32, 256, 3), (200, 100, 50), np.float32)
    opacity = request.alpha[..., None] / 255
    shown = np.rint(wanted * opacity + 255 * (1 - opacity)).astype(np.uint8)
    result = np.asarray(picture(tile(shown), request))[..., :3]
    assert np.abs(result[:, 128:].astype(int) - wanted[:, 128:]).max() <= 2  # half a level, doubled, twice
    assert unblended(shown, request.content, request.straight, request.alpha).dtype == np.uint8


def test_hidden_colours_do_not_bleed_when_a_picture_is_made_smaller():
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((200, 30, 30, 255), (0, 0, 31, 64))
    small = resize(open_picture(encoded(image)), 16)
    visible = np.asarray(small.alpha) > 8
    assert visible.sum() > 16 * 7
    assert np.abs(np.asarray(small.colours)[visible].astype(int) - (200, 30, 30)).max() <= 2


def test_a_style_counts_with_its_opaque_part_alone():
    texture = noise((96, 96)).resize((96, 96), Image.Resampling.BICUBIC)
    alpha = Image.new("L", (96, 96), 0)
    alpha.paste(255, (10, 20, 70, 90))
    style = Picture(texture, alpha)
    filled = np.asarray(make_request(Picture(smooth(), None), style, {}, 64).style)
    inside = np.asarray(texture)[20:90, 10:70]
    assert filled.shape == (96, 96, 3)
    assert np.array_equal(filled[20:90, 10:70], inside)
    assert np.abs(filled.reshape(-1, 3).mean(0) - inside.reshape(-1, 3).mean(0)).max() < 3
    assert np.abs(np.asarray(style.rgb).reshape(-1, 3).mean(0) - inside.reshape(-1, 3).mean(0)).min() > 50
    known = {tuple(pixel) for pixel in inside.reshape(-1, 3)}
    assert {tuple(pixel) for pixel in filled.reshape(-1, 3)} <= known


def test_specks_of_a_style_are_enough_and_nothing_is_not():
    alpha = Image.new("L", (48, 32), 0)
    alpha.putpixel((5, 5), 90)
    assert opaque_part(smooth(), alpha).getcolors() == [(48 * 32, smooth().getpixel((5, 5)))]
    with pytest.raises(PictureError, match="wholly transparent"):
        Picture(smooth(), Image.new("L", (48, 32), 0)).opaque()


def test_a_mask_counts_luma_times_opacity():
    black_and_white = Image.new("L", (48, 32))
    black_and_white.paste(255, (0, 0, 20, 32))
    on_clear = Image.new("RGBA", (48, 32), (255, 255, 255, 0))
    on_clear.putalpha(black_and_white)
    masks = [open_picture(encoded(each)).over("black").tobytes() for each in (black_and_white, on_clear)]
    assert masks[0] == masks[1]


# Formats


def test_every_sentence_names_the_same_formats(monkeypatch):
    monkeypatch.setattr(formats, "heic", lambda: None)
    assert allowed() == "JPEG, PNG, WebP, GIF, BMP, AVIF or TIFF"
    heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(80)
    jpeg_2000 = encoded(smooth(), "JPEG2000")
    for data, told in (
        (None, "No photo"),
        (b"words", "is not a"),
        (heic, "pip install pillow-heif"),
        (jpeg_2000, "JPEG 2000"),
    ):
        with pytest.raises(PictureError, match=told) as raised:
            open_picture(data, "photo")
        assert allowed() in str(raised.value)


def test_heic_is_read_where_pillow_heif_is_installed():
    heif = pytest.importorskip("pillow_heif")
    file = heif.from_pillow(smooth())
    path = io.BytesIO()
    file.save(path, quality=100, chroma=444)
    decoded = open_picture(path.getvalue())
    assert "HEIC" in allowed()
    assert np.abs(np.asarray(decoded.rgb).astype(int) - np.asarray(smooth())).max() <= 6
