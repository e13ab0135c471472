"""The page's standing texts: header, what the yardstick means, footer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

import torch

from core.device import describe
from methods.base import Method


def header(device: torch.device) -> str:
    """The name, one line of what it does, and the machine that it runs on."""
    return (
        '<div class="masthead"><h1>StyleGrid</h1>'
        "<p>One photo, one painting, and neural style transfer methods side by side.</p>"
        f'<span class="device">Runs on {escape(describe(device))}</span></div>'
    )


def yardstick() -> str:
    """How to read the numbers in the tiles."""
    return (
        '<p class="yardstick"><b>How to read the distances.</b> Both are relative errors of VGG-19 features, '
        "measured the same way for every method; smaller is closer. The untouched photo has content distance "
        "0, the style picture itself has style distance 0; a good result is a fair trade between the two. "
        "Gatys optimises nearly this quantity, and our networks were trained on it, which favours both. "
        "Seconds are each method's own work, without drawing and scoring; methods never run at the same "
        "time. The first run of a method may have to read a network or prepare its kernels; fair timing runs "
        "each three times more, in another order each time, waits for the device at every reading, and "
        "shows the median.</p>"
    )


def footer(methods: Iterable[Method]) -> str:
    """The papers, each linked where its text gives an address."""
    papers = "".join(f"<li>{paper_link(method.paper)}</li>" for method in methods)
    return f'<div class="colophon"><h2>Papers</h2><ul>{papers}</ul></div>'


def paper_link(paper: str) -> str:
    """The paper's text, made a link to the address that it contains, if any."""
    found = re.search(r"[\s,;(]*(https?://[^\s)]+)\)?", paper)
    if found is None:
        return escape(paper)
    text = (paper[: found.start()] + paper[found.end() :]).strip()
    return f'<a href="{escape(found[1])}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'
