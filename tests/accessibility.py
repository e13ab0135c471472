"""What axe-core says of a page."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def violations(page: Page, within: str | None = None) -> list[object]:
    """What it finds in the page as it stands, or in a part of it, with the elements."""
    found = Axe().run(page, within).response["violations"]
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
