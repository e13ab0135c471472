"""The blind vote in a browser: by keyboard, and on a phone."""

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from accessibility import violations
from compare.votes import Votes, votes_file
from test_browser import PHOTO, Visitor, serve_measured_at_once
from ui.vote import PATH

OPEN, TOLD = ".vote .answers:not(.told) button:enabled", ".vote .told"


@pytest.fixture(scope="module")
def fake() -> Iterator[str]:
    yield from serve_measured_at_once()


def votes() -> list[tuple[str, str, str]]:
    """Answers and methods, the oldest first."""
    return [(each.outcome, each.left, each.right) for each in Votes(votes_file()).all()]


def test_voting_by_keyboard_hides_names_until_then_and_can_be_undone(page: Page, fake: str) -> None:
    before, comparison = len(votes()), Visitor(page, fake)
    comparison.upload(0, PHOTO)
    expect(comparison.content_line).to_have_text("96 × 64 px")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Blind vote").click()
    page = opened.value
    expect(page).to_have_url(f"{fake}/{PATH}")
    expect(page.locator(OPEN)).to_have_count(4, timeout=30_000)
    captions = page.locator(".two figcaption")
    assert captions.all_inner_texts() == ["Left", "Right"]
    source = page.locator(".vote").inner_html()
    assert not any(name in source for name in ("adain", "AdaIN", "Johnson", "Gatys"))
    page.keyboard.press("2")
    expect(page.locator(TOLD)).to_contain_text("You chose the right one.")
    expect(captions.first).to_contain_text("style distance 0.")
    assert [each[0] for each in votes()[before:]] == ["right"]
    page.keyboard.press("u")
    expect(page.locator(OPEN)).to_have_count(4)
    assert captions.all_inner_texts() == ["Left", "Right"]
    assert len(votes()) == before
    page.keyboard.press("4")
    expect(page.locator(TOLD)).to_contain_text("You chose neither.")
    page.keyboard.press("Enter")
    expect(page.locator(OPEN)).to_have_count(4)
    assert [each[0] for each in votes()[before:]] == ["both bad"]
    expect(page.get_by_text("Not enough votes yet")).to_be_visible()
    with page.expect_event("close"):
        page.get_by_role("link", name="Compare methods").click()
    expect(comparison.page.locator(".picture-input img")).to_be_visible()


def test_on_a_phone_both_pictures_and_the_buttons_fit_one_screen(browser: Browser, fake: str) -> None:
    before = len(votes())
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    try:
        page.goto(f"{fake}/{PATH}")
        expect(page.locator(OPEN)).to_have_count(4, timeout=30_000)
        for each in (*page.locator(".two img").all(), *page.locator(".answers button").all()):
            expect(each).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="The left one").tap()
        expect(page.locator(TOLD)).to_contain_text("You chose the left one.")
        expect(page.get_by_role("button", name="Next pair")).to_be_in_viewport(ratio=1)
        assert [each[0] for each in votes()[before:]] == ["left"]
    finally:
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_from_voting_and_a_wide_screen_is_used(
    browser: Browser, fake: str, scheme: Literal["light", "dark"]
) -> None:
    context = browser.new_context(
        color_scheme=scheme, viewport={"width": 1920, "height": 1080}, locale="ja-JP"
    )
    page = context.new_page()
    try:
        page.goto(f"{fake}/{PATH}")
        expect(page.locator(OPEN)).to_have_count(4, timeout=30_000)
        expect(page.locator(".vote h2")).to_contain_text("ですか")
        expect(page.get_by_role("heading", name="人々の好み")).to_be_visible()
        expect(page.get_by_text("まだ投票が足りません")).to_be_visible()
        box = page.locator("#vote-board").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] > 1800
        assert box["y"] < 400, "beside the ballot"
        assert violations(page) == []
        page.keyboard.press("3")
        expect(page.locator(TOLD)).to_contain_text("どちらも良い")
        assert violations(page) == []
    finally:
        context.close()


def test_ones_own_comparison_is_voted_on_for_oneself(page: Page, fake: str) -> None:
    before = len(votes())
    page.goto(f"{fake}/{PATH}")
    expect(page.locator(OPEN)).to_have_count(4, timeout=30_000)
    page.get_by_label("My comparisons of the last hour").check()
    expect(page.locator(".vote")).to_contain_text("no comparison of yours")
    visitor = Visitor(page, fake)
    visitor.start()
    visitor.wait_for("stepped", "done")
    expect(page.locator("#earlier button")).to_have_count(1)
    page.goto(f"{fake}/{PATH}")
    expect(page.locator(OPEN)).to_have_count(4, timeout=30_000)
    page.get_by_label("My comparisons of the last hour").check()
    expect(page.locator(".vote .sources img").first).to_have_attribute("alt", "Photo")
    expect(page.locator(OPEN)).to_have_count(4)
    page.keyboard.press("1")
    expect(page.locator(TOLD)).to_be_visible()
    assert {*votes()[before][1:]} == {"quick", "stepped"}
    page.keyboard.press("Enter")
    expect(page.locator(OPEN)).to_have_count(4)
    expect(page.locator(".vote .sources img").first).to_have_attribute("alt", "Photo")
    expect(page.locator("#vote-board")).to_contain_text("You alone")
