"""What others published of the speed of these methods, as published.toml lists it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

LISTING = Path(__file__).parent / "published.toml"


@dataclass(frozen=True)
class Published:
    """A published number: seconds of a method at a size in px, on whose hardware, when and where.

    seconds is None where only the recipe was published; steps and preset where there are none.
    """

    what: str
    method: str
    size: int
    as_published: str
    hardware: str
    year: int
    source: str
    seconds: float | None = None
    steps: int | None = None
    preset: str | None = None


def published() -> list[Published]:
    """All of them in their order."""
    listed = tomllib.loads(LISTING.read_text(encoding="utf-8"))["number"]
    return [Published(**each) for each in listed]
