"""The photo and the painting that the results are of, as small figures beside a sentence."""

from __future__ import annotations

from html import escape

from ui.pinned import pin_button

INVITATION = "Choose a photo and a painting, or one of the pairs, then Compare."


def pair_html(photo: str, painting: str, words: str, title: str = "") -> str:
    """The head of the results, from the addresses of two pictures."""
    figures = "".join(
        f'<figure><img src="{address}" alt="The {name.lower()}"><figcaption>{name}</figcaption></figure>'
        for name, address in (("Photo", photo), ("Painting", painting))
    )
    return f'<div class="pair-head">{figures}<p><b>{escape(title)}</b>{escape(words)}</p>{pin_button()}</div>'


def no_pair() -> str:
    """The head before there are results."""
    return f'<div class="pair-head"><p>{INVITATION}</p></div>'
