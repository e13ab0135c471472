"""Which method people prefer: strengths from votes by question and kind of painting; the votes as files."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict

from compare.votes import COLUMNS, OWN, Vote
from core.bradley_terry import RESAMPLES, Battle, Strength, strengths

QUESTIONS = ("photo", "painting", "wall")  # which keeps more of it, is more like it, would you hang there
FEWEST = 30  # votes, below which no strengths are told
SCORES = {"left": 1.0, "right": 0.0, "both good": 0.5, "both bad": 0.5}


def chosen(votes: Iterable[Vote], question: str = "", kind: str = "", visitor: str = "") -> list[Vote]:
    """The votes on a question, on a kind of painting, of a visitor; all of what is empty. Those on a
    visitor's own comparison are among that visitor's alone."""
    return [
        each
        for each in votes
        if question in ("", each.question)
        and kind in ("", each.kind)
        and visitor in ("", each.visitor)
        and (visitor or each.kind != OWN)
    ]


def leaderboard(votes: Sequence[Vote]) -> dict[str, Strength]:
    """Strengths by method, the most preferred first; empty for fewer than FEWEST votes."""
    return ranking(votes) if len(votes) >= FEWEST else {}


def ranking(votes: Iterable[Vote], resamples: int = RESAMPLES) -> dict[str, Strength]:
    """Strengths by method, from however few votes. Votes on one pair of pictures are one cluster."""
    battles = [
        Battle(each.left, each.right, SCORES[each.outcome], (each.photo, each.painting)) for each in votes
    ]
    return strengths(battles, resamples)


def to_csv(votes: Iterable[Vote]) -> bytes:
    """A row for each vote, with the table's columns."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, votes))
    return stream.getvalue().encode()


def to_json(votes: Iterable[Vote]) -> bytes:
    """A list with an object for each vote."""
    return json.dumps([asdict(each) for each in votes], indent=1).encode()
