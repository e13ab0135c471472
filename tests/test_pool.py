"""Pictures to vote on: painted once, drawn by chance, and hidden from nobody but the voter."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image
from torch import Tensor

import compare.pool
import compare.scoring
import methods
from compare.leaderboard import QUESTIONS
from compare.pool import BUILT_IN, KINDS, drawn, kind_of, main, read_pair, read_pool
from compare.votes import Refused, Votes, hashed
from core.plates import plate
from fake_methods import FixedYardstick, Quick, YardstickAlone
from ui.showings import Showings

painted: list[str] = []


class Light(Quick):
    name, title = "light", "Light"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The command on one pair with two methods that cost nothing."""

    class Counted(FixedYardstick):
        def __init__(self, content: Tensor, style: Tensor, grams: object) -> None:
            painted.append("pair")

    for module in (compare.pool, methods):
        monkeypatch.setattr(module, "ALL", (Quick, Light))
    monkeypatch.setattr(compare.scoring, "Yardstick", Counted)
    monkeypatch.setattr(compare.scoring, "Measurer", YardstickAlone)
    painted.clear()
    return ["--photos", "cat", "--plates", "great-wave", "--size", "64", "--out", str(tmp_path)]


def test_a_pair_is_painted_once_and_again_where_it_is_not_finished(
    command: list[str], tmp_path: Path
) -> None:
    assert main(command) == 0
    assert main(command) == 0
    assert len(painted) == 1
    folder = tmp_path / "cat--great-wave"
    pair = read_pair(folder)
    assert pair is not None
    assert (pair.photo, pair.kind) == ("Cat", "before 1880")
    assert [each.method for each in pair.entries] == ["quick", "light"]
    assert (pair.entries[0].content, pair.entries[0].style) == (0.25, 0.5)
    with Image.open(io.BytesIO(pair.picture("quick"))) as image:
        assert max(image.size) == 64
    (folder / "pair.json").unlink()
    assert read_pair(folder) is None
    assert main(command) == 0
    assert len(painted) == 2


def test_wrong_names_are_sentences(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, "--methods", "brush"]) == 2
    assert main([*command, "--plates", "sunflowers"]) == 2
    assert "no method 'brush'; choose from quick, light" in capsys.readouterr().err


def test_one_pair_is_always_there_and_damaged_ones_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "cat--sky").mkdir()
    (tmp_path / "cat--sky" / "pair.json").write_text(json.dumps({"photo": "Cat"}))
    (pair,) = read_pool(tmp_path)
    assert pair.folder == BUILT_IN
    assert pair.kind == "after 1905"
    assert len(pair.entries) >= 5


def test_a_seed_gives_the_same_showing_and_chance_is_fair(tmp_path: Path) -> None:
    pool = read_pool(tmp_path)
    assert drawn(pool, QUESTIONS, 7) == drawn(pool, QUESTIONS, 7)
    shown = [drawn(pool, QUESTIONS, seed) for seed in range(600)]
    assert {each.question for each in shown} == {*QUESTIONS}
    assert all(each.left != each.right for each in shown)
    first = sum(each.left.method < each.right.method for each in shown)
    assert 240 < first < 360


def test_kinds_are_by_year_and_drawn_patterns_are_ours() -> None:
    assert kind_of(plate("great-wave")) == KINDS[0]
    assert kind_of(plate("starry-night")) == KINDS[1]
    assert kind_of(plate("composition-vii")) == KINDS[2]
    assert kind_of(plate("stained-glass")) == KINDS[3]


def test_a_showing_belongs_to_its_visitor(tmp_path: Path) -> None:
    votes = Votes(tmp_path / "votes.sqlite3")
    showings = Showings(read_pool(tmp_path), votes)
    key = showings.new("ann")
    assert showings.get(key, "bob") is None
    with pytest.raises(KeyError):
        showings.vote(key, "bob", "left", 5)
    showings.vote(key, "ann", "left", 5)
    (vote,) = votes.all()
    shown = drawn(showings.pool, QUESTIONS, vote.seed)
    assert (vote.left, vote.right, vote.question) == (shown.left.method, shown.right.method, shown.question)
    assert vote.visitor == hashed("ann")
    assert len(vote.left_sha256) == 64
    with pytest.raises(Refused):
        showings.vote(key, "ann", "right", 5)
    assert showings.undo(key, "ann")
