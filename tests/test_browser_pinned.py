"""A comparison that is pinned beside the next, tiles of an earlier painting, and a lost connection."""

import pytest
from playwright.sync_api import expect

from fake_methods import Quick
from test_browser import PHOTO, Visitor, picture_file, serve
from test_browser_face import violations

OTHER = picture_file("other.png", 70, 50, format="PNG")


@pytest.fixture(scope="module")
def quick():
    yield from serve(Quick())


def compared(visitor):
    visitor.compare.click()
    visitor.begun()
    visitor.wait_for("quick", "done", 120)


def test_a_pinned_comparison_stands_beside_the_next_and_old_tiles_say_so(page, quick, tmp_path):
    visitor = Visitor(page, quick)
    visitor.choose_both()
    visitor.set_number("Size", 64)
    compared(visitor)
    old, pinned = page.locator(".pair-head .old"), page.locator("#pinned section")
    expect(old).to_be_empty()
    page.get_by_role("button", name="Pin this comparison above the next").click()
    expect(pinned.locator(".item")).to_have_count(1)
    assert violations(page) == []
    first = page.locator(".tile .result").get_attribute("src")
    page.wait_for_function("Date.now() > document.querySelector('.old').dataset.until")
    visitor.clear(1)
    visitor.upload(1, OTHER)
    expect(old).to_have_text("Of the earlier painting", timeout=30_000)
    visitor.clear(0)
    visitor.upload(0, {**PHOTO, "name": "again.png"})
    expect(old).to_have_text("Of the earlier photo and painting", timeout=30_000)
    compared(visitor)
    expect(old).to_be_empty()
    expect(pinned.locator(".item span")).to_contain_text(" → ", timeout=30_000)  # the next one's numbers
    pinned.locator(".item").click()
    face = page.locator("#face img")
    assert [each.get_attribute("alt") for each in face.all()] == ["Quick", "Quick (pinned)"]
    assert face.last.get_attribute("src").endswith(first)
    page.keyboard.press("Escape")
    pinned.get_by_role("button", name="Unpin").click()
    expect(pinned).to_be_hidden()
    with page.expect_download() as download:
        page.locator("#download").click()
    download.value.save_as(tmp_path / "all.zip")
    page.wait_for_function("Date.now() > document.querySelector('.old').dataset.until")
    sources = "[...document.querySelectorAll('#inputs .picture-input img')].map((each) => each.src)"
    before = page.evaluate(sources)
    page.locator("#restore input[type=file]").set_input_files(tmp_path / "all.zip")
    page.wait_for_function(f"before => {sources}.every((src, i) => src !== before[i])", arg=before)
    expect(visitor.status).to_contain_text("in the ZIP is back")
    expect(old).to_be_empty()


def test_a_lost_connection_is_said_and_that_it_is_back(page, quick):
    Visitor(page, quick)
    page.route("**/healthz", lambda route: route.abort())
    page.evaluate("dispatchEvent(new Event('offline'))")
    alert = page.locator("#connection p")
    expect(alert).to_contain_text("the server does not answer", timeout=20_000)
    expect(alert).to_be_visible()
    page.unroute("**/healthz")
    expect(alert).to_contain_text("is back. Reload the page", timeout=20_000)


def test_a_link_brings_back_what_was_chosen(page, quick):
    visitor = Visitor(page, f"{quick}?photo=cat&painting=the-scream&methods=quick&size=128&timing=0")
    expect(visitor.status).to_have_text("Chosen as in the link: press Compare.")
    expect(visitor.content_line).to_contain_text(" px")
    expect(page.get_by_label("number input for Size")).to_have_value("128")
    visitor.set_number("Size", 96)
    page.get_by_role("button", name="Copy link").click()
    link = page.locator("#link a")
    expect(link).to_be_visible()
    address = link.evaluate("each => each.href")
    assert address == f"{quick}/?photo=cat&painting=the-scream&methods=quick&size=96&timing=0"
