"""The buttons of a tile by which a method does more, or something else, beside the tiles that stand."""

from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import expect
from torch import Tensor

from conftest import free_port
from engine.inline import InlineEngine
from fake_methods import FakeSettings, Quick
from methods.base import Declined, Frame, Note, Offer, Stop, Style
from page_handlers import Shown, events_of, noise, session, started
from ui.page import build
from ui.theme import LAUNCH
from ui.visitors import page_of

BOLD = Offer("Be <b>bold</b>", {"bold": True})


class Shy(Quick):
    """Paints where it may be bold; offers to be so where it may not."""

    name, title = "shy", "Shy"

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        if not settings.bold:
            raise Declined("It dares not.", BOLD)
        again = Offer("Again", {"strength": 1.0})
        yield Frame(content, 1, 1, notes=(Note("bold", "Bold, at {strength}.", vars(settings), (again,)),))

    def reference_seconds(self, settings: FakeSettings, megapixels: float) -> float:
        return 1e4 if settings.bold else 0.0


@pytest.fixture
def files(tmp_path):
    paths = tmp_path / "photo.png", tmp_path / "painting.png"
    for path in paths:
        noise(64, 48).save(path)
    return paths


@pytest.fixture
def compared(files, tmp_path):
    """The events of a page on which two methods were compared, of which one declined."""
    events = events_of(Quick(), Shy(), folder=tmp_path / "history")
    *_, shown = started(events, *files)
    return events, shown


def click(events, method, number, name="a"):
    """What the page shows after a click on a tile's button."""
    event = gr.SelectData(None, {"index": number, "value": method})
    *_, shown = Shown(events).after(events.offer("", event, session(name)))
    return shown


def test_a_tile_offers_what_its_method_does_and_the_others_nothing(compared):
    _, shown = compared
    assert "It dares not." in shown.tile("shy")
    assert "Be &lt;b&gt;bold&lt;/b&gt; (about " in shown.tile("shy")
    assert "offer" not in shown.tile("quick")


def test_an_offer_runs_its_method_alone_with_the_settings_changed(compared):
    events, _ = compared
    before = events.store.latest(page_of(session("a")))
    shown = click(events, "shy", 0)
    after = events.store.latest(page_of(session("a")))
    assert 'data-state="done"' in shown.tile("shy")
    assert "Bold, at 0.5." in shown.tile("shy")
    assert not shown.running
    assert after.tiles["quick"] is before.tiles["quick"]
    assert after.tiles["shy"].settings == after.request.settings["shy"] == FakeSettings(bold=True)
    assert "Shy" in shown.summary
    assert "Quick" in shown.summary
    assert "Bold, at 1.0." in click(events, "shy", 0).tile("shy")


def test_an_offer_beyond_the_limit_is_refused_in_a_sentence(compared, monkeypatch):
    events, _ = compared
    monkeypatch.setenv("STYLEGRID_SECONDS", "1e-6")
    assert "allowed here" in click(events, "shy", 0).status
    assert events.store.latest(page_of(session("a"))).tiles["shy"].state == "declined"


def test_an_offer_of_nothing_and_one_of_another_page_change_nothing(compared):
    events, _ = compared
    assert "no longer kept" in click(events, "shy", 0, "stranger").status
    assert "no longer kept" in click(events, "nobody", 0).status
    with pytest.raises(IndexError):
        click(events, "shy", 7)


@pytest.fixture(scope="module")
def address():
    page, port = build(InlineEngine((Quick(), Shy()), "cpu")), free_port()
    page.launch(server_port=port, prevent_thread_lock=True, quiet=True, **LAUNCH)
    yield f"http://127.0.0.1:{port}"
    page.close()


def test_in_a_browser_a_click_takes_the_offer_and_the_other_tile_stays(page, address, files):
    page.goto(address)
    for number, path in enumerate(files):
        page.locator("#inputs input[type=file]").nth(number).set_input_files(path)
    expect(page.locator("#inputs")).to_contain_text("64 × 48 px")
    page.get_by_role("button", name="Compare", exact=True).click()
    shy, quick = (page.locator(f'.tile[data-method="{name}"]') for name in ("shy", "quick"))
    expect(shy).to_have_attribute("data-state", "declined", timeout=30_000)
    expect(quick).to_have_attribute("data-state", "done", timeout=30_000)
    expect(page.get_by_role("button", name="Compare", exact=True)).to_be_enabled(timeout=30_000)
    picture = quick.locator(".result").get_attribute("src")
    shy.get_by_role("button", name="Be <b>bold</b>").click()
    expect(shy).to_have_attribute("data-state", "done", timeout=30_000)
    assert quick.locator(".result").get_attribute("src") == picture
