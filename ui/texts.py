"""The page's standing texts: header, how to read the numbers, footer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from core.version import VERSION
from methods.base import Method

SECONDS_TITLE = "Style distance over seconds, log scale"
CONTENT_TITLE = "Style distance over content distance"
MARK = "{}: {}, style distance {:.3f}, content distance {:.3f}"
UNTOUCHED = "untouched photo {:.2f}"
FARTHER = "farther from the painting than the untouched photo"
CHART_CAPTION = (
    "Line: no other picture is better in both. Curve: a method with steps on its way. Filled: median of runs "
    "after the first, with the range; hollow: one run. Cross: farther from the painting than the untouched "
    "photo, and never among the best."
)


@cache
def words() -> dict[str, str]:
    """All texts of words.json, by key."""
    found: dict[str, str] = json.loads((Path(__file__).parent / "words.json").read_text(encoding="utf-8"))
    return found


def say(key: str, **values: Any) -> str:
    """The page's text under a key, with values put in."""
    return words()[key].format(**values)


def header(machine: str) -> str:
    """The name, one line of what it does, and the machine that it runs on."""
    return (
        '<div class="masthead"><h1>StyleGrid</h1>'
        "<p>One photo, one painting, and neural style transfer methods side by side.</p>"
        f'<span class="device">Runs on {escape(machine)}</span></div>'
    )


def measure() -> str:
    """What the numbers in the tiles mean, to be unfolded."""
    return (
        '<details class="measure"><summary>How to read the distances: the measure</summary>'
        "<p>Both are relative errors of VGG-19 features, measured the same way for every method; smaller is "
        "closer. The content distance compares the features at relu4_1 with the photo's, the style distance "
        "the Gram matrices at relu1_1 to relu4_1 with the style picture's. The untouched photo has content "
        "distance 0, the style picture itself has style distance 0; a good result is a fair trade between "
        "the two. Gatys optimises nearly this quantity, and our networks were trained on it, which favours "
        "both.</p>"
        "<p>Seconds are each method's own work, without drawing and scoring; methods never run at the same "
        "time. The first run of a method may have to read a network or prepare its kernels; fair timing runs "
        "each three times more, in another order each time, waits for the device at every reading, and "
        "shows the median.</p></details>"
    )


def footer(methods: Iterable[Method]) -> str:
    """The papers, each linked where its text gives an address, and the version."""
    papers = "".join(f"<li>{paper_link(method.paper)}</li>" for method in methods)
    return (
        f'<div class="colophon"><h2>Papers</h2><ul>{papers}</ul>'
        f'<p class="version">StyleGrid {VERSION}</p></div>'
    )


def paper_link(paper: str) -> str:
    """The paper's text, made a link to the address that it contains, if any."""
    found = re.search(r"[\s,;(]*(https?://[^\s)]+)\)?", paper)
    if found is None:
        return escape(paper)
    text = (paper[: found.start()] + paper[found.end() :]).strip()
    return f'<a href="{escape(found[1])}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'
