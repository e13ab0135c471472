"""Who asks for a comparison: what the line counts by, and whether they are still there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def always() -> bool:
    """Of who cannot leave."""
    return True


@dataclass(frozen=True)
class Visitor:
    """One who asks.

    Attributes:
        key: theirs alone where it is `known`, from a signed cookie or token; else their network.
        network: of their address, by which what a cookie could be thrown away for is counted as well; empty
            where nothing is.
        known: whether nobody else has the key, so that pictures may be given for it.
        here: whether somebody still reads what comes out.
    """

    key: str
    network: str = ""
    known: bool = True
    here: Callable[[], bool] = always
