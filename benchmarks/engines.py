"""What an engine adds to a comparison's seconds, and what several workers save."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median

from compare.schema import Request, make_request
from core.device import use_cores
from core.images import open_picture
from core.plates import plate
from engine import make_engine
from engine.base import Engine
from methods import ALL
from methods.base import Stop
from methods.fitting import EXAMPLES

PHOTO, STYLE, METHODS = "cat", "starry-night", ("cin", "adain")
REFERENCE = "inline"
LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Took:
    """One comparison: its seconds, and how many tiles it changed."""

    seconds: float
    tiles: int


def table(names: Sequence[str], size: int, rounds: int) -> str:
    """Engines beside the inline one, all taking turns: medians of seconds, and what they add in all and a
    tile, for each of which a picture of `size` px may cross."""
    request = usual_request(size)
    with started([REFERENCE, *names]) as engines:
        found: dict[str, list[Took]] = {name: [] for name in engines}
        for _ in range(1 + rounds):
            for name, engine in engines.items():
                found[name].append(timed(engine, request))
    warm = {name: each[1:] for name, each in found.items()}
    lines = [f"{', '.join(METHODS)} at {size} px, medians of {rounds} rounds:"]
    for name, each in warm.items():
        more = median(it.seconds - own.seconds for it, own in zip(each, warm[REFERENCE], strict=True))
        seconds, tiles = (median(getattr(it, what) for it in each) for what in ("seconds", "tiles"))
        added = "" if name == REFERENCE else f", {more / seconds:+.1%}, {1000 * more / tiles:+.1f} ms a tile"
        lines.append(f"{name:8} {seconds:6.2f} s{added}")
    return "\n".join(lines)


def at_once(counts: Sequence[int], comparisons: int, size: int) -> str:
    """Seconds of so many comparisons, asked for at once, by numbers of Ray's workers with one thread each."""
    request, lines = usual_request(size), [f"{comparisons} comparisons, {', '.join(METHODS)} at {size} px:"]
    for count in counts:
        os.environ |= {"STYLEGRID_WORKERS_MIN": str(count), "STYLEGRID_WORKER_CPUS": "1"}
        began = time.perf_counter()
        with started(["ray"]) as engines, ThreadPoolExecutor(count) as threads:
            ready, compare = time.perf_counter() - began, partial(timed, engines["ray"])
            while engines["ray"].workers < count:
                time.sleep(LOOK_SECONDS)
            list(threads.map(compare, 2 * count * [request]))  # all have their weights then
            began = time.perf_counter()
            list(threads.map(compare, comparisons * [request]))
            seconds = time.perf_counter() - began
        lines.append(f"{count} workers  {seconds:6.1f} s, ready after {ready:.1f} s")
    return "\n".join(lines)


def usual_request(size: int) -> Request:
    """A photo and a painting that come with StyleGrid."""
    settings = {method.name: method.Settings() for method in ALL if method.name in METHODS}
    return make_request(
        open_picture(EXAMPLES / f"{PHOTO}.jpg"), open_picture(plate(STYLE).path), settings, size
    )


def timed(engine: Engine, request: Request) -> Took:
    """One comparison. ValueError where a method fails."""
    began = time.perf_counter()
    tiles = list(engine.run(request, Stop()))
    seconds = time.perf_counter() - began
    if failed := [tile.error for tile in tiles if tile.state == "failed"]:
        raise ValueError(failed[0])
    return Took(seconds, len(tiles))


@contextmanager
def started(names: Sequence[str]) -> Iterator[Mapping[str, Engine]]:
    """The engines of these names, once they take work."""
    use_cores()
    engines: dict[str, Engine] = {}
    try:
        for name in names:
            os.environ["STYLEGRID_ENGINE"] = name
            engines[name] = make_engine([method() for method in ALL])
        while not all(engine.ready() for engine in engines.values()):
            time.sleep(LOOK_SECONDS)
        yield engines
    finally:
        for engine in engines.values():
            engine.close()
