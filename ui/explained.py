"""How the methods work: a few sentences at each tile, a screen for each in a tab of their own."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from methods.base import Method
from ui.figures import figure_svg
from ui.language import ENGLISH, Language, texts
from ui.texts import paper_link

SENTENCES = ("how", "limits", "cost")


def idea(name: str, say: Language = ENGLISH) -> str:
    """What a method does, in a few words; empty of one that came from elsewhere."""
    key = f"how.{name}.idea"
    return say(key) if key in texts("en") else ""


def about(name: str, title: str, say: Language = ENGLISH) -> str:
    """The line beneath a tile's title: the idea, and a button that opens three sentences."""
    if not idea(name):
        return '<p class="idea"></p>'
    sentences = "".join(f"<p>{escape(say(f'how.{name}.{part}'))}</p>" for part in SENTENCES)
    title, spoken = escape(title), escape(say("how.about", title=title))
    return (
        f'<p class="idea"><span>{escape(idea(name, say))}</span><button type="button" class="about" '
        f'popovertarget="about-{name}" aria-label="{spoken}"><i aria-hidden="true">i</i></button></p>'
        f'<div popover id="about-{name}" class="about-text" role="dialog" aria-label="{spoken}">'
        f'<h3>{title}</h3>{sentences}<a href="#how-{name}">{say("how.more")}</a></div>'
    )


def how_it_works(methods: Iterable[Method], say: Language = ENGLISH) -> str:
    """The tab: links to the methods, and a screen for each."""
    known = [method for method in methods if idea(method.name)]
    links = "".join(f'<a href="#how-{each.name}">{escape(each.title)}</a>' for each in known)
    screens = "".join(screen(each, say) for each in known)
    return f'<nav class="how-links" aria-label="{say("tab.how")}">{links}</nav>{screens}'


def screen(method: Method, say: Language) -> str:
    """One method: its idea, a drawing, three sentences, the formula and the paper."""
    name = method.name
    sentences = "".join(f"<p>{escape(say(f'how.{name}.{part}'))}</p>" for part in SENTENCES)
    return (
        f'<section class="how" id="how-{name}" aria-labelledby="how-title-{name}" tabindex="-1">'
        f'<h2 id="how-title-{name}">{escape(method.title)}'
        f"<small>{method.year}: {escape(idea(name, say))}</small></h2>"
        f'<div class="how-parts">{figure_svg(name, say)}<div>{sentences}'
        f'<p class="formula"><b>{say("how.formula")}</b>{escape(say(f"how.{name}.formula"))}</p>'
        f'<p class="paper"><b>{say("how.paper")}</b>{paper_link(method.paper)}</p></div></div></section>'
    )
