"""The blind vote as HTML: two pictures whose names are hidden until they are voted on; the leaderboard."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from html import escape
from pathlib import Path

from compare.leaderboard import FEWEST, QUESTIONS
from compare.pool import Entry, Showing
from compare.votes import OUTCOMES
from core.bradley_terry import Strength
from ui.html import time

LABELS = {
    "left": "The left one",
    "right": "The right one",
    "both good": "Both are good",
    "both bad": "Neither",
}
SAID = {
    "left": "You chose the left one.",
    "right": "You chose the right one.",
    "both good": "You found both good.",
    "both bad": "You chose neither.",
}


def ballot(key: str, showing: Showing, outcome: str = "", wrong: str = "") -> str:
    """A showing: before it is voted on with its four buttons, after it with what was hidden."""
    photo, painting = (address(showing.pair.folder / f"{name}.webp") for name in ("photo", "painting"))
    sources = "".join(
        f'<figure><img src="{source}" alt="{name}: {escape(title)}"><figcaption>{name}</figcaption></figure>'
        for name, source, title in (
            ("Photo", photo, showing.pair.photo),
            ("Painting", painting, showing.pair.painting),
        )
    )
    two = "".join(
        f'<figure><img src="{address(entry.path)}" alt="The {side} picture">'
        f"<figcaption>{names(entry) if outcome else side.capitalize()}</figcaption></figure>"
        for side, entry in (("left", showing.left), ("right", showing.right))
    )
    line = f'<p class="status error" role="alert">{escape(wrong)}</p>' if wrong else ""
    return (
        f'<section class="vote" data-key="{escape(key)}" aria-label="Vote">'
        f"<h2>{QUESTIONS[showing.question]}</h2>"
        f'<div class="sources">{sources}</div><div class="two">{two}</div>'
        f"{answered(outcome) if outcome else answers()}{line}</section>"
    )


def answers() -> str:
    """The four buttons, and their keys."""
    buttons = "".join(
        f'<button type="button" data-action="{outcome}" disabled><kbd>{place}</kbd>{LABELS[outcome]}</button>'
        for place, outcome in enumerate(OUTCOMES, start=1)
    )
    return f'<div class="answers" role="group" aria-label="Your answer">{buttons}</div>'


def answered(outcome: str) -> str:
    """What was said, the way on, and the way back."""
    return (
        f'<div class="answers told"><p role="status">{SAID[outcome]}</p>'
        '<button type="button" class="on" data-action="next"><kbd>Enter</kbd>Next pair</button>'
        '<button type="button" data-action="undo"><kbd>U</kbd>Undo</button></div>'
    )


def names(entry: Entry) -> str:
    """Who painted a picture, how long it took, and its distances."""
    return (
        f"<b>{escape(entry.title)}</b>{time(entry.seconds)}, content distance {entry.content:.3f}, "
        f"style distance {entry.style:.3f}"
    )


def address(path: Path) -> str:
    """A picture's file inside a data address, which does not tell its name."""
    return "data:image/webp;base64," + base64.b64encode(path.read_bytes()).decode()


def closed(words: str) -> str:
    """In the place of a showing, why there is none."""
    return f'<section class="vote"><p class="status error" role="alert">{escape(words)}</p></section>'


def board(
    all_votes: int, everybody: Mapping[str, Strength], own: Mapping[str, Strength], titles: Mapping[str, str]
) -> str:
    """The leaderboard: strengths by method, and the visitor's own beside them."""
    if not everybody:
        return (
            f'<p class="status">Not enough votes yet: {all_votes} of {FEWEST}. Until then nothing is told, '
            "for chance would tell it.</p>"
        )
    rows = "".join(
        f'<tr><th scope="row">{escape(titles.get(name, name))}</th><td>{each.points:+.0f}</td>'
        f"<td>{each.low:+.0f} to {each.high:+.0f}</td><td>{each.battles}</td>"
        f"<td>{format(own[name].points, '+.0f') if name in own else '–'}</td></tr>"
        for name, each in everybody.items()
    )
    heads = ("Method", "Points", "95 % interval", "Votes", "You alone")
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    return (
        f'<table class="board"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        '<p class="status">Points are those of Bradley and Terry, with ties by Davidson: who has 100 more '
        f"than another is chosen 64 times of 100. {all_votes:,} votes; intervals by a bootstrap over pairs "
        "of pictures. Where they overlap nothing is decided.</p>"
    )
