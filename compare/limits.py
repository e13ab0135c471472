"""Every limit of a comparison, once; compare/checks.py checks a request by them.

There are two profiles: LOCAL, for who runs StyleGrid on a machine of their own, and PUBLIC, for strangers.
What a single picture file may be at all is checked in core/images.py.
"""

from __future__ import annotations

import ipaddress
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from methods.settings import echo

SIDE = (64, 8192)  # px, long side of the content
PAGE_SIDE = (64, 1024)  # px, the same in the page and its API
SWEEP_SIDES = (256, 384, 512, 768, 1024, 1536, 2048)  # px, that a sweep of the page offers
LARGE_SIDE = 2048  # px, at which the page paints a picture once more that was chosen among small ones
REPEATS = 20  # at most, of each method after its first run
KEPT = 16  # finished comparisons whose pictures stay in memory


@dataclass(frozen=True)
class Limits:
    """What a comparison may ask for; each is set by STYLEGRID_ and its name, as in STYLEGRID_SECONDS=60.

    Attributes:
        side: px, long side of the content, in a sweep too.
        repeats: of each method after its first run.
        seconds: predicted for all methods, repeats and sizes together.
        megapixels: of each picture file.
        style_megapixels: of the style picture at the size at which a method uses it.
        styles: that one method mixes.
        settings_bytes: of all settings as JSON.
        json_bytes: of a request's body that is no upload, and of an uploaded file that is of no known kind.
        upload_bytes: of an uploaded file; upload_files: in one request.
        requests: open at once from one address, and connections; a page holds two. connections: in all.
        visitor_runs: of a visitor, running and waiting; network_runs: of all visitors at one address.
        hourly: comparisons a visitor; network_hourly: of all at one address.
        inspections: an hour, of a visitor; network_inspections: of all at one address.
        waiting: runs in line at most; waiting_seconds: after which one leaves it.
        overtime: times `seconds`, after which a run is ended.
        reader_seconds: after which a run ends whose tiles nobody reads; message_seconds: after which
            messages go that nobody fetches.
        daily_votes: of a visitor within 24 hours.
        kept_seconds: for which results are kept.
        memory_bytes: of the process that computes, where it is one of its own; a tenth of the machine's is
            left in any case.
        disk_bytes: of all uploads and results; visitor_bytes: that a visitor uploads within an hour.
        upload_seconds: for which an upload is kept that nothing needs; see ui/uploads.py.
    """

    side: int = SIDE[1]
    repeats: int = REPEATS
    seconds: float = math.inf
    megapixels: float = 100
    style_megapixels: float = 17
    styles: int = 16
    settings_bytes: int = 64_000
    json_bytes: int = 1_000_000
    upload_bytes: int = 200_000_000  # JPEGs of 100 megapixels, the most that core.images takes, stay below
    upload_files: int = 16
    requests: int = 1000
    connections: int = 1000
    visitor_runs: int = 2
    network_runs: int = 1000
    hourly: int = 10_000
    network_hourly: int = 100_000
    inspections: int = 10_000
    network_inspections: int = 100_000
    waiting: int = 32
    waiting_seconds: float = math.inf
    overtime: float = 1.25
    reader_seconds: float = 30
    message_seconds: float = 60
    daily_votes: int = 10_000
    kept_seconds: float = math.inf
    memory_bytes: float = math.inf
    disk_bytes: float = math.inf
    visitor_bytes: float = math.inf
    upload_seconds: float = math.inf


LOCAL = Limits()
PUBLIC = Limits(
    side=1024,
    repeats=3,
    seconds=120,
    megapixels=24,
    style_megapixels=1.05,  # 1,024 x 1,024
    styles=4,
    upload_bytes=30_000_000,
    upload_files=4,
    requests=32,
    network_runs=8,
    hourly=60,
    network_hourly=240,
    inspections=120,
    network_inspections=480,
    waiting=16,
    waiting_seconds=600,
    daily_votes=200,
    kept_seconds=3600,
    memory_bytes=6e9,
    disk_bytes=2e9,
    visitor_bytes=100e6,
    upload_seconds=600,
)


def is_public(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether strangers may come: by STYLEGRID_PUBLIC, 1 or 0; else on a Space, or with HOST not loopback."""
    choice = environment.get("STYLEGRID_PUBLIC")
    if choice:
        return choice != "0"
    host = environment.get("HOST") or ("0.0.0.0" if "SPACE_ID" in environment else "127.0.0.1")
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def current(environment: Mapping[str, str] = os.environ) -> Limits:
    """The limits of this process by its environment; ValueError where one of them is no number above 0."""
    limits, changes = PUBLIC if is_public(environment) else LOCAL, dict[str, Any]()
    for each in fields(Limits):
        name = f"STYLEGRID_{each.name.upper()}"
        text = environment.get(name)
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        whole = each.type == "int"
        if not value > 0 or (whole and not value.is_integer()):
            kind = "a whole number" if whole else "a number"
            raise ValueError(f"{name} is {echo(text)}; it must be {kind} above 0.")
        changes[each.name] = int(value) if whole else value
    return replace(limits, **changes)


def large_side() -> int:
    """The largest size in px at which this process's page paints."""
    return min(LARGE_SIDE, current().side)


def page_size(size: int) -> int:
    """The nearest size in px that the page can be set to."""
    return min(max(size, PAGE_SIDE[0]), PAGE_SIDE[1])
