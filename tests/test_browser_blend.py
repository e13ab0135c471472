"""Strength and colours of a finished picture are changed in the browser, and go wherever the picture goes."""

import json
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from core.colour import keep_colours
from core.images import read_text, to_pixels, to_tensor
from fake_methods import Quick
from test_browser import Visitor, serve


@pytest.fixture(scope="module")
def quick():
    """Address of a page whose method paints the photo's negative."""
    yield from serve(Quick())


@pytest.fixture(params=[1440, 390])
def compared(request, page, quick):
    page.set_viewport_size({"width": request.param, "height": 900})
    visitor = Visitor(page, quick)
    visitor.start()
    visitor.wait_for("quick", "done")
    expect(visitor.compare).to_be_enabled()
    return visitor


def download(visitor, folder, name):
    link = visitor.tile("quick").locator(".actions a.download")
    with visitor.page.expect_download() as found:
        link.click()
    found.value.save_as(folder / name)
    return found.value.suggested_filename, folder / name


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"), int)


def test_strength_and_colours_go_into_the_download_without_a_request(compared, tmp_path):
    visitor, page, tile = compared, compared.page, compared.tile("quick")
    _, painted = download(visitor, tmp_path, "painted.png")
    asked = len(visitor.requests)
    strength, result = tile.get_by_label("Strength of the style by Quick"), tile.locator(".result")
    strength.fill("50")
    strength.press("ArrowLeft")  # by keyboard as well
    expect(tile.locator("output")).to_have_text("49 %")
    tile.get_by_label("Photo's colours").check()
    page.wait_for_function("document.querySelector('.tile a.download').download.includes('49-photo-colours')")
    assert result.get_attribute("src").startswith("blob:")
    expect(tile.locator("canvas.blended")).to_have_count(0)
    assert not [url for url in visitor.requests[asked:] if not re.match("blob:|.*/healthz$", url)]

    name, path = download(visitor, tmp_path, "blended.png")
    assert name == "stylegrid-quick-strength-49-photo-colours.png"
    picture = to_tensor(Image.open(painted))
    photo = 1 - picture
    expected = photo.lerp(keep_colours(picture, photo), 0.49)
    assert np.abs(pixels(path) - to_pixels(expected).astype(int)).max() <= 1
    text = read_text(path)
    assert json.loads(text["stylegrid.blend"]) == {"strength": 0.49, "keep_colours": True}
    assert text["stylegrid.settings"] == read_text(painted)["stylegrid.settings"]

    tile.get_by_role("button", name="Reset").click()
    expect(strength).to_have_value("100")
    expect(strength).to_be_focused()
    name, path = download(visitor, tmp_path, "again.png")
    assert (name, path.read_bytes()) == ("stylegrid-quick.png", painted.read_bytes())


def test_the_blended_picture_is_compared_and_restored(compared, tmp_path):
    visitor, page, tile = compared, compared.page, compared.tile("quick")
    tile.get_by_label("Strength of the style by Quick").fill("30")
    page.wait_for_function("document.querySelector('.tile .result').src.startsWith('blob:')")
    blended = tile.locator(".result").get_attribute("src")
    tile.locator(".look").click()
    assert page.locator("#face img").first.get_attribute("src") == blended
    page.keyboard.press("Escape")
    _, path = download(visitor, tmp_path, "blended.png")
    page.locator("#restore input[type=file]").set_input_files(path)
    expect(visitor.status).to_contain_text("It was blended afterwards, strength 30 %")
