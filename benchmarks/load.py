"""Mixed load for a while on a running page: do memory, threads, open files and disk stay what they were?"""

from __future__ import annotations

import json
import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.client import API, answers, compare, finished, ordinary, picture, tree_of, upload, zipped
from benchmarks.verdicts import told
from compare.limits import PUBLIC

SETTLED = 5.0  # minutes after which things stand; a quarter of a shorter run
GROWTH = 100.0  # MB that memory may grow after that
MORE = 8  # threads and open files more; some come and go with the requests of the moment
LOOK_SECONDS = 5.0  # between two looks
ANSWER_SECONDS = 300.0  # seconds in which an answer must have come


@dataclass(frozen=True)
class Look:
    """What there was at one moment: minutes since the start, resident memory in MB, threads, open files and
    connections, and MB on the disk."""

    minutes: float
    memory: float
    threads: int
    files: int
    disk: float

    @classmethod
    def of(cls, page: psutil.Process, folder: Path, minutes: float) -> Look:
        """Of a page and all that it started."""
        memory, threads, files = 0.0, 0, 0
        for each in (page, *page.children(recursive=True)):
            with suppress(psutil.Error):  # as where one is just replaced
                memory += each.memory_info().rss / 1e6
                threads += each.num_threads()
                files += each.num_fds()
        return cls(minutes, memory, threads, files, bytes_in(folder) / 1e6)

    def __str__(self) -> str:
        return f"{self.minutes:8.1f}{self.memory:11,.0f}{self.threads:9}{self.files:12}{self.disk:10,.0f}"


def bytes_in(folder: Path) -> int:
    """Of all files in a folder."""
    total = 0
    for place, _, names in os.walk(folder):  # which passes over folders that are gone meanwhile
        for name in names:
            with suppress(OSError):
                total += os.lstat(os.path.join(place, name)).st_size
    return total


def folder_of(page: psutil.Process) -> Path:
    """Where a page on this machine keeps uploads and results."""
    return Path(page.environ().get("GRADIO_TEMP_DIR") or Path(tempfile.gettempdir()) / "gradio")


# What a visitor does. Each takes a client, a chance and the two pictures, and gives the answer's first words.


def quick(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """A comparison of two quick methods."""
    return compare(client, *files, size=chance.choice((128, 256, 384)), settings={"cin": {}, "adain": {}})


def slow(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """One with an optimisation."""
    return compare(client, *files, size=128, settings={"gatys": {"steps": chance.randint(5, 40)}})


def left(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """One whose reader leaves in the middle."""
    with closing(answers(client, *files, size=128, settings={"gatys": {"steps": 200}})) as told:
        for words in told:
            if not words.startswith("[") or (json.loads(words)[0]["gatys"]["steps"] or 0) >= 3:
                return words
    return "nothing"


def refused(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """One that asks for too much."""
    return compare(client, *files, size=64, settings={"adain": {"style_size": 10**6}})


def unread(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """A call whose answer nobody fetches."""
    body = {"content": files[0], "style": files[1], "size": 64, "settings": {"cin": {"strength": 7}}}
    return str(client.post(f"{API}/call/v2/compare", json=body).status_code)


def reported(client: httpx.Client, chance: random.Random, *files: Any) -> str:
    """A ZIP of a comparison, twice."""
    run = finished(str(client.base_url))
    zipped(client, run)
    return zipped(client, run)


KINDS: tuple[Callable[..., str], ...] = (quick, quick, quick, slow, left, refused, unread, reported)


def load(url: str, minutes: float, clients: int, seed: int) -> int:
    """So many clients for so many minutes; print what there was every minute, and the verdicts; 1 where
    something grew. The page runs on this machine."""
    page = tree_of(url)
    if page is None:
        raise ValueError("Memory and threads can be looked at where the page runs on this machine.")
    ordinary(url)  # weights are loaded
    folder, looks, ended = folder_of(page), list[Look](), threading.Event()
    began, counts = time.monotonic(), dict[str, int]()
    print(f"{'minutes':>8}{'memory, MB':>11}{'threads':>9}{'open files':>12}{'disk, MB':>10}")

    def visit(number: int) -> None:
        chance = random.Random(seed + number)
        while not ended.is_set():
            words = visited(url, chance)
            counts[words] = counts.get(words, 0) + 1

    with ThreadPoolExecutor(clients) as threads:
        going = [threads.submit(visit, number) for number in range(clients)]
        printed = 0.0
        try:
            while (passed := (time.monotonic() - began) / 60) < minutes:
                looks.append(Look.of(page, folder, passed))
                if passed >= printed:
                    print(looks[-1], flush=True)
                    printed += max(1.0, minutes / 60)
                time.sleep(LOOK_SECONDS)
        finally:
            ended.set()
        for each in going:
            each.result()
    for words, count in sorted(counts.items()):
        print(f"{count:6} x {words}")
    return report(looks, minutes)


def visited(url: str, chance: random.Random) -> str:
    """What one visit did, and how it was answered, in a few words."""
    kind = chance.choice(KINDS)
    with httpx.Client(base_url=url, timeout=ANSWER_SECONDS) as client:
        client.get("/config")  # a cookie, as a browser has one
        files = (
            upload(client, picture(320, 200, chance.randint(0, 255))),
            upload(client, picture(256, 256, chance.randint(0, 255))),
        )
        try:
            words = kind(client, chance, *files)
        except httpx.HTTPError as error:
            words = type(error).__name__
    return f"{kind.__name__}: {'answered' if words[:1] == '[' else words[:60]}"


def report(looks: list[Look], minutes: float) -> int:
    """Print the verdicts; 1 where one is no."""
    settled = min(SETTLED, minutes / 4)
    # The middle of a minute's looks, or of a tenth of a shorter run's: what is there varies with who is.
    span = min(1.0, minutes / 10)
    before = [each for each in looks if settled <= each.minutes < settled + span] or looks[:1]
    after = [each for each in looks if each.minutes >= looks[-1].minutes - span]

    def middle(some: list[Look], name: str) -> float:
        return statistics.median(float(getattr(each, name)) for each in some)

    budget = float(os.environ.get("STYLEGRID_DISK_BYTES") or PUBLIC.disk_bytes) / 1e6
    most = max(each.disk for each in looks)
    verdicts = [(f"disk {most:,.0f} MB at most, {budget:,.0f} allowed", most <= budget)]
    for name, unit, allowed in (("memory", " MB", GROWTH), ("threads", "", MORE), ("files", "", MORE)):
        first, last = middle(before, name), middle(after, name)
        text = f"{name} {first:,.0f}{unit} after {settled:g} min, {last:,.0f}{unit} at the end"
        verdicts.append((text, last - first <= allowed))
    return told(verdicts)
