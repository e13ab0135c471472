"""The blind vote as HTML: two pictures whose names are hidden until they are voted on; the leaderboard."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from compare.leaderboard import FEWEST
from compare.pool import EARLY, KINDS, LATE, PAINTING, PHOTO, Entry, Showing
from compare.votes import OUTCOMES, OWN
from core.bradley_terry import PERCENTILES, Strength, chosen
from ui.files import held
from ui.html import error_html, status_html, time
from ui.language import Language

KIND_KEYS = dict(zip(KINDS, ("before", "between", "after", "drawn"), strict=True))
LEAD = 100  # points, of an example


def header(say: Language) -> str:
    """The page's head, with the way back."""
    return (
        f'<div class="masthead brief"><h1>StyleGrid</h1><p>{say("vote.idea")}</p>'
        f'<a class="elsewhere" href="./">{say("vote.back")}</a></div>'
    )


def question(key: str, say: Language) -> str:
    """One of QUESTIONS in words."""
    return say(f"vote.question.{key}")


def kind(name: str, say: Language) -> str:
    """One of KINDS in words."""
    return say(f"vote.kind.{KIND_KEYS[name]}", early=EARLY, late=LATE)


def ballot(key: str, showing: Showing, say: Language, outcome: str = "", wrong: str = "") -> str:
    """A showing: before it is voted on with its four buttons, after it with what was hidden."""
    pair = showing.pair
    sources = "".join(
        f'<figure><img src="{address(pair.picture(name))}" '
        f'alt="{say(name) if pair.kind == OWN else f"{say(name)}: {escape(title)}"}">'
        f"<figcaption>{say(name)}</figcaption></figure>"
        for name, title in ((PHOTO, pair.photo), (PAINTING, pair.painting))
    )
    two = "".join(
        f'<figure><img src="{address(pair.picture(entry.method))}" alt="{say(f"vote.picture.{side}")}">'
        f"<figcaption>{names(entry, say) if outcome else say(f'vote.side.{side}')}</figcaption></figure>"
        for side, entry in (("left", showing.left), ("right", showing.right))
    )
    return (
        f'<section class="vote" data-key="{escape(key)}" aria-label="{say("vote.one")}">'
        f"<h2>{question(showing.question, say)}</h2>"
        f'<div class="sources">{sources}</div><div class="two">{two}</div>'
        f"{answered(outcome, say) if outcome else answers(say)}{error_html(wrong) if wrong else ''}</section>"
    )


def answers(say: Language) -> str:
    """The four buttons, and their keys."""
    buttons = "".join(
        f'<button type="button" data-action="{outcome}" disabled><kbd>{place}</kbd>'
        f"{say(f'vote.answer.{word(outcome)}')}</button>"
        for place, outcome in enumerate(OUTCOMES, start=1)
    )
    return f'<div class="answers" role="group" aria-label="{say("vote.answers")}">{buttons}</div>'


def answered(outcome: str, say: Language) -> str:
    """What was said, the way on, and the way back."""
    return (
        f'<div class="answers told"><p role="status">{say(f"vote.said.{word(outcome)}")}</p>'
        f'<button type="button" class="on" data-action="next"><kbd>Enter</kbd>{say("vote.next")}</button>'
        f'<button type="button" data-action="undo"><kbd>U</kbd>{say("vote.undo")}</button></div>'
    )


def word(outcome: str) -> str:
    """An outcome as the end of a key."""
    return outcome.replace(" ", "_")


def names(entry: Entry, say: Language) -> str:
    """Who painted a picture, how long it took, and its distances."""
    about = {"seconds": time(entry.seconds), "content": entry.content, "style": entry.style}
    return f"<b>{escape(entry.title)}</b>{say('vote.numbers', **about)}"


def address(file: bytes) -> str:
    """A WebP file inside a data address, which does not tell its name."""
    return held(file, "image/webp")


def closed(words: str) -> str:
    """In the place of a showing, why there is none."""
    return f'<section class="vote">{error_html(words)}</section>'


def own_board(own: Mapping[str, Strength], titles: Mapping[str, str], say: Language) -> str:
    """A visitor's own ranking, where there is no other; nothing before the first vote."""
    if not own:
        return ""
    rows = "".join(
        f'<tr><th scope="row">{escape(titles.get(name, name))}</th><td>{each.points:+.0f}</td>'
        f"<td>{each.battles}</td></tr>"
        for name, each in own.items()
    )
    head = "".join(f'<th scope="col">{say(f"vote.{each}")}</th>' for each in ("method", "own", "votes"))
    return f'<table class="board"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'


def board(
    all_votes: int,
    everybody: Mapping[str, Strength],
    own: Mapping[str, Strength],
    titles: Mapping[str, str],
    say: Language,
) -> str:
    """The leaderboard: strengths by method, and the visitor's own beside them."""
    if not everybody:
        return status_html(say("vote.few", votes=all_votes, fewest=FEWEST)) + own_board(own, titles, say)
    rows = "".join(
        f'<tr><th scope="row">{escape(titles.get(name, name))}</th><td>{each.points:+.0f}</td>'
        f"<td>{say('vote.interval', low=each.low, high=each.high)}</td><td>{each.battles}</td>"
        f"<td>{format(own[name].points, '+.0f') if name in own else '–'}</td></tr>"
        for name, each in everybody.items()
    )
    level = f"{PERCENTILES[1] - PERCENTILES[0]:.0f}"
    heads = (
        say("vote.method"),
        say("vote.points"),
        say("vote.level", level=level),
        say("vote.votes"),
        say("vote.own"),
    )
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in heads)
    about = {"lead": LEAD, "times": round(100 * chosen(LEAD)), "of": 100, "votes": all_votes}
    return (
        f'<table class="board"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>'
        f"{status_html(say('vote.about', **about))}"
    )
