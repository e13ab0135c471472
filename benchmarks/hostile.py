"""Hostile requests against a running page: is each refused quickly, does memory stay, is all well then?"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import httpx
import psutil

from benchmarks.attacks import AGAIN, KINDS, LARGE
from benchmarks.client import finished, ordinary, picture, tree_of
from benchmarks.verdicts import told

ANSWER_SECONDS, GROWTH, SLOWER = 5.0, 700, 1.3  # s, MB and a factor that are allowed
UNREAD_SECONDS = 40.0  # in which comparisons end that nobody reads


@dataclass(frozen=True)
class Outcome:
    """What one request met: its kind, seconds until the answer, and the answer in a few words."""

    kind: str
    seconds: float
    answer: str


def hostile(url: str, count: int = 200, clients: int = 50, seed: int = 0) -> int:
    """Send `count` hostile requests by as many clients at once, print a table; 1 where something is wrong.

    Memory is looked at where the page runs on this machine.
    """
    tree = tree_of(url)
    for width, height in LARGE:  # which take longer to draw than any answer may
        picture(width, height)
        picture(width - 1, height)
    finished(url)  # weights are loaded
    with peak(tree) as usual:
        before = ordinary(url)
    chance = random.Random(seed)
    kinds = [*KINDS] * (1 + count // len(KINDS))
    jobs = [(kind, chance.random()) for kind in chance.sample(kinds[:count], count)]
    with peak(tree) as grown, ThreadPoolExecutor(clients) as threads:
        outcomes = list(threads.map(lambda job: outcome(url, *job), jobs))
        time.sleep(UNREAD_SECONDS)  # meanwhile they may still take memory
    after = ordinary(url)
    return report(outcomes, before, after, usual[0], grown[0])


def outcome(url: str, kind: str, seed: float) -> Outcome:
    """One request by a client of its own; the slowest where it is sent again and again."""
    with httpx.Client(base_url=url, timeout=60) as client:
        outcomes = [answered(client, kind, seed) for _ in range(AGAIN.get(kind, 1))]
    return max(outcomes, key=lambda each: each.seconds)


def answered(client: httpx.Client, kind: str, seed: float) -> Outcome:
    """What a request met."""
    began = time.perf_counter()
    try:
        answer = KINDS[kind](client, random.Random(seed))
        words = answer if isinstance(answer, str) else f"{answer.status_code} {answer.text[:80]}"
    except ValueError as error:
        words = str(error)
    except httpx.HTTPError as error:  # as where a body is refused while it is sent
        words = f"closed: {type(error).__name__}"
    return Outcome(kind, time.perf_counter() - began, words[:100])


@contextmanager
def peak(tree: psutil.Process | None) -> Iterator[list[float]]:
    """The most resident memory of a process and its children meanwhile, in MB, as the only entry."""
    found, done = [0.0], threading.Event()

    def sample() -> None:
        while tree is not None and not done.wait(0.1):
            with suppress(psutil.Error):  # as where one is just replaced
                members = [tree, *tree.children(recursive=True)]
                found[0] = max(found[0], sum(each.memory_info().rss for each in members) / 1e6)

    thread = threading.Thread(target=sample, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        done.set()
        thread.join()


def report(outcomes: list[Outcome], before: float, after: float, usual: float, grown: float) -> int:
    """Print what each kind met, and the verdicts; 1 where one is no."""
    print(f"{'kind':28}{'requests':>9}{'slowest, s':>12}  answered with")
    for kind in KINDS:
        mine = [each for each in outcomes if each.kind == kind]
        if mine:
            slowest = max(mine, key=lambda each: each.seconds)
            print(f"{kind:28}{len(mine):9}{slowest.seconds:12.2f}  {mine[0].answer[:60]}")
    slowest_of_all = max(each.seconds for each in outcomes)
    answered = sum('"run"' in each.answer for each in outcomes)
    verdicts = [
        (f"{answered} of {len(outcomes)} got a comparison", answered == 0),
        (
            f"slowest answer {slowest_of_all:.1f} s, {ANSWER_SECONDS:g} allowed",
            slowest_of_all <= ANSWER_SECONDS,
        ),
        (f"ordinary comparison {before:.2f} s before, {after:.2f} s after", after <= SLOWER * before),
    ]
    if usual:
        text = f"memory {usual:,.0f} MB in an ordinary comparison, {grown:,.0f} MB meanwhile"
        verdicts.append((text, grown - usual <= GROWTH))
    return told(verdicts)
