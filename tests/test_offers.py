"""The buttons of a tile by which a method does more, or something else, beside the tiles that stand."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import expect
from torch import Tensor

from compare.scoring import Scorer
from conftest import free_port
from core.yardstick import Distances
from engine.inline import InlineEngine
from fake_methods import FakeSettings, Quick
from methods.base import Declined, Frame, Note, Offer, Stop, Stopped, Style
from page_handlers import Shown, clicked, events_of, noise, session, started, uploaded, values_of
from ui.beside import Beside
from ui.page import build
from ui.report import archive
from ui.theme import LAUNCH
from ui.unpack import unpacked
from ui.visitors import page_of

BOLD = Offer("Be <b>bold</b>", {"bold": True})


class Slow(Quick):
    """Paints step by step, until it is stopped."""

    name, title, iterative = "slow", "Slow", True

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        yield Frame(content, 1, 2)
        if max(content.shape) > 100:
            raise Stopped
        yield Frame(content, 2, 2)


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


@pytest.fixture(autouse=True)
def unmeasured(monkeypatch):
    """Distances that cost nothing."""
    found = {"state": "done", "distances": Distances(0.5, 0.5), "baseline": Distances(0.0, 1.0)}
    monkeypatch.setattr(Scorer, "scored", lambda scorer, tile, samples: replace(tile, **found))
    monkeypatch.setattr(Style, "encoding", lambda style, device: None)


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
    *_, shown = Shown(events).after(Beside(events).offer("", event, session(name)))
    return shown


def test_a_tile_offers_what_its_method_does_and_the_others_their_picture_larger(compared):
    _, shown = compared
    assert "It dares not." in shown.tile("shy")
    assert "Be &lt;b&gt;bold&lt;/b&gt; (about " in shown.tile("shy")
    assert "2,048" not in shown.tile("shy")
    assert "Finish at 2,048 px (about " in shown.tile("quick")


def test_the_largest_size_is_that_of_the_profile(files, tmp_path, monkeypatch):
    for side, words in ((128, "Finish at 128 px"), (64, None)):
        monkeypatch.setenv("STYLEGRID_SIDE", str(side))
        *_, shown = started(events_of(Quick(), folder=tmp_path / "history"), *files)
        assert ("offer" in shown.tile("quick").replace("offers", "")) == bool(words)
        assert not words or words in shown.tile("quick")


@pytest.fixture
def finished(files, tmp_path, monkeypatch):
    """The events of a page on which one of two pictures was finished at a larger size."""
    monkeypatch.setenv("STYLEGRID_SIDE", "128")
    events = events_of(Quick(), Slow(), folder=tmp_path / "history")
    list(started(events, *files))
    return events, click(events, "quick", 0)


def test_one_picture_is_finished_and_the_others_stay(finished):
    events, shown = finished
    after = events.store.latest(page_of(session("a")))
    assert after.tiles["quick"].image.shape == (96, 128, 3)
    assert after.tiles["slow"].image.shape == after.request.content.shape == (48, 64, 3)
    assert np.array_equal(after.tiles["quick"].image, 255 - after.request_of("quick").content)
    assert "128 px" in shown.tile("quick")
    assert ("Quick was painted at 128 px" in shown.summary, shown.summary.count("<circle")) == (True, 4)
    assert "128 px" not in str(shown.values.get(events.results.pair))  # which the others are of


def test_what_stands_there_comes_back_where_a_larger_one_comes_to_nothing(finished, monkeypatch):
    (events, _), kept = finished, []
    monkeypatch.setattr(events.earlier, "keep", lambda *given: kept.append(given))
    before = events.store.latest(page_of(session("a"))).tiles["slow"]
    shown = click(events, "slow", 0)
    after = events.store.latest(page_of(session("a")))
    assert shown.status.count("The earlier picture by Slow is back.") == 1
    assert after.tiles["slow"] is before
    assert 'data-state="done"' in shown.tile("slow")
    assert not kept  # it is among the earlier comparisons already


def test_a_larger_picture_is_in_the_zip_and_comes_back(finished, tmp_path):
    events, _ = finished
    path = tmp_path / "stylegrid.zip"
    path.write_bytes(archive(events.store.latest(page_of(session("a")))))
    with zipfile.ZipFile(path) as packed:
        records = json.loads(packed.read("results.json"))
        assert "content-128.png" in packed.namelist()
    assert [(each["width"], each["height"]) for each in records.values()] == [(128, 96), (64, 48)]
    found = unpacked(str(path), events.inputs.methods, events.files).finished
    assert found.tiles["quick"].image.shape == found.request_of("quick").content.shape == (96, 128, 3)
    assert found.request.content.shape == (48, 64, 3)


def test_a_photo_that_is_gone_is_told(finished, files):
    events, _ = finished
    files[0].unlink()
    assert "was not found" in click(events, "slow", 0).status


def test_a_method_that_was_not_chosen_is_added(files, tmp_path):
    events = events_of(Quick(), Slow(), folder=tmp_path / "history")
    inputs = events.inputs
    values = values_of(events, *map(uploaded, files)) | {inputs.chosen: ["quick"]}
    *_, shown = clicked(events, values)
    assert re.findall(r"data-method=.(\w+).", str(shown.values[events.results.more])) == ["slow"]
    strength = inputs.panels["slow"].controls["strength"]
    event = gr.SelectData(None, {"index": 0, "value": "slow"})
    *_, shown = Shown(events).after(Beside(events).add(values | {strength: 0.7}, event, session("a")))
    after = events.store.latest(page_of(session("a")))
    assert [*after.tiles] == ["quick", "slow"]
    assert after.tiles["slow"].settings == after.request.settings["slow"] == FakeSettings(strength=0.7)
    assert shown.values[events.results.more] == ""
    *_, shown = Shown(events).after(Beside(events).add(values | {strength: 7}, event, session("a")))
    assert "Strength is 7" in shown.status


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


def test_who_declined_still_does_in_a_zip_and_offers_the_same(compared, tmp_path):
    events, _ = compared
    path, back = tmp_path / "stylegrid.zip", session("b")
    path.write_bytes(archive(events.store.latest(page_of(session("a")))))
    (shown,) = Shown(events).after(iter([events.restore(uploaded(path), back)]))
    assert 'data-state="declined"' in shown.tile("shy")
    assert "It dares not." in shown.tile("shy")
    assert "Be &lt;b&gt;bold&lt;/b&gt; (" in shown.tile("shy")
    assert 'data-state="done"' in click(events, "shy", 0, "b").tile("shy")
    with zipfile.ZipFile(path) as packed:
        held = {name: packed.read(name) for name in packed.namelist()}
    records = json.loads(held["results.json"])
    records["shy"]["offers"][0]["values"] = {"strength": 7}
    with zipfile.ZipFile(path, "w") as packed:
        for name, data in {**held, "results.json": json.dumps(records)}.items():
            packed.writestr(name, data)
    assert "no comparison that StyleGrid knows" in events.restore(uploaded(path), back)[events.inputs.status]


@pytest.fixture(scope="module")
def address():
    page, port = build(InlineEngine((Shy(), Quick()), "cpu")), free_port()
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
    assert shy.bounding_box()["x"] > quick.bounding_box()["x"]  # the painted one is the first
    assert shy.locator(".progress, .details").count() == 0
    picture = quick.locator(".result").get_attribute("src")
    shy.get_by_role("button", name="Be <b>bold</b>").click()
    expect(shy).to_have_attribute("data-state", "done", timeout=30_000)
    assert quick.locator(".result").get_attribute("src") == picture
    assert shy.bounding_box()["x"] > quick.bounding_box()["x"]  # it stays where it was clicked
    compare = page.get_by_role("button", name="Compare", exact=True)
    expect(compare).to_be_enabled(timeout=30_000)
    page.evaluate("showResults()")  # as Compare does, with whose tiles the order begins anew
    assert shy.bounding_box()["x"] < quick.bounding_box()["x"]
