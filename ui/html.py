"""Small pieces of HTML and of text: status lines, seconds and bytes with their units."""

from __future__ import annotations

from html import escape

MEGABYTE = 10**6  # bytes


def status_html(text: str, warned: bool = False) -> str:
    """A line of information, or a warning; its height is reserved even when it is empty."""
    kind = "status warning" if warned else "status" if text else "status blank"
    return f'<p class="{kind}" role="status">{escape(text) or "&nbsp;"}</p>'


def error_html(text: str) -> str:
    """A line that says what is wrong."""
    return f'<p class="status error" role="alert">{escape(text)}</p>'


def time(seconds: float) -> str:
    """Seconds to about three figures, with their unit."""
    digits = 2 if seconds < 10 else 1 if seconds < 100 else 0
    return f"{seconds:,.{digits}f}\u202fs"


def duration(seconds: float) -> str:
    """Seconds, from two minutes on as minutes, to about three figures, with their unit."""
    if seconds < 120:
        return time(seconds)
    return f"{seconds / 60:,.{1 if seconds < 6000 else 0}f}\u202fmin"


def about(seconds: float) -> str:
    """Predicted seconds, to two figures."""
    rounded = float(f"{seconds:.1g}" if seconds < 1 else f"{seconds:.2g}")
    return f"{rounded:g}\u202fs"


def megabytes(size: int, digits: int = 0) -> str:
    """Bytes in megabytes, with their unit."""
    return f"{size / MEGABYTE:,.{digits}f}\u202fMB"
