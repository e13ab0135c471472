"""The file of votes: several writers, kills, damage; what the leaderboard makes of it."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from compare.leaderboard import FEWEST, QUESTIONS, chosen, leaderboard, to_csv, to_json
from compare.votes import DAY, OUTCOMES, VERSION, Refused, Vote, Votes, hashed

ROOT = Path(__file__).parent.parent
VOTE = Vote(
    id="first",
    visitor=hashed("ann"),
    question="photo",
    photo="Cat",
    painting="The Scream",
    kind="before 1880",
    left="cin",
    right="adain",
    left_sha256="a1",
    right_sha256="b2",
    outcome="left",
    seed=7,
    moment=5.0,
)

WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
from compare.votes import Vote, Votes
votes = Votes(Path(sys.argv[1]))
name, number = sys.argv[2], int(sys.argv[3])
for place in range(number):
    about = ("photo", "Cat", "Sky", "drawn", "a", "b", "", "", "left")
    vote = Vote(f"{name}-{place}", name, *about, place, place)
    votes.add(vote, number + 1)
    print(vote.id, flush=True)
"""


def writer(path: Path, name: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(number)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def votes(tmp_path: Path) -> Votes:
    return Votes(tmp_path / "new" / "votes.sqlite3", clock=lambda: 10.0)


def test_a_vote_is_there_again_after_a_restart(votes: Votes) -> None:
    votes.add(VOTE, 3)
    again = Votes(votes.path)
    assert again.all() == [VOTE]
    assert again.problem == ""


def test_a_showing_counts_once_and_can_be_taken_back_by_its_voter_alone(votes: Votes) -> None:
    votes.add(VOTE, 3)
    with pytest.raises(Refused, match="already"):
        votes.add(replace(VOTE, outcome="right"), 3)
    assert not votes.undo(VOTE.id, hashed("bob"))
    assert votes.undo(VOTE.id, VOTE.visitor)
    assert votes.all() == []
    votes.add(VOTE, 3)


def test_a_visitor_votes_so_often_a_day(tmp_path: Path) -> None:
    now = [1e6]
    votes = Votes(tmp_path / "votes.sqlite3", clock=lambda: now[0])
    for place in range(2):
        votes.add(replace(VOTE, id=str(place), moment=now[0]), 2)
    with pytest.raises(Refused, match="2 times within a day"):
        votes.add(replace(VOTE, id="2", moment=now[0]), 2)
    votes.add(replace(VOTE, id="2", visitor=hashed("bob"), moment=now[0]), 2)
    now[0] += DAY + 1
    votes.add(replace(VOTE, id="3", moment=now[0]), 2)
    assert len(votes.all()) == 4


def test_eight_writers_at_once_lose_no_vote(tmp_path: Path) -> None:
    """They begin the file together, too."""
    path = tmp_path / "votes.sqlite3"
    writers = [writer(path, f"writer{place}", 25) for place in range(8)]
    acknowledged = [line for each in writers for line in each.communicate(timeout=120)[0].split()]
    assert [each.returncode for each in writers] == [0] * 8
    assert len(acknowledged) == 200
    assert {each.id for each in Votes(path).all()} == {*acknowledged}


def test_a_kill_in_the_middle_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite3"
    with writer(path, "killed", 100_000) as process:
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().strip() for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        acknowledged += process.stdout.read().split()
    opened = Votes(path)
    kept = {each.id for each in opened.all()}
    assert len(acknowledged) >= 40
    assert {*acknowledged} <= kept
    assert len(kept) <= len(acknowledged) + 1, "at most one was written and not told"
    assert opened.problem == ""
    opened.add(VOTE, 3)


@pytest.mark.parametrize("damage", ["header", "middle", "text"])
def test_a_damaged_file_is_set_aside_with_a_sentence_and_a_new_one_begun(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "votes.sqlite3"
    votes = Votes(path)
    for place in range(30):
        votes.add(replace(VOTE, id=str(place), painting="x" * 1000), 1000)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    data = bytearray(path.read_bytes())
    if damage == "header":
        data[:16] = b"x" * 16
    elif damage == "middle":
        data[4096 : len(data) - 4096] = os.urandom(len(data) - 8192)
    path.write_bytes(data if damage != "text" else b"these are no votes\n" * 300)
    damaged = path.read_bytes()
    again = Votes(path, clock=lambda: 1.0)
    assert "damaged" in again.problem
    assert "votes.sqlite3.damaged-1000" in again.problem
    assert (tmp_path / "votes.sqlite3.damaged-1000").read_bytes() == damaged
    again.add(VOTE, 3)
    assert again.all() == [VOTE]


def test_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "votes.sqlite3"
    Votes(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    connection.close()
    with pytest.raises(ValueError, match=f"version {VERSION + 1}"):
        Votes(path)
    assert [each.name for each in tmp_path.glob("*damaged*")] == []


def many(count: int) -> list[Vote]:
    """The left one, "cin", wins three times of four."""
    return [
        replace(
            VOTE,
            id=str(place),
            visitor=hashed(f"visitor {place % 2}"),
            question=sorted(QUESTIONS)[place % 3],
            painting=f"Painting {place % 10}",
            kind=("old", "new")[place % 2],
            outcome=OUTCOMES[0] if place % 4 else OUTCOMES[1],
        )
        for place in range(count)
    ]


def test_the_leaderboard_waits_for_enough_votes() -> None:
    assert leaderboard(many(FEWEST - 1)) == {}
    found = leaderboard(many(120))
    assert list(found) == ["cin", "adain"]
    assert found["cin"].low > 0 > found["adain"].high
    assert found["cin"].battles == 120


def test_votes_are_chosen_by_question_kind_and_visitor() -> None:
    votes = many(60)
    assert len(chosen(votes)) == 60
    assert len(chosen(votes, question="wall")) == 20
    assert len(chosen(votes, kind="old")) == 30
    assert {each.visitor for each in chosen(votes, visitor=hashed("visitor 1"))} == {hashed("visitor 1")}


def test_the_export_has_pair_seed_and_hashes() -> None:
    header, row = to_csv([VOTE]).decode().splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["left_sha256"] == "a1"
    (kept,) = json.loads(to_json([VOTE]))
    assert (kept["photo"], kept["painting"], kept["seed"], kept["right_sha256"]) == (
        "Cat",
        "The Scream",
        7,
        "b2",
    )
