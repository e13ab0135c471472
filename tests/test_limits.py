"""What is refused before any work: a sentence names the setting, its limit and what is allowed."""

import math
import re

import pytest
import torch
from PIL import Image

from compare.checks import OverLimit, check_request
from compare.limits import LOCAL, PUBLIC, current, is_public
from core.images import PictureError
from core.plates import plates
from methods.adain import AdaINSettings
from methods.autoencoder import bounded_side
from methods.base import Style
from methods.gatys import Gatys
from methods.gatys_presets import GatysSettings
from methods.mix import STYLE_SIDE
from picture_files import save_png
from ui.restore import restored

UDNIE = plates()[0].name


def picture(tmp_path, width, height, name="p.png"):
    path = tmp_path / name
    Image.new("L", (width, height)).save(path)
    return path


@pytest.fixture
def pictures(tmp_path):
    return picture(tmp_path, 300, 200, "a.png"), picture(tmp_path, 320, 240, "b.png")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"HOST": "127.0.0.1"}, False),
        ({"HOST": "::1"}, False),
        ({"HOST": "localhost"}, False),
        ({"HOST": "0.0.0.0"}, True),
        ({"HOST": "example.org"}, True),
        ({"SPACE_ID": "a/b"}, True),
        ({"STYLEGRID_PUBLIC": "1"}, True),
        ({"STYLEGRID_PUBLIC": "0", "HOST": "0.0.0.0"}, False),
    ],
)
def test_strangers_are_expected_where_they_can_come(environment, expected):
    assert is_public(environment) is expected
    assert current(environment) == (PUBLIC if expected else LOCAL)


def test_the_environment_sets_limits():
    limits = current({"STYLEGRID_SECONDS": "7.5", "STYLEGRID_STYLES": "2", "HOST": "0.0.0.0"})
    assert (limits.seconds, limits.styles, limits.side) == (7.5, 2, PUBLIC.side)
    with pytest.raises(ValueError, match=r"STYLEGRID_STYLES is '1\.5'; it must be a whole number above 0"):
        current({"STYLEGRID_STYLES": "1.5"})
    for wrong in ("many", "0", "-1", "nan"):
        with pytest.raises(ValueError, match=r"STYLEGRID_SECONDS is .*; it must be a number above 0"):
            current({"STYLEGRID_SECONDS": wrong})


@pytest.mark.parametrize(
    ("limits", "settings", "size", "repeats", "sentence"),
    [
        (PUBLIC, {}, 1536, 0, "size is 1,536; at most 1,024 pixels are allowed here."),
        (PUBLIC, {}, 512, 20, "repeats is 20; at most 3 are allowed here."),
        (LOCAL, {"plates": (UDNIE,) * 1500}, 512, 0, f"adain: plates has {UDNIE} more than once"),
        (
            PUBLIC,
            {"plates": tuple(plate.name for plate in plates()[:4])},
            512,
            0,
            "adain: plates, second are 4 in all; at most 3 can be mixed in.",
        ),
        (
            LOCAL,
            {"style_size": 2048},
            512,
            0,
            "adain: style_size is 2,048; for this painting of 320 x 240 px at most 480 is allowed.",
        ),
        (LOCAL, {"shares": " " * 70_000 + "1"}, 512, 0, "at most 64,000 are allowed."),
    ],
)
def test_too_much_is_a_sentence(pictures, limits, settings, size, repeats, sentence):
    with pytest.raises(OverLimit, match=re.escape(sentence)):
        check_request(limits, *pictures, {"adain": AdaINSettings(**settings)}, (size,), repeats)


def test_what_a_refusal_names_is_allowed(pictures):
    for limits in (LOCAL, PUBLIC):
        check_request(limits, *pictures, {"adain": AdaINSettings(style_size=480)}, (1024,), 3)


def test_a_long_style_picture_cannot_be_enlarged(tmp_path, pictures):
    long = picture(tmp_path, 320, 16)
    with pytest.raises(OverLimit, match="at most 64 is allowed"):
        check_request(LOCAL, pictures[0], long, {"adain": AdaINSettings(style_size=2048)}, (64,), 0)


def test_pixels_of_the_style_count_and_not_only_its_side(tmp_path, pictures):
    large = picture(tmp_path, 4000, 4000)
    gatys = GatysSettings.make(style_size=4000, steps=1)
    check_request(LOCAL, pictures[0], large, {"gatys": gatys}, (64,), 0)
    with pytest.raises(OverLimit, match="at most 1,024 is allowed"):
        check_request(PUBLIC, pictures[0], large, {"gatys": gatys}, (64,), 0)


@pytest.mark.parametrize("role", ["photo", "painting", "second", "mask"])
def test_large_files_are_refused_by_their_headers(tmp_path, pictures, role, monkeypatch):
    large = picture(tmp_path, 6000, 5000, "large.png")
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("decoded"))
    photo, style = pictures
    settings = {"second": str(large if role.endswith("second") else photo)}
    settings["mask"] = str(large) if role.endswith("mask") else ""
    files = large if role == "photo" else photo, large if role == "painting" else style
    found = f"The {role} is 6,000 x 5,000 px; at most 24 megapixels are allowed here, as 5,366 x 4,472 px."
    with pytest.raises(PictureError, match=re.escape(found)):
        check_request(PUBLIC, *files, {"adain": AdaINSettings(**settings)}, (512,), 0)


def predicted(name, settings, pixels):
    return Gatys().reference_seconds(settings, pixels / 1e6)


def check_gatys(pictures, sizes, repeats, **values):
    settings = {"gatys": GatysSettings.make(**values)}
    check_request(PUBLIC, *pictures, settings, sizes, repeats, predicted)


def test_seconds_are_counted_over_steps_repeats_and_sizes(pictures):
    once = predicted("gatys", GatysSettings.make(steps=10), 512 * 341)
    steps = int(10 * PUBLIC.seconds / once)
    check_gatys(pictures, (512,), 0, steps=min(steps - 1, 5000))
    with pytest.raises(OverLimit, match=r"120 s .*: set gatys's steps from 5,000 to ([\d,]+)") as found:
        check_gatys(pictures, (1024,), 0, steps=5000)
    nearest = int(str(found.value).rstrip(".").rsplit(" ", 1)[1].replace(",", ""))
    check_gatys(pictures, (1024,), 0, steps=nearest)
    with pytest.raises(OverLimit):
        check_gatys(pictures, (1024,), 0, steps=nearest + 1)
    with pytest.raises(OverLimit, match="set repeats from 3 to 0"):
        check_gatys(pictures, (1024,), 3, steps=nearest)
    with pytest.raises(OverLimit, match="choose fewer or smaller sizes"):
        check_gatys(pictures, (768, 1024), 0, steps=nearest)
    assert math.isinf(LOCAL.seconds)


def test_settings_nested_too_deeply_to_read_are_a_sentence(tmp_path):
    text = {"stylegrid.method": "gatys", "stylegrid.size": "64", "stylegrid.settings": "[" * 100_000}
    save_png(Image.new("RGB", (32, 32)), tmp_path / "deep.png", text)
    with pytest.raises(ValueError, match="carries no settings that StyleGrid knows"):
        restored(str(tmp_path / "deep.png"), {"gatys": Gatys()})


def test_the_long_side_of_a_style_picture_is_bounded():
    narrow, usual = Style(torch.zeros(1, 3, 16, 320)), Style(torch.zeros(1, 3, 240, 320))
    assert bounded_side(narrow, 2048) * 320 // 16 <= STYLE_SIDE
    assert bounded_side(usual, 512) == 512
