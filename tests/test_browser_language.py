"""The page in Japanese: what stands still by the browser's language, what events draw by the visitor's."""

import re

import pytest
from playwright.sync_api import expect

from fake_methods import Quick
from test_browser import Visitor, serve
from ui.language import texts

JA = texts("ja")


@pytest.fixture
def quick():
    """Address of a page whose method needs no weights."""
    yield from serve(Quick())


def test_the_page_speaks_the_browsers_language(browser, quick):
    context = browser.new_context(locale="ja-JP", viewport={"width": 390, "height": 844})
    page = context.new_page()
    visitor = Visitor(page, quick)
    try:
        expect(visitor.compare).to_have_text(JA["compare"])
        visitor.compare.click()
        expect(visitor.status).to_have_text(JA["missing.photo_and_painting"])
        page.get_by_role("toolbar", name=JA["examples.pairs"]).get_by_role("button").first.click()
        visitor.wait_for("quick", "done", 60)
        expect(visitor.tile("quick").locator(".look")).to_have_text(JA["tile.look"])
        assert page.evaluate("document.documentElement.lang") == "ja"
        text = page.inner_text("body")
        assert "__i18n__" not in text
        assert not re.search(r"\b(Compare|Painting|Method|Settings|Distance|Finished)\b", text)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    finally:
        context.close()
