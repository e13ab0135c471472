"""Inspect in a real browser: dialog, views, the difference, and the nearest patch by pointer and by keys."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from accessibility import violations
from test_browser import Visitor, serve_measured_at_once
from ui.inspect_html import VIEWS

NAMES = ("Edges", "Colours", "Layers", "Gram matrices", "Difference", "Nearest patch")
MEAN = """async () => {
  const [one, two] = await Promise.all(['quick', 'stepped'].map(async (name) => {
    const image = document.querySelector(`.tile[data-method=${name}] .result`);
    await image.decode();
    const {naturalWidth: width, naturalHeight: height} = image;
    const canvas = Object.assign(document.createElement('canvas'), {width, height});
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.getContext('2d').getImageData(0, 0, width, height).data;
  }));
  const shown = document.querySelector('#inspect .difference');
  const {data} = shown.getContext('2d').getImageData(0, 0, shown.width, shown.height);
  let sum = 0, wrong = 0;
  for (let at = 0; at < one.length; at += 1) {
    if (at % 4 === 3) continue;
    const apart = Math.abs(one[at] - two[at]);
    sum += apart;
    wrong += data[at] !== Math.min(255, 4 * apart);
  }
  return [sum / one.length * 4 / 3, wrong];
}"""


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    yield from serve_measured_at_once()


def test_a_picture_is_inspected(page: Page, fake: str) -> None:
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("stepped", "done")
    opener = page.locator('.tile[data-method="quick"] .inspect')
    opener.click()
    dialog = page.locator("#inspect")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_role("button", name="Close")).to_be_focused()
    expect(dialog.locator(".seen")).to_be_visible(timeout=30_000)
    for view, name in zip(VIEWS, NAMES, strict=True):
        dialog.get_by_role("button", name=name, exact=True).click()
        expect(dialog.locator("section:not([hidden])")).to_have_attribute("data-view", view)
        assert violations(page, "#inspect") == []
    gauge = dialog.locator('[data-view="patches"]')
    field, told = gauge.locator(".field"), gauge.locator(".told")
    expect(told).to_contain_text(re.compile(r"Column \d+, row \d+: nearest"))
    box = field.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    expect(told).to_contain_text("Column 1, row 1:")
    field.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(told).to_contain_text("Column 2, row 2:")
    dialog.get_by_role("button", name="relu3_1").wait_for(state="hidden")
    dialog.get_by_role("button", name="Gram matrices").click()
    dialog.get_by_role("button", name="relu3_1").click()
    expect(dialog.locator("[data-layer]:not([hidden])")).to_contain_text("64 of 256 channels")
    dialog.get_by_role("button", name="Difference").click()
    expect(dialog.locator(".other option")).to_have_text(["Stepped", "Photo"])
    told = dialog.locator('[data-view="difference"] .told')
    expect(told).to_contain_text("of 255")
    mean, wrong = page.evaluate(MEAN)
    assert wrong == 0
    assert told.inner_text() == f"Mean difference {mean:.1f} of 255"
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(opener).to_be_focused()
    page.keyboard.press("Enter")  # what has come is there at once
    expect(dialog.locator(".seen")).to_be_visible(timeout=500)
    page.keyboard.press("Escape")
    for title in ("Quick", "Stepped"):  # and is of the pictures as they were painted
        page.get_by_label(f"Strength of the style by {title}").fill("30")
    page.wait_for_function(
        "[...document.querySelectorAll('.result')].every((each) => each.src.startsWith('blob:'))"
    )
    asked = len(visitor.requests)
    opener.click()
    expect(told).to_have_text(f"Mean difference {mean:.1f} of 255")
    assert not [url for url in visitor.requests[asked:] if "queue/join" in url]


def test_inspect_on_a_phone_in_the_dark(browser: Browser, fake: str) -> None:
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, color_scheme="dark"
    )
    page = context.new_page()
    try:
        visitor = Visitor(page, fake)
        visitor.start()
        visitor.wait_for("stepped", "done")
        page.locator('.tile[data-method="quick"] .inspect').tap()
        dialog = page.locator("#inspect")
        expect(dialog.locator(".seen")).to_be_visible(timeout=30_000)
        for name in NAMES:
            dialog.get_by_role("button", name=name, exact=True).tap()
            assert dialog.locator(".body").evaluate("each => each.scrollWidth <= each.clientWidth"), name
        assert violations(page, "#inspect") == []
        told = dialog.locator('[data-view="patches"] .told')
        dialog.locator(".field").tap(position={"x": 2, "y": 2})
        expect(told).to_contain_text("Column 1, row 1:")
    finally:
        context.close()
