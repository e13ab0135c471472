"""Kill the process that computes while it does: does the tile say so, and how soon does another compute?"""

from __future__ import annotations

import json
import statistics
import time
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import psutil

from benchmarks.client import answers, ordinary, picture, tree_of, upload
from benchmarks.verdicts import told

REPLACED_SECONDS = 5.0  # until another process takes work, at most
WAIT_SECONDS = 120.0  # after which it counts as not replaced
LONG = {"cin": {}, "gatys": {"steps": 300}}


@dataclass(frozen=True)
class Kill:
    """What came of one: the sentence on the tile that was at work, empty where there was none, whether what
    was finished before stayed, and seconds until another process took work."""

    sentence: str
    kept: bool
    seconds: float


def kills(url: str, count: int) -> int:
    """Kill the page's process that computes `count` times; 1 where something is wrong. The page runs here."""
    page = tree_of(url)
    if page is None or engine_of(page) is None:
        raise ValueError(
            "A process can be killed where the page runs on this machine, with one that computes."
        )
    ordinary(url)  # weights are loaded
    found = [killed(url, page) for _ in range(count)]
    after = ordinary(url)
    return report(found, after)


def engine_of(page: psutil.Process) -> psutil.Process | None:
    """The process that computes: the largest that the page has started."""
    return max(page.children(recursive=True), key=lambda each: each.memory_info().rss, default=None)


def killed(url: str, page: psutil.Process) -> Kill:
    """One comparison that is under way when the process that computes it is killed."""
    last: dict[str, Any] = {}
    with httpx.Client(base_url=url, timeout=WAIT_SECONDS) as client:
        client.get("/config")
        files = upload(client, picture(320, 200)), upload(client, picture(256, 256, 30))
        began = 0.0
        with closing(answers(client, *files, size=128, settings=LONG)) as told:
            for words in told:
                if not words.startswith("["):
                    raise ValueError(f"The comparison was answered with {words[:200]}")
                (last,) = json.loads(words)
                if not began and last["gatys"]["steps"]:
                    engine = engine_of(page)
                    assert engine is not None
                    began = time.perf_counter()
                    engine.kill()
        while time.perf_counter() - began < WAIT_SECONDS and client.get("/readyz").status_code != 200:
            time.sleep(0.05)
    return Kill(last["gatys"]["error"], last["cin"]["state"] == "done", time.perf_counter() - began)


def report(found: list[Kill], after: float) -> int:
    """Print what came of the kills, and the verdicts; 1 where one is no."""
    for sentence in sorted({each.sentence for each in found}):
        print(f"{sum(each.sentence == sentence for each in found):4} x {sentence or 'no sentence'}")
    seconds = [each.seconds for each in found]
    verdicts = [
        (f"{sum(bool(each.sentence) for each in found)} sentences", all(each.sentence for each in found)),
        (
            f"{sum(each.kept for each in found)} times the finished tile stayed",
            all(each.kept for each in found),
        ),
        (
            f"another takes work after {statistics.median(seconds):.1f} s, {max(seconds):.1f} s at most",
            max(seconds) <= REPLACED_SECONDS,
        ),
        (f"an ordinary comparison afterwards took {after:.2f} s", True),
    ]
    return told(verdicts)
