"""The page of the blind vote: what is drawn, and what happens on its buttons."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from compare.leaderboard import QUESTIONS, chosen, leaderboard, ranking, to_csv, to_json
from compare.limits import current
from compare.pool import KINDS, pool_folder, read_pool
from compare.votes import OUTCOMES, Refused, Vote, Votes, hashed, votes_file
from core.bradley_terry import Strength
from core.sentence import Sentence
from methods import ALL
from ui.files import FileCache, address
from ui.language import Language, label, language_of, standing
from ui.showings import Showings
from ui.visitors import visitor_of
from ui.vote_html import ballot, board, closed, header, kind, question

PATH = "vote"
BOARD_SECONDS = 60  # for which a leaderboard stands before it is computed again
SCRIPT = (Path(__file__).parent / "vote.js").read_text(encoding="utf-8")
NOTHING = "There are no pictures to vote on: {command} paints them."
CLOSED = "No votes are taken, for they cannot be kept ({reason})."
LOST = Sentence("votes_lost", "Votes on this Space are lost when it restarts.")
GONE = Sentence("vote_gone", "That pair is no longer known here; this is another.")
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}

log = logging.getLogger(__name__)


def to_vote(say: Language) -> str:
    """The link to it, on the first page."""
    return f'<a class="elsewhere" href="{PATH}">{say("vote.link")}</a>'


def vote_is_on() -> bool:
    """Whether votes are taken, unless STYLEGRID_VOTE is 0."""
    return os.environ.get("STYLEGRID_VOTE") != "0"


class VotePage:
    """The handlers of the page, and its pool and votes.

    Attributes:
        showings: None where votes cannot be kept; `problem` then says why.
    """

    def __init__(self) -> None:
        self.titles = {method.name: method.title for method in ALL}
        self.showings: Showings | None = None
        self.boards: dict[tuple[str, str], tuple[float, dict[str, Strength]]] = {}
        self.problem = ""
        try:
            votes, pool = Votes(votes_file()), read_pool(pool_folder())
            self.problem = votes.problem or (LOST if "SPACE_ID" in os.environ else "")
            if pool:
                self.showings = Showings(pool, votes)
            else:
                self.problem = Sentence("vote_nothing", NOTHING, {"command": "python -m compare.pool"})
        except (OSError, ValueError, sqlite3.Error) as error:
            log.exception("No votes are taken")
            self.problem = Sentence("vote_closed", CLOSED, {"reason": type(error).__name__})

    def draw(self, request: gr.Request) -> str:
        """A new showing."""
        say = language_of(request)
        if self.showings is None:
            return closed(say.sentence(self.problem))
        return self.another(visitor_of(request).key, say)

    def another(self, visitor: str, say: Language, wrong: str = "") -> str:
        """The next showing to a visitor."""
        assert self.showings is not None
        key = self.showings.new(visitor)
        showing = self.showings.get(key, visitor)
        assert showing is not None
        return ballot(key, showing, say, wrong=say.sentence(wrong or self.problem))

    def act(self, event: gr.SelectData, request: gr.Request) -> str:
        """What follows a button: an answer shows what was hidden, and may be taken back."""
        say = language_of(request)
        if self.showings is None:
            return closed(say.sentence(self.problem))
        key, action, visitor = str(event.index), str(event.value), visitor_of(request).key
        showing = self.showings.get(key, visitor)
        if showing is None or action == "next":
            return self.another(visitor, say, "" if showing else GONE)
        if action == "undo":
            self.showings.undo(key, visitor)
            return ballot(key, showing, say)
        if action not in OUTCOMES:
            return ballot(key, showing, say)
        try:
            self.showings.vote(key, visitor, action, current().daily_votes)
        except Refused as error:
            return ballot(key, showing, say, wrong=say.sentence(error))
        return ballot(key, showing, say, action)

    def board(self, question: str, kind: str, request: gr.Request) -> str:
        """The leaderboard of a question and a kind of painting, or of all where these are empty."""
        if self.showings is None:
            return ""
        question, kind = str(question or ""), str(kind or "")
        some = chosen(self.showings.votes.all(), question, kind)
        own = chosen(some, visitor=hashed(visitor_of(request).key))
        everybody = self.everybody((question, kind), some)
        return board(len(some), everybody, ranking(own, 1), self.titles, language_of(request))

    def everybody(self, key: tuple[str, str], votes: Sequence[Vote]) -> dict[str, Strength]:
        """The leaderboard of some votes, computed at most once in BOARD_SECONDS for the same key."""
        moment, known = self.boards.get(key, (0.0, {}))
        if not known or time.monotonic() - moment > BOARD_SECONDS:
            known = leaderboard(votes)
            self.boards[key] = time.monotonic(), known
        return known

    def export(self, files: FileCache) -> str:
        """Links to all votes as CSV and as JSON."""
        if self.showings is None:
            return ""
        votes = self.showings.votes.all()
        links = ""
        for name, data in (("votes.csv", to_csv(votes)), ("votes.json", to_json(votes))):
            links += f'<a href="{address(files.save_bytes(data, name))}" download="{name}">{name}</a>'
        return links


def vote_page(blocks: gr.Blocks) -> VotePage:
    """Add the page to the app, beside its first."""
    page = VotePage()
    with blocks.route("Blind vote", f"/{PATH}", show_in_navbar=False):
        gr.HTML(standing(header), elem_id="masthead", apply_default_css=False)
        with gr.Row(elem_id="vote-page"):
            with gr.Column(elem_id="vote-ballot"):
                shown = gr.HTML("", js_on_load=SCRIPT, apply_default_css=False)
            with gr.Column(elem_id="vote-board"):
                gr.HTML(standing(heading), apply_default_css=False)
                with gr.Row(elem_id="vote-filters"):
                    asked = gr.Dropdown(questions(), value="", label=label("vote.question"))
                    painted = gr.Dropdown(kinds(), value="", label=label("vote.kind"))
                table = gr.HTML("", apply_default_css=False)
                export = gr.Button(label("vote.export"), size="sm")
                links = gr.HTML("", elem_id="vote-export", apply_default_css=False)
        files = FileCache(links)
        blocks.load(page.draw, outputs=shown, **PRIVATE)
        shown.select(page.act, outputs=shown, **PRIVATE)
        for change in (shown.change, asked.change, painted.change):
            change(page.board, [asked, painted], table, **PRIVATE)
        export.click(lambda: page.export(files), outputs=links, **PRIVATE)
    return page


def heading(say: Language) -> str:
    """Of the leaderboard."""
    return f"<h2>{say('vote.heading')}</h2>"


def questions() -> list[tuple[str, str]]:
    """Those that the leaderboard can be of, and all."""
    named = [(standing(partial(question, each)), each) for each in QUESTIONS]
    return [(label("vote.question.all"), ""), *named]


def kinds() -> list[tuple[str, str]]:
    """The kinds of paintings likewise."""
    return [(label("vote.kind.all"), ""), *((standing(partial(kind, each)), each) for each in KINDS)]
