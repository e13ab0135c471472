"""What can be taken away from a run, and put back."""

import base64
import csv
import io
import json
import re
import zipfile
from datetime import datetime

import pytest
from PIL import Image

from compare.comparison import Comparison
from compare.results import picture, png_text, record
from compare.schema import make_request
from core.images import Picture, read_text
from core.version import VERSION
from fake_methods import Failing, Quick, Stepped
from ui.report import archive, flat
from ui.store import Finished

CONTENT = Picture(Image.effect_noise((96, 48), 90).convert("RGB"), None)
STYLE = Picture(Image.radial_gradient("L").convert("RGB"), None)


@pytest.fixture(scope="module")
def finished():
    """A request with a method that fails, and its tiles."""
    methods = [Quick(), Stepped(), Failing()]
    request = make_request(CONTENT, STYLE, {method.name: method.Settings() for method in methods}, 64)
    return request, {tile.method: tile for tile in Comparison(methods, "cpu").run(request)}


@pytest.fixture(scope="module")
def packed(finished):
    return zipfile.ZipFile(io.BytesIO(archive(Finished(*finished))))


def test_the_archive_is_complete(packed):
    assert sorted(packed.namelist()) == [
        "content.png",
        "quick.png",
        "report.html",
        "results.csv",
        "results.json",
        "sheet.png",
        "stepped.png",
        "style.png",
    ]
    assert packed.testzip() is None


def test_its_pictures_are_exact_and_carry_their_settings(packed, finished, tmp_path):
    request, tiles = finished
    packed.extract("quick.png", tmp_path)
    assert read_text(tmp_path / "quick.png") == png_text(tiles["quick"])
    with Image.open(tmp_path / "quick.png") as image:
        assert image.tobytes() == picture(tiles["quick"], request).tobytes()
    with Image.open(packed.open("content.png")) as image:
        assert image.size == (64, 32)
    with Image.open(packed.open("sheet.png")) as image:
        assert image.width > 3 * image.height  # photo, style and two results


def test_its_numbers_are_those_of_the_tiles(packed, finished):
    results = json.loads(packed.read("results.json"))
    assert list(results) == ["quick", "stepped", "failing"]
    rows = list(csv.DictReader(io.StringIO(packed.read("results.csv").decode())))
    assert [row["method"] for row in rows] == list(results)
    assert float(rows[0]["distances.style"]) == finished[1]["quick"].distances.style
    known = json.loads(json.dumps(record(finished[1]["quick"])))
    assert {key: results["quick"][key] for key in known} == known
    assert (results["quick"]["order"], results["failing"]["order"]) == (1, 3)
    assert datetime.fromisoformat(results["quick"]["date"])
    assert (rows[0]["width"], rows[2]["width"]) == ("64", "")
    assert json.loads(rows[1]["seconds.warm"]) == []
    assert rows[2]["error"] == "The weights <file> is damaged."


def test_its_page_needs_nothing_else(packed):
    html = packed.read("report.html").decode()
    assert not re.findall(r'(?:src|href)="(?!data:|#)', html)
    assert "url(" not in html
    assert "@import" not in html
    assert html.count("<article") == 3
    assert VERSION in html
    assert "The weights &lt;file&gt; is damaged." in html


def test_its_page_holds_each_picture_once(packed):
    html = packed.read("report.html").decode()
    for name in ("content", "style", "quick", "stepped"):
        assert html.count(base64.b64encode(packed.read(f"{name}.png")).decode()) == 1
    assert "Full size" not in html  # browsers open no data address in a tab


def test_its_page_shows_and_gives_the_exact_pictures(packed, page, tmp_path):
    packed.extract("report.html", tmp_path)
    page.goto((tmp_path / "report.html").as_uri())
    page.wait_for_function(
        "[...document.images].length === 7 && [...document.images].every(each => each.naturalWidth > 1)"
    )  # two inputs, the photo in three tiles, two results
    with page.expect_download() as download:
        page.get_by_label("Download the picture by Quick as PNG").click()
    assert download.value.suggested_filename == "stylegrid-quick.png"
    assert download.value.path().read_bytes() == packed.read("quick.png")


def test_nested_numbers_become_columns():
    assert flat({"a": {"b": 1, "c": {"d": None}}, "e": [1, 2]}) == {"a.b": 1, "a.c.d": None, "e": "[1, 2]"}
