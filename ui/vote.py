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

from compare.kept_votes import dataset, keep
from compare.leaderboard import QUESTIONS, chosen, leaderboard, ranking, to_csv, to_json
from compare.limits import current
from compare.pool import KINDS, Pair, own_pair, pool_folder, read_pool
from compare.votes import OUTCOMES, OWN, Refused, Vote, Votes, hashed, votes_file
from core.bradley_terry import Strength
from core.sentence import Sentence
from methods import ALL
from ui.files import FileCache, address
from ui.history import BROWSER_STATE, History
from ui.language import Language, label, language_of, standing
from ui.showings import Showings
from ui.visitors import visitor_of
from ui.vote_html import ballot, board, closed, header, kind, question
from weights.errors import WeightsError

PATH = "vote"
OURS = "ours"  # pictures of our pool, in place of OWN
MOST_BROWSERS = 8  # whose own comparisons are held ready
BOARD_SECONDS = 60  # for which a leaderboard stands before it is computed again
SCRIPT = (Path(__file__).parent / "vote.js").read_text(encoding="utf-8")
NOTHING = "There are no pictures to vote on: {command} paints them."
CLOSED = "No votes are taken, for they cannot be kept ({reason})."
LOST = Sentence("votes_lost", "Votes on this Space are lost when it restarts.")
NOT_KEPT = "Votes are not kept in {repo} and may be lost at a restart: {reason}"
GONE = Sentence("vote_gone", "That pair is no longer known here; this is another.")
PRIVATE: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "queue": False}

log = logging.getLogger(__name__)


def to_vote(say: Language) -> str:
    """The link to it, on the first page, which stays as it is."""
    return f'<a class="elsewhere" href="{PATH}" target="_blank" rel="opener">{say("vote.link")}</a>'


def vote_is_on() -> bool:
    """Whether votes are taken, unless STYLEGRID_VOTE is 0."""
    return os.environ.get("STYLEGRID_VOTE") != "0"


class VotePage:
    """The handlers of the page, and its pool and votes.

    Attributes:
        history: where visitors' own comparisons lie; own: some of these as pairs, by their browser.
        showings: None where votes cannot be kept; `problem` then says why.
    """

    def __init__(self) -> None:
        self.titles = {method.name: method.title for method in ALL}
        self.history, self.own = History(), dict[str, Sequence[Pair]]()
        self.showings: Showings | None = None
        self.boards: dict[tuple[str, str], tuple[float, dict[str, Strength]]] = {}
        self.problem = ""
        try:
            votes, pool = Votes(votes_file()), read_pool(pool_folder())
            self.problem = votes.problem or kept_problem(votes)
            if pool:
                self.showings = Showings(pool, votes)
            else:
                self.problem = Sentence("vote_nothing", NOTHING, {"command": "python -m compare.pool"})
        except (OSError, ValueError, sqlite3.Error) as error:
            log.exception("No votes are taken")
            self.problem = Sentence("vote_closed", CLOSED, {"reason": type(error).__name__})

    def draw(self, browser: str, source: str, request: gr.Request) -> str:
        """A new showing, from our pool or of what this browser has compared."""
        self.own.pop(str(browser), None)  # there may be more by now
        return self.another(browser, source, request)

    def another(self, browser: str, source: str, request: gr.Request, wrong: str = "") -> str:
        """The next showing to a visitor."""
        say, visitor = language_of(request), visitor_of(request).key
        if self.showings is None:
            return closed(say.sentence(self.problem))
        own = self.own_pairs(str(browser)) if source == OWN else ()
        if source == OWN and not own:
            return closed(say("vote.source.none"))
        key = self.showings.new(visitor, own)
        showing = self.showings.get(key, visitor)
        assert showing is not None
        return ballot(key, showing, say, wrong=say.sentence(wrong or self.problem))

    def own_pairs(self, browser: str) -> Sequence[Pair]:
        """What the browser with this key has compared within the last hour, if it came to two pictures."""
        if browser not in self.own:
            found = (self.history.get(browser, number) for number in self.history.newest(browser))
            finished = [kept.finished for kept in found if kept is not None]
            pairs = (own_pair(each.request, each.tiles.values()) for each in finished)
            self.own[browser] = tuple(pair for pair in pairs if pair is not None)
            while len(self.own) > MOST_BROWSERS:
                self.own.pop(next(iter(self.own)), None)
        return self.own.get(browser, ())

    def act(self, browser: str, source: str, event: gr.SelectData, request: gr.Request) -> str:
        """What follows a button: an answer shows what was hidden, and may be taken back."""
        say = language_of(request)
        if self.showings is None:
            return closed(say.sentence(self.problem))
        key, action, visitor = str(event.index), str(event.value), visitor_of(request).key
        showing = self.showings.get(key, visitor)
        if showing is None or action == "next":
            return self.another(browser, source, request, "" if showing else GONE)
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
        votes = self.showings.votes.all()
        some, own = (
            chosen(votes, question, kind),
            chosen(votes, question, kind, hashed(visitor_of(request).key)),
        )
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


def kept_problem(votes: Votes) -> str:
    """Keep votes in a Dataset repository where one is named; why they are lost at a restart, else empty."""
    repo = dataset()
    if repo:
        try:
            keep(votes, repo, votes.path.parent / "dataset")
        except (WeightsError, sqlite3.Error, OSError) as error:
            log.warning("Votes are not kept in %s: %s", repo, error)
            return Sentence("votes_not_kept", NOT_KEPT, {"repo": repo, "reason": str(error)})
    return LOST if "SPACE_ID" in os.environ and not repo else ""


def vote_page(blocks: gr.Blocks) -> VotePage:
    """Add the page to the app, beside its first."""
    page = VotePage()
    with blocks.route("Blind vote", f"/{PATH}", show_in_navbar=False):
        gr.HTML(standing(header), elem_id="masthead", apply_default_css=False)
        browser = gr.BrowserState("", **BROWSER_STATE)
        with gr.Row(elem_id="vote-page"):
            with gr.Column(elem_id="vote-ballot"):
                shown = gr.HTML("", js_on_load=SCRIPT, apply_default_css=False)
                source = gr.Radio(sources(), value=OURS, label=label("vote.source"))
            with gr.Column(elem_id="vote-board"):
                gr.HTML(standing(heading), apply_default_css=False)
                with gr.Row(elem_id="vote-filters"):
                    asked = gr.Dropdown(questions(), value="", label=label("vote.question"))
                    painted = gr.Dropdown(kinds(), value="", label=label("vote.kind"))
                table = gr.HTML("", apply_default_css=False)
                export = gr.Button(label("vote.export"), size="sm")
                links = gr.HTML("", elem_id="vote-export", apply_default_css=False)
        files = FileCache(links)
        for start in (blocks.load, source.change):
            start(page.draw, [browser, source], shown, **PRIVATE)
        shown.select(page.act, [browser, source], shown, **PRIVATE)
        for change in (shown.change, asked.change, painted.change):
            change(page.board, [asked, painted], table, **PRIVATE)
        export.click(lambda: page.export(files), outputs=links, **PRIVATE)
    return page


def heading(say: Language) -> str:
    """Of the leaderboard."""
    return f"<h2>{say('vote.heading')}</h2>"


def sources() -> list[tuple[str, str]]:
    """Where the pictures come from."""
    return [(label("vote.source.ours"), OURS), (label("vote.source.own"), OWN)]


def questions() -> list[tuple[str, str]]:
    """Those that the leaderboard can be of, and all."""
    named = [(standing(partial(question, each)), each) for each in QUESTIONS]
    return [(label("vote.question.all"), ""), *named]


def kinds() -> list[tuple[str, str]]:
    """The kinds of paintings likewise."""
    return [(label("vote.kind.all"), ""), *((standing(partial(kind, each)), each) for each in KINDS)]
