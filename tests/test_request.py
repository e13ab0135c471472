"""From a browser's or a client's values to requests, and from a PNG's text back to values."""

import json
import math
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import compare.schema
from core.images import PAINTING, PictureError, open_picture, read_text, resize
from core.plates import PlateIndex
from engine.inline import InlineEngine
from fake_methods import Masked, MaskedSettings, Quick
from methods import ALL
from methods.cin import CIN
from methods.gatys import Gatys
from page_handlers import Shown, events_of, session, uploaded
from picture_files import save_png
from ui.request import checked_path, plans, read_settings
from ui.restore import restored

DATA = Path(__file__).parent / "data"
METHODS = {method.name: method() for method in ALL} | {"quick": Quick(), "masked": Masked()}
QUICK = {"quick": Quick.Settings()}

# Settings


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"strength": 3}, "Quick: strength is 3; it must be a number from 0 to 1."),
        ({"strength": None}, "Quick: strength is None; it must be a number from 0 to 1."),
        ({"seed": 1.5}, "Quick: seed is 1.5; it must be a whole number from"),
        ({"seed": math.inf}, "Quick: "),
        ({"bold": "yes"}, "Quick: bold is 'yes'; it is true or false."),
        ({"colour": 1}, "Quick: there is no setting 'colour'"),
        (["strength"], "Quick: its settings are ['strength']; name each"),
    ],
)
def test_wrong_settings_are_refused_with_method_field_and_range(changes, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read_settings(Quick(), changes)


def test_a_whole_number_may_come_as_a_float():
    seed = read_settings(Quick(), {"seed": 7.0}).seed
    assert (seed, type(seed)) == (7, int)


def test_a_file_setting_takes_uploads_only(photo):
    assert read_settings(CIN(), {"learnt": uploaded(photo)}).learnt == str(photo)
    assert read_settings(CIN(), {"learnt": None}).learnt == ""
    with pytest.raises(ValueError, match=r"CIN.*: The file did not arrive"):
        read_settings(CIN(), {"learnt": str(photo)})


# Requests


def requests(photo, painting, settings=QUICK, size=64, repeats=0, plates=None, sweep=None):
    engine = InlineEngine([Quick(), Masked()], "cpu")
    files = uploaded(photo), uploaded(painting)
    planned = plans(engine, *files, settings, size, repeats, plates or PlateIndex({}), sweep)
    return [plan.request() for plan in planned]


def test_a_request_holds_pictures_at_working_size(tmp_path, painting):
    path = tmp_path / "cut-out.png"
    image = Image.effect_noise((200, 150), 90).convert("RGB")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    image.save(path)
    (request,) = requests(path, painting, size=100.0, repeats=2, plates=PlateIndex({"noise": painting}))
    expected = resize(open_picture(path), 100)
    assert np.array_equal(request.content, np.asarray(expected.rgb))
    assert np.array_equal(request.alpha, np.asarray(expected.alpha))
    assert request.content.shape == (75, 100, 3)
    assert np.array_equal(request.style, np.asarray(open_picture(painting).rgb))
    assert (request.settings, request.repeats, request.style_name) == (QUICK, 2, "noise")


def test_a_sweep_is_a_request_for_each_size(photo, painting):
    built = requests(photo, painting, sweep=[512, 256, 512])
    assert [max(each.content.shape) for each in built] == [256, 512]


def test_what_waits_holds_no_picture(photo, painting, monkeypatch):
    monkeypatch.setattr(compare.schema, "open_picture", lambda *_: 1 / 0)
    engine, files = InlineEngine([Quick()], "cpu"), (uploaded(photo), uploaded(painting))
    small, large = plans(engine, *files, QUICK, 64, 1, PlateIndex({}), [512, 256])
    assert (small.content, small.style, small.size, large.size) == (str(photo), str(painting), 256, 512)
    assert 0 < small.seconds < large.seconds
    assert len(pickle.dumps(small)) < 2000
    with pytest.raises(ZeroDivisionError):
        small.request()


def test_a_large_upload_is_not_decoded(painting, monkeypatch):
    monkeypatch.setenv("STYLEGRID_MEGAPIXELS", "0.001")
    with pytest.raises(PictureError, match=r"at most 0.001 megapixels are allowed here, as \d+ x \d+ px"):
        checked_path(uploaded(painting), PAINTING)


def test_files_travel_by_content(photo, painting):
    settings = {"masked": read_settings(Masked(), {"mask": uploaded(photo)})}
    (request,) = requests(photo, painting, settings)
    assert request.settings == {"masked": MaskedSettings(mask=photo.name)}
    assert request.files == {"masked.mask": photo.read_bytes()}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"settings": {}}, "No method was chosen"),
        ({"size": 1025}, "it must be from 64 to 1024 pixels"),
        ({"size": True}, "it must be from 64 to 1024 pixels"),
        ({"repeats": 21}, "repeats is 21; it must be a whole number from 0 to 20."),
        *(
            ({"sweep": sizes}, "choose at least one of 256, 384")
            for sizes in ([], [300], "256", [256, 10**5])
        ),
    ],
)
def test_what_is_out_of_range_is_refused(photo, painting, changes, sentence):
    with pytest.raises(ValueError, match=sentence):
        requests(photo, painting, **changes)


def test_a_missing_picture_is_refused():
    with pytest.raises(PictureError, match="No painting was chosen"):
        checked_path(None, PAINTING)


# PNGs


def written(path, **text):
    save_png(Image.new("RGB", (16, 16)), path, {f"stylegrid.{name}": value for name, value in text.items()})
    return str(path)


@pytest.mark.parametrize("name", ["adain", "gatys"])
def test_a_png_of_version_1_0_is_restored(name):
    path = DATA / f"{name}-1.0.png"
    values = json.loads(read_text(path)["stylegrid.settings"])
    files = {setting.name for setting in METHODS[name].Settings.fields() if setting.file}
    found = restored(str(path), METHODS)
    assert (found.method, found.size, found.lost) == (name, 64, ())
    assert found.values.items() >= {key: value for key, value in values.items() if key not in files}.items()
    assert {"adain": "grain", "gatys": "formulas"}[name] in found.values


def test_a_png_gives_its_settings_back(tmp_path):
    settings = Gatys.Settings.make(preset="d2l", steps=77, style_layers=("relu1_1", "relu3_1"))
    path = written(tmp_path / "a.png", method="gatys", size="320", settings=json.dumps(settings.as_dict()))
    found = restored(path, METHODS)
    assert read_settings(Gatys(), found.values) == settings
    assert found.values == settings.as_dict()
    assert (found.method, found.size, found.lost) == ("gatys", 320, ())


def test_files_are_lost(tmp_path):
    settings = json.dumps(CIN.Settings.make(learnt="monet.safetensors").as_dict())
    found = restored(written(tmp_path / "a.png", method="cin", size="64", settings=settings), METHODS)
    assert found.lost == ("learnt",)
    assert "learnt" not in found.values


def test_a_file_that_was_used_is_lost(tmp_path):
    settings = json.dumps({"mask": "mine.png", "seed": 3})
    found = restored(written(tmp_path / "a.png", method="masked", size="64", settings=settings), METHODS)
    assert (found.values, found.lost) == ({"seed": 3}, ("mask",))


@pytest.mark.parametrize(
    "text",
    [
        {},
        {"method": "monet", "size": "64", "settings": "{}"},
        {"method": "quick", "size": "big", "settings": "{}"},
        {"method": "quick", "size": "64", "settings": "{"},
        {"method": "quick", "size": "64", "settings": '{"strength": 7}'},
        {"method": "quick", "size": "64", "settings": '{"courage": 7}'},
        {"method": "quick", "size": "64", "settings": "[]"},
    ],
)
def test_a_png_without_settings_of_ours_is_a_sentence(tmp_path, text):
    with pytest.raises(ValueError, match=r"carries no settings that StyleGrid knows"):
        restored(written(tmp_path / "a.png", **text), METHODS)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("photo.jpg", r"carries no settings .* downloaded from here"),
        ("photo.gif", r"not a PNG, JPEG or WebP file.* Drop a PNG that was downloaded from StyleGrid"),
    ],
)
def test_another_picture_is_a_sentence(tmp_path, name, sentence):
    path = tmp_path / name
    Image.new("RGB", (32, 32)).save(path)
    with pytest.raises(ValueError, match=sentence):
        restored(str(path), METHODS)


@pytest.mark.parametrize(("size", "near"), [(2048, 1024), (16, 64)])
def test_a_size_beyond_the_page_becomes_the_nearest_one(tmp_path, size, near):
    """As of a sweep's picture, or of one from the command line."""
    events = events_of(Quick())
    settings = json.dumps(Quick.Settings(strength=0.7).as_dict())
    path = written(tmp_path / "a.png", method="quick", size=str(size), settings=settings)
    (page,) = Shown(events).after(iter([events.restore(uploaded(path), session("a"))]))
    assert "The settings of Quick are restored." in page.status
    assert f"The size is {near:,} px, the nearest here to the picture&#x27;s {size:,} px." in page.status
    inputs = events.inputs
    assert (page.values[inputs.size], page.values[inputs.panels["quick"].controls["strength"]]) == (near, 0.7)
