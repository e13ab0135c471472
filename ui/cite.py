"""BibTeX of the methods' papers and of StyleGrid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from core.version import VERSION
from methods.base import Method
from ui.language import ENGLISH, Language

PAPER = re.compile(
    r"(?P<authors>[^:]*?) (?P<year>\d{4}): (?:(?P<title>[^(]*) \((?P<venue>[^)]*)\)|(?P<plain>[^,]*))"
    r"(?:, (?P<note>.*))?$"
)


def bibtex(method: Method) -> str:
    """The entry of a method's paper, from its text: authors year: title (venue), notes, address."""
    address = re.search(r",?\s*(https?://[^\s,]+)", method.paper)
    text = method.paper.replace(address[0], "") if address else method.paper
    found = PAPER.match(text)
    fields = {"title": text, "year": str(method.year)} if found is None else found.groupdict("")
    venue, fields["title"] = fields.pop("venue", ""), fields["title"] or fields.pop("plain", "")
    fields.pop("plain", None)
    authors = " and ".join(fields.pop("authors", "").split(", "))
    listed = {"author": authors, **fields, "booktitle": venue, "url": address[1] if address else ""}
    lines = ",\n".join(f"  {name} = {{{value}}}" for name, value in listed.items() if value)
    return f"@{'inproceedings' if venue else 'misc'}{{{method.name}{listed['year']},\n{lines}\n}}"


def own_bibtex() -> str:
    """StyleGrid's entry."""
    return (
        "@software{stylegrid,\n  author = {{StyleGrid contributors}},\n"
        f"  title = {{StyleGrid: neural style transfer methods side by side}},\n  version = {{{VERSION}}}\n}}"
    )


def cite_html(methods: Iterable[Method], say: Language = ENGLISH) -> str:
    """All of it, to be unfolded."""
    entries = "\n\n".join([own_bibtex(), *map(bibtex, methods)])
    return (
        f'<details class="measure cite"><summary>{say("cite")}</summary>'
        f'<pre tabindex="0" aria-label="BibTeX">{escape(entries)}</pre></details>'
    )
