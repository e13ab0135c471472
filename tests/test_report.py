"""What can be taken away from a run, and put back."""

import base64
import csv
import io
import json
import re
import zipfile

import gradio as gr
import pytest
from PIL import Image

from compare.comparison import Comparison, Request
from compare.results import picture, png_text
from core.images import Picture, read_png_text, save_png
from fake_methods import Failing, Quick, Stepped
from methods.base import Stop
from methods.gatys import Gatys
from page_handlers import handlers_of, uploaded
from ui.report import archive, flat
from ui.restore import restored
from ui.settings_panel import Panel
from ui.store import MOST_KEPT, Run, Runs

CONTENT = Picture(Image.effect_noise((96, 48), 90).convert("RGB"), None)
STYLE = Picture(Image.radial_gradient("L").convert("RGB"), None)


@pytest.fixture(scope="module")
def finished():
    """A run with a method that fails, and its tiles."""
    methods = [Quick(), Stepped(), Failing()]
    settings = {method.name: method.Settings() for method in methods}
    run = Run(CONTENT, STYLE, settings, 64)
    *_, tiles = Comparison(methods, "cpu").run(Request(CONTENT, STYLE, settings, 64, stop=Stop()))
    return run, tiles, {}


@pytest.fixture(scope="module")
def parcel(finished):
    return zipfile.ZipFile(io.BytesIO(archive(*finished)))


def test_the_parcel_is_complete(parcel):
    assert sorted(parcel.namelist()) == [
        "content.png",
        "quick.png",
        "report.html",
        "results.csv",
        "results.json",
        "sheet.png",
        "stepped.png",
        "style.png",
    ]
    assert parcel.testzip() is None


def test_its_pictures_are_exact_and_carry_their_settings(parcel, finished, tmp_path):
    run, tiles, _ = finished
    parcel.extract("quick.png", tmp_path)
    assert read_png_text(tmp_path / "quick.png") == png_text(tiles["quick"])
    with Image.open(tmp_path / "quick.png") as image:
        assert image.tobytes() == picture(tiles["quick"], run.content).tobytes()
    with Image.open(parcel.open("content.png")) as image:
        assert image.size == (64, 32)
    with Image.open(parcel.open("sheet.png")) as image:
        assert image.width > 3 * image.height  # photo, style and two results


def test_its_numbers_are_those_of_the_tiles(parcel, finished):
    results = json.loads(parcel.read("results.json"))
    assert list(results) == ["quick", "stepped", "failing"]
    rows = list(csv.DictReader(io.StringIO(parcel.read("results.csv").decode())))
    assert [row["method"] for row in rows] == list(results)
    assert float(rows[0]["distances.style"]) == finished[1]["quick"].distances.style
    assert json.loads(rows[1]["seconds.warm"]) == []
    assert rows[2]["error"] == "The weights <file> is damaged."


def test_its_page_needs_nothing_else(parcel):
    html = parcel.read("report.html").decode()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "url(" not in html
    assert "@import" not in html
    assert html.count("<article") == 3
    assert "The weights &lt;file&gt; is damaged." in html


def test_its_page_holds_each_picture_once(parcel):
    html = parcel.read("report.html").decode()
    for name in ("content", "style", "quick", "stepped"):
        assert html.count(base64.b64encode(parcel.read(f"{name}.png")).decode()) == 1
    assert "Full size" not in html  # browsers open no data address in a tab


def test_its_page_shows_and_gives_the_exact_pictures(parcel, page, tmp_path):
    parcel.extract("report.html", tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_function(
        "[...document.images].length === 7 && [...document.images].every(each => each.naturalWidth > 1)"
    )  # two inputs, the photo in three tiles, two results
    with page.expect_download() as download:
        page.get_by_label("Download the picture of Quick as PNG").click()
    assert download.value.suggested_filename == "stylegrid-quick.png"
    assert download.value.path().read_bytes() == parcel.read("quick.png")


def test_nested_numbers_become_columns():
    assert flat({"a": {"b": 1, "c": {"d": None}}, "e": [1, 2]}) == {"a.b": 1, "a.c.d": None, "e": "[1, 2]"}


@pytest.fixture(scope="module")
def panels():
    with gr.Blocks():
        return {method.name: Panel(method) for method in (Quick(), Gatys())}


def written(path, **text):
    save_png(Image.new("RGB", (16, 16)), path, {f"stylegrid.{name}": value for name, value in text.items()})
    return str(path)


def test_a_png_gives_its_settings_back(panels, tmp_path):
    settings = Gatys.Settings.make(preset="d2l", steps=77, style_layers=("relu1_1", "relu3_1"))
    path = written(tmp_path / "a.png", method="gatys", size="320", settings=json.dumps(settings.as_dict()))
    found = restored(path, panels)
    assert (found.method, found.settings, found.size) == ("gatys", settings, 320)
    assert found.lost == ()


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
def test_a_png_without_settings_of_ours_is_a_sentence(panels, tmp_path, text):
    with pytest.raises(ValueError, match=r"carries no settings that StyleGrid knows"):
        restored(written(tmp_path / "a.png", **text), panels)


def test_another_picture_is_a_sentence(panels, tmp_path):
    path = tmp_path / "photo.jpg"
    Image.new("RGB", (32, 32)).save(path)
    with pytest.raises(ValueError, match=r"not a PNG file.* Drop a PNG that was downloaded from StyleGrid"):
        restored(str(path), panels)


@pytest.mark.parametrize(("size", "near"), [(2048, 1024), (16, 64)])
def test_a_size_beyond_the_page_becomes_the_nearest_one(tmp_path, size, near):
    """As of a sweep's picture, or of one from the command line."""
    handlers = handlers_of(Quick())
    settings = json.dumps(Quick.Settings(strength=0.7).as_dict())
    path = written(tmp_path / "a.png", method="quick", size=str(size), settings=settings)
    told, shown, *values = handlers.restore(uploaded(path))
    assert "The settings of Quick are restored." in told
    assert f"The size is {near:,} px, the nearest here to the picture&#x27;s {size:,} px." in told
    assert (shown, values[0]) == (near, 0.7)


def test_the_newest_runs_are_kept():
    runs, run = Runs(), Run(CONTENT, STYLE, {}, 64)
    for session in range(MOST_KEPT + 1):
        runs.keep(str(session), run, {}, {})
    assert runs.last("0") is None
    assert runs.last("1") == (run, {}, {})
    runs.forget("1")
    assert runs.last("1") is None
