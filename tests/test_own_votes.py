"""Votes on a visitor's own comparison, for nobody else's leaderboard; and votes that are kept on the Hub."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from huggingface_hub import constants

import compare.kept_votes
from compare.kept_votes import FILE, dataset, keep
from compare.leaderboard import chosen
from compare.pool import own_pair, read_pool
from compare.schema import Request, Seconds, Tile
from compare.votes import OWN, Votes, hashed
from core.yardstick import Distances
from fake_methods import FakeSettings
from local_hub import LocalHub, Repo
from page_handlers import session
from test_votes import VOTE
from ui.history import Entry, Kept
from ui.showings import MOST_OWN, Showings
from ui.store import Finished
from ui.vote import VotePage
from weights.errors import WeightsError

REPO = "owner/votes"
PIXELS = np.full((32, 48, 3), 90, dtype=np.uint8)
TILE = Tile(
    "quick",
    "Quick",
    FakeSettings(),
    state="done",
    image=PIXELS,
    seconds=Seconds(0.0, 0.1, 0.1),
    distances=Distances(0.25, 0.5),
)
TILES = (TILE, replace(TILE, method="light", title="Light", image=PIXELS + 9), replace(TILE, state="failed"))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[LocalHub]:
    server = LocalHub()
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    yield server
    server.close()


def own_comparison() -> Finished:
    return Finished(Request(PIXELS, PIXELS + 50, {}), {each.method: each for each in TILES[:2]})


def test_an_own_comparison_is_a_pair_in_memory_without_names() -> None:
    pair = own_pair(Request(PIXELS, PIXELS + 50, {}), TILES)
    assert pair is not None
    assert (pair.kind, [each.title for each in pair.entries]) == (OWN, ["Quick", "Light"])
    assert pair.picture("photo")[8:12] == b"WEBP"
    assert pair.photo != pair.painting
    assert own_pair(Request(PIXELS, PIXELS, {}), TILES[:1]) is None


def test_votes_on_it_count_for_its_visitor_alone(tmp_path: Path) -> None:
    votes, pair = Votes(tmp_path / "votes.sqlite3"), own_pair(Request(PIXELS, PIXELS, {}), TILES)
    assert pair is not None
    showings = Showings(read_pool(tmp_path), votes)
    key = showings.new("ann", [pair])
    assert showings.get(key, "bob") is None
    showings.vote(key, "ann", "left", 5)
    votes.add(replace(VOTE, visitor=hashed("bob")), 5)
    everyone = votes.all()
    assert [each.kind for each in chosen(everyone)] == [VOTE.kind]
    assert [each.kind for each in chosen(everyone, visitor=hashed("ann"))] == [OWN]
    for _ in range(MOST_OWN):
        showings.new("bob", [pair])
    assert showings.get(key, "ann") is None, "their pictures do not stay in memory"


def test_the_page_draws_what_this_browser_has_compared() -> None:
    page, ann = VotePage(), session("ann")
    key = "k" * 32
    assert "no comparison of yours" in page.draw(key, OWN, ann)
    page.history.add(key, Entry("title", "data:,"), Kept(own_comparison(), "", ""))
    html = page.draw(key, OWN, ann)
    assert html.count("data:image/webp") == 4
    assert "Quick" not in html
    number = html.split('data-key="')[1].split('"')[0]
    event = gr.SelectData(None, {"index": number, "value": "left"})  # type: ignore[arg-type]
    assert "Quick" in page.act(key, OWN, event, ann)
    assert "Quick" in page.board("", "", ann) or "light" in page.board("", "", ann)
    assert "no comparison of yours" in page.draw("l" * 32, OWN, session("bob"))


def test_votes_outlive_a_machine_in_a_dataset(hub: LocalHub, tmp_path: Path) -> None:
    first = Votes(tmp_path / "first" / "votes.sqlite3")
    end = keep(first, REPO, tmp_path / "first" / "dataset")
    first.add(VOTE, 5)
    end()
    assert hub.created[0]["visibility"] == "private"
    assert json.loads(bytes(hub.repos[f"datasets/{REPO}"].files[FILE]))[0]["id"] == VOTE.id  # type: ignore[arg-type]
    second = Votes(tmp_path / "second" / "votes.sqlite3")
    second.add(replace(VOTE, id="other"), 5)
    keep(second, REPO, tmp_path / "second" / "dataset")()
    assert {each.id for each in second.all()} == {VOTE.id, "other"}
    kept = json.loads(bytes(hub.repos[f"datasets/{REPO}"].files[FILE]))  # type: ignore[arg-type]
    assert {each["id"] for each in kept} == {VOTE.id, "other"}


def test_what_the_hub_has_is_not_overwritten_where_it_cannot_be_read(hub: LocalHub, tmp_path: Path) -> None:
    votes, files = Votes(tmp_path / "votes.sqlite3"), {FILE: b"no votes"}
    hub.repos[f"datasets/{REPO}"] = Repo(files)  # type: ignore[arg-type]
    with pytest.raises(WeightsError, match="holds no votes"):
        keep(votes, REPO, tmp_path / "dataset")
    hub.faults["HEAD"] = iter([503] * 20)
    with pytest.raises(WeightsError, match="could not be read"):
        keep(votes, REPO, tmp_path / "dataset")
    assert files == {FILE: b"no votes"}


def test_without_a_dataset_a_space_says_that_votes_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPACE_ID", "owner/space")
    monkeypatch.setenv("STYLEGRID_VOTES_DATASET", REPO)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    assert dataset() == ""
    assert "lost when it restarts" in VotePage().problem
    monkeypatch.setenv("HF_TOKEN", "hf_secret")

    def refuse(*_: object) -> None:
        raise WeightsError("No.")

    monkeypatch.setattr(compare.kept_votes, "dataset_file", refuse)
    assert f"not kept in {REPO} and may be lost at a restart: No." in VotePage().problem
