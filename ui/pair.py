"""The photo and the painting that the results are of, as small figures beside a sentence."""

from __future__ import annotations

from html import escape

from ui.language import ENGLISH, Language
from ui.pinned import pin_button


def pair_html(photo: str, painting: str, words: str, title: str = "", say: Language = ENGLISH) -> str:
    """The head of the results, from the addresses of two pictures."""
    figures = "".join(
        f'<figure><img src="{address}" alt="{say(name)}"><figcaption>{say(name)}</figcaption></figure>'
        for name, address in (("photo", photo), ("painting", painting))
    )
    return (
        f'<div class="pair-head">{figures}<p><b>{escape(title)}</b>{escape(words)}</p>{pin_button(say)}</div>'
    )


def no_pair(say: Language = ENGLISH) -> str:
    """The head before there are results."""
    return f'<div class="pair-head"><p>{say("pair.invitation")}</p></div>'
