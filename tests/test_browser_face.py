"""The page's first sight, Compare at hand, the phone, and pictures face to face, in a real browser."""

import base64
import re

import pytest
from playwright.sync_api import expect

from accessibility import violations
from fake_methods import Failing, Quick, Silent, Stepped
from methods import ALL, ticked_at_first
from test_browser import PHOTO, Visitor, serve
from ui.space_panel import CORNERS

silent_method = Silent()


@pytest.fixture(scope="module")
def fake():
    yield from serve(Quick(), Failing(), Stepped())


@pytest.fixture(scope="module")
def silent():
    yield from serve(silent_method)


@pytest.fixture
def phone(browser):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    yield context.new_page()
    context.close()


GAPS = """all => all.map((each) => {  // px from the lower edge of a picture, as it is painted, to its caption
  const {top, width, height} = each.getBoundingClientRect();
  const painted = Math.min(height, width * each.naturalHeight / each.naturalWidth);
  const {bottom} = each.closest('figure').querySelector('figcaption').getBoundingClientRect();
  return top + (height + painted) / 2 - bottom;
})"""
RESULTS_SEEN = "document.getElementById('results').getBoundingClientRect().top < innerHeight / 2"


def test_the_page_opens_with_a_finished_comparison(page, real):
    visitor = Visitor(page, real)
    tiles = page.locator("#grid .tile")
    assert [tile.get_attribute("data-method") for tile in tiles.all()] == ticked_at_first(ALL)
    page.wait_for_function("[...document.querySelectorAll('#grid img')].every(each => each.naturalWidth)")
    expect(page.locator(".pair-head")).to_contain_text("Computed earlier on")
    assert not visitor.page.locator("#download").is_visible()
    assert "more than a minute" not in page.locator("#estimate").inner_text()


def test_compare_is_at_hand(page, fake):
    page.set_viewport_size({"width": 1280, "height": 720})
    visitor = Visitor(page, fake)
    expect(visitor.compare).to_be_in_viewport(ratio=1)
    stops = []
    while len(stops) < 10 and "compare" not in stops:
        page.keyboard.press("Tab")
        stops.append(page.evaluate("document.activeElement.id"))
    assert stops[-1] == "compare"
    visitor.compare.click()
    expect(visitor.status).to_have_text("Add a photo and a painting first.")
    visitor.set_number("Size", 5000)
    expect(page.get_by_text("5,000 is out of range, which is 64 to 1,024: 1,024 was taken.")).to_be_visible()
    visitor.set_number("Size", 100)
    expect(page.get_by_text("is out of range")).to_have_count(0)


def test_who_is_quicker_than_the_first_size_keeps_their_own(page, fake, monkeypatch):
    monkeypatch.setattr("ui.input_panel.FIRST_SIDES", (384,))
    held, answers = [], "**/gradio_api/run/predict*"
    page.route(answers, lambda route: held.append(route))
    visitor = Visitor(page, fake)
    visitor.set_number("Size", 96)
    page.unroute(answers)  # which lets go those that were held
    assert held
    offered, size = page.locator("#offered input"), page.get_by_label("number input for Size", exact=True)
    expect(offered).to_have_value("384")
    page.evaluate("new Promise(requestAnimationFrame)")
    expect(size).to_have_value("96")
    page.reload()
    expect(size).to_have_value("384")


def test_arrows_move_inside_a_strip_and_names_are_seen(page, fake):
    Visitor(page, fake)
    first, second = page.locator("[aria-label='Our paintings'] button").all()[:2]
    first.focus()
    page.keyboard.press("ArrowRight")
    expect(second).to_be_focused()
    expect(second.locator(".name")).to_be_visible()
    assert (first.get_attribute("tabindex"), second.get_attribute("tabindex")) == ("-1", "0")


def test_a_pair_runs_at_once(page, fake):
    visitor = Visitor(page, fake)
    visitor.set_number("Size", 64)
    visitor.pairs.get_by_role("button").first.click()
    visitor.wait_for("stepped", "done")
    expect(page.locator(".pair-head img")).to_have_count(2)
    assert page.locator("#grid .tile").count() == 3


def test_a_pasted_picture_is_taken(page, fake):
    visitor = Visitor(page, fake)
    page.evaluate(
        """data => {
          const bytes = Uint8Array.from(atob(data), each => each.charCodeAt(0)), held = new DataTransfer();
          held.items.add(new File([bytes], 'pasted.png', {type: 'image/png'}));
          document.body.dispatchEvent(new ClipboardEvent('paste', {clipboardData: held, bubbles: true}));
        }""",
        base64.b64encode(PHOTO["buffer"]).decode(),
    )
    expect(visitor.content_line).to_have_text("96 × 64 px")


def test_on_a_phone_the_tiles_come_at_the_click(phone, silent):
    visitor = Visitor(phone, silent)
    expect(visitor.compare).to_be_in_viewport(ratio=1)
    visitor.choose_both()
    visitor.set_number("Size", 64)
    phone.evaluate("scrollTo(0, 0)")
    assert not phone.evaluate(RESULTS_SEEN)
    visitor.compare.click()
    phone.wait_for_function(RESULTS_SEEN, timeout=5000)
    expect(visitor.stop).to_be_enabled()  # it goes on
    expect(visitor.stop).to_be_in_viewport(ratio=1)
    visitor.stop.click()
    visitor.wait_for("silent", "stopped", 5)


def test_on_a_phone_a_swipe_moves_between_tiles_and_all_fits(phone, real):
    Visitor(phone, real)
    grid = phone.locator("#grid")
    assert grid.evaluate("each => getComputedStyle(each).scrollSnapType").startswith("x mandatory")
    grid.evaluate("each => each.scrollBy({left: 300})")
    left = "document.querySelectorAll('#grid .tile')[1].getBoundingClientRect().left"
    start = "document.getElementById('grid').getBoundingClientRect().left"
    phone.wait_for_function(f"Math.abs({left} - {start}) < 2")
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    marks = phone.locator(".summary .narrow a > :last-child")
    assert marks.count() == 2 * len(ticked_at_first(ALL))
    assert all(0 < box["x"] < 390 for box in (mark.bounding_box() for mark in marks.all()))
    table = phone.locator(".summary > table")
    assert table.evaluate("each => each.scrollWidth <= each.clientWidth")
    assert phone.locator("meta[name=viewport]").get_attribute("content").count("maximum-scale") == 0


def test_a_phone_keeps_no_room_for_offers_that_there_are_not(phone, real):
    Visitor(phone, real)
    rows = phone.locator("#grid .offers")
    expect(rows).to_have_count(len(ticked_at_first(ALL)))
    assert rows.evaluate_all("all => all.map((each) => each.offsetHeight)") == [0] * len(ticked_at_first(ALL))


def test_the_names_of_styles_in_the_corners_are_whole(page, real):
    Visitor(page, real)
    page.get_by_role("tab", name="Style space").click()
    names = page.locator("#corners input:visible")
    expect(names).to_have_count(CORNERS, timeout=20_000)
    assert names.evaluate_all("all => all.filter((each) => each.scrollWidth > each.clientWidth).length") == 0


def test_two_results_face_to_face(page, fake):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("stepped", "done")
    expect(visitor.compare).to_be_enabled()
    look = visitor.tile("quick").get_by_role("button", name="Look closer at the picture by Quick")
    expect(look).to_have_accessible_description(re.compile("Compare two pictures"))
    look.focus()
    page.keyboard.press("Enter")
    face = page.locator("#face")
    shown = face.locator("img")
    assert [each.get_attribute("alt") for each in shown.all()] == ["Quick", "Photo"]
    page.keyboard.press("ArrowRight")
    assert shown.first.get_attribute("alt") == "Stepped"
    face.get_by_label("Left picture").select_option("Quick")
    face.get_by_role("button", name="Side by side").click()
    assert [each.get_attribute("alt") for each in shown.all()] == ["Quick", "Stepped"]
    zoom = "[...document.querySelectorAll('#face img')].map(each => each.style.transform)"
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"({zoom})[0].match(/scale\\((.+)\\)/)[1] > 1.2")
    before = page.evaluate(zoom)
    page.mouse.down()
    page.mouse.move(350, 330, steps=3)
    page.mouse.up()
    after = page.evaluate(zoom)
    assert before[0] == before[1] != after[0] == after[1]  # the same in both
    face.get_by_role("button", name="Blink").click()
    other = face.locator("img.other")
    expect(other).to_be_hidden()
    page.keyboard.down(" ")
    expect(other).to_be_visible()
    page.keyboard.up(" ")
    expect(other).to_be_hidden()
    face.get_by_role("button", name="All").click()
    expect(shown).to_have_count(4)
    face.get_by_role("button", name="Fit").click()
    assert all(abs(gap - 8) < 1 for gap in shown.evaluate_all(GAPS))
    face.get_by_role("button", name="Actual size, 1:1").click()
    expect(face.locator("output")).to_have_text("100 %")
    widths = shown.evaluate_all("all => all.map(each => each.getBoundingClientRect().width)")
    assert len(set(widths)) == 1
    page.keyboard.press("Escape")
    expect(face).to_be_hidden()
    expect(look).to_be_focused()


def test_a_click_on_a_picture_opens_it_and_a_drag_uncovers_the_photo(page, fake):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("quick", "done")
    picture = visitor.tile("quick").locator(".picture")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.mouse.move(box["x"] + 10, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20, steps=4)
    page.mouse.up()
    clip = picture.locator(".result").evaluate("image => getComputedStyle(image).clipPath")
    assert clip == "inset(0px 0px 0px 50%)"
    expect(page.locator("#face")).to_have_count(0)
    hit = "([x, y]) => document.elementFromPoint(x, y).className"
    assert page.evaluate(hit, [box["x"] + 0.8 * box["width"], box["y"] + 20]) == "result"  # to be saved as
    picture.click(position={"x": 0.8 * box["width"], "y": 20})
    expect(page.locator("#face")).to_be_visible()
    page.keyboard.press("Escape")
    expect(visitor.tile("quick").locator(".look")).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(browser, real, scheme):
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    Visitor(page, real)
    drawer = page.get_by_role("button", name="Dumoulin et al. (CIN): settings")
    expect(drawer).to_have_attribute("aria-expanded", "false")
    drawer.click()
    expect(drawer).to_have_attribute("aria-expanded", "true")
    assert violations(page) == []
    page.locator(".look").first.click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page) == []
    context.close()


def test_the_focus_stays_on_the_page(page, fake):
    visitor = Visitor(page, fake)
    visitor.choose_both()
    visitor.set_number("Size", 64)
    visitor.compare.focus()
    page.keyboard.press("Enter")
    expect(visitor.stop).to_be_focused()
    visitor.wait_for("stepped", "done")
    expect(visitor.compare).to_be_focused()
    page.get_by_label("Remove Image").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('.picture-input')")


def test_a_phone_zooms_with_two_fingers(phone, real):
    visitor = Visitor(phone, real)
    picture = phone.locator(".tile .picture").first
    picture.scroll_into_view_if_needed()
    picture.tap()
    face = phone.locator("#face")
    face.get_by_role("button", name="Side by side").tap()
    before = face.locator("output").inner_text()
    touch = visitor.page.context.new_cdp_session(phone)
    for kind, apart in (("touchStart", 70), *(("touchMove", 70 + 20 * step) for step in range(1, 8))):
        points = [{"x": 195 - apart / 2, "y": 300, "id": 0}, {"x": 195 + apart / 2, "y": 300, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    zoomed = [float(each.removesuffix(" %")) for each in (face.locator("output").inner_text(), before)]
    assert 2.7 < zoomed[0] / zoomed[1] < 3.3


def test_an_earlier_comparison_comes_back_after_a_reload(page, fake):
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("stepped", "done")
    expect(page.locator("#earlier button")).to_have_count(1)
    visitor = Visitor(page, fake)
    page.locator("#earlier button").click()
    visitor.wait_for("quick", "done")
    expect(visitor.status).to_have_text("Back to an earlier comparison.")
    expect(visitor.content_line).to_have_text("96 × 64 px")
    expect(page.get_by_label("number input for Size")).to_have_value("64")
    with page.expect_download():
        page.get_by_role("button", name="Download everything").click()
    visitor.compare.click()
    expect(page.locator("#earlier button")).to_have_count(2, timeout=20_000)


def test_a_method_is_explained_at_its_tile_and_in_a_tab(page, real):
    Visitor(page, real)
    page.get_by_role("button", name="What Gatys et al. does").click()
    few = page.locator("#about-gatys")
    expect(few).to_be_visible()
    assert violations(page) == []
    few.get_by_role("link", name="How it works").click()
    expect(page.locator("#how-gatys")).to_be_focused()
    expect(page.locator("#how-gatys")).to_be_in_viewport()
    expect(few).to_be_hidden()
    reasons = page.locator(".why li")
    expect(reasons.filter(has_text="is nearer to the painting than")).to_have_count(1)
    page.get_by_label("Second picture").click()
    page.get_by_role("option", name="Huang & Belongie (AdaIN)").click()
    expect(reasons.filter(has_text="Huang & Belongie (AdaIN)").first).to_be_visible()
    assert violations(page) == []
    page.get_by_role("tab", name="Comparison").click()
    expect(page.locator("#grid .tile").first).to_be_visible()
