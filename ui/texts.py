"""The page's standing parts: header, how to read the numbers, footer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from core.version import VERSION
from core.yardstick import CONTENT_LAYER, OTHER_PHOTO, OTHER_PHOTOS, STYLE_LAYERS
from methods.base import Method
from ui.language import ENGLISH, Language

FAIR_REPEATS = 3  # of fair timing


def header(machine: str, say: Language = ENGLISH) -> str:
    """The name, one line of what it does, and the machine that it runs on."""
    return (
        f'<div class="masthead"><h1>StyleGrid</h1><p>{say("header.idea")}</p>'
        f'<span class="device">{escape(say("header.machine", machine=machine))}</span></div>'
    )


def measure(say: Language = ENGLISH) -> str:
    """What the numbers in the tiles mean, to be unfolded."""
    layers = {"content_layer": CONTENT_LAYER, "first": STYLE_LAYERS[0], "last": STYLE_LAYERS[-1]}
    others = {"other": OTHER_PHOTO, "least": OTHER_PHOTOS[0], "most": OTHER_PHOTOS[1]}
    return (
        f'<details class="measure"><summary>{say("measure.title")}</summary>'
        f"<p>{say('measure.distances', **others, **layers)}</p>"
        f"<p>{say('measure.seconds', repeats=FAIR_REPEATS)}</p></details>"
    )


def footer(methods: Iterable[Method], say: Language = ENGLISH) -> str:
    """The papers, each linked where its text gives an address, and the version."""
    papers = "".join(f"<li>{paper_link(method.paper)}</li>" for method in methods)
    return (
        f'<div class="colophon"><h2>{say("footer.papers")}</h2><ul>{papers}</ul>'
        f'<p class="version">StyleGrid {VERSION}</p></div>'
    )


def paper_link(paper: str) -> str:
    """The paper's text, made a link to the address that it contains, if any."""
    found = re.search(r"[\s,;(]*(https?://[^\s)]+)\)?", paper)
    if found is None:
        return escape(paper)
    text = (paper[: found.start()] + paper[found.end() :]).strip()
    return f'<a href="{escape(found[1])}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'
