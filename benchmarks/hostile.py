"""Hostile requests against a running page: is each refused quickly, does memory stay, is all well then?"""

from __future__ import annotations

import io
import json
import random
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlparse

import httpx
import psutil
from PIL import Image

ANSWER_SECONDS, GROWTH, SLOWER = 5.0, 700, 1.3  # s, MB and a factor that are allowed
API = "/gradio_api"
Ask = Callable[[httpx.Client, random.Random], httpx.Response | str]


@dataclass(frozen=True)
class Outcome:
    """What one request met: its kind, seconds until the answer, and the answer in a few words."""

    kind: str
    seconds: float
    answer: str


@cache
def picture(width: int, height: int, shade: int = 128) -> bytes:
    """A PNG of one colour."""
    stream = io.BytesIO()
    Image.new("RGB", (width, height), (shade, 90, 60)).save(stream, "PNG")
    return stream.getvalue()


def upload(client: httpx.Client, data: bytes, name: str = "a.png") -> dict[str, Any]:
    """An uploaded file as the API takes it; ValueError with the answer where it is refused."""
    answer = client.post(f"{API}/upload", files=[("files", (name, data))])
    if answer.status_code != 200:
        raise ValueError(f"{answer.status_code} {answer.text[:80]}")
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


def answers(client: httpx.Client, content: Any, style: Any, **settings: Any) -> Generator[str]:
    """What a comparison is answered with as it goes on: JSON, or words that begin with its refusal."""
    body = {"content": content, "style": style, **settings}
    joined = client.post(f"{API}/call/v2/compare", json=body)
    if joined.status_code != 200:
        yield f"{joined.status_code} {joined.text[:80]}"
        return
    with client.stream("GET", f"{API}/call/compare/{joined.json()['event_id']}") as lines:
        if lines.status_code != 200:
            yield f"{lines.status_code} when reading"
            return
        error = ""
        for line in lines.iter_lines():
            if line.startswith("event: "):
                error = "error " if line == "event: error" else ""
            elif line.startswith("data: ") and line != "data: null":
                yield error + line[6:]


def compare(client: httpx.Client, content: Any, style: Any, **settings: Any) -> str:
    """The last word on what a comparison came to."""
    return [*answers(client, content, style, **settings)][-1]


def asked(**settings: Any) -> Ask:
    """A comparison with hostile settings on small pictures."""

    def ask(client: httpx.Client, chance: random.Random) -> str:
        files = upload(client, picture(320, 200)), upload(client, picture(chance.randint(200, 320), 160, 30))
        return compare(client, *files, **settings)

    return ask


def drawn(width: int, height: int, **settings: Any) -> Ask:
    """A comparison with a hostile style picture."""

    def ask(client: httpx.Client, chance: random.Random) -> str:
        style = upload(client, picture(width - chance.randint(0, 1), height))
        return compare(client, upload(client, picture(320, 200)), style, **settings)

    return ask


def posted(path: str, make: Callable[[random.Random], bytes], kind: str = "application/json") -> Ask:
    """A body for an address."""
    return lambda client, chance: client.post(
        path, content=make(chance), headers={"content-type": kind} if kind else {}
    )


def fetched(path: str) -> Ask:
    """An address."""
    return lambda client, chance: client.get(path.replace("N", str(chance.randint(1, 254))))


def sent(count: int, size: int) -> Ask:
    """An upload of so many files that are no pictures."""
    return lambda client, chance: client.post(
        f"{API}/upload",
        files=[("files", (f"{each}.bin", chance.randbytes(100) * (size // 100))) for each in range(count)],
    )


def restarted(client: httpx.Client, chance: random.Random) -> str:
    """A session invented, its comparison never read."""
    session = "".join(chance.choices("abcdefghijkl", k=11))
    body = {"data": [], "fn_index": chance.randint(0, 30), "session_hash": session}
    answer = client.post(f"{API}/queue/join", json=body)
    return f"{answer.status_code} unread"


def named(path: str) -> bytes:
    """A call whose file is at a path."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    return json.dumps({"content": file, "style": file, "size": 64}).encode()


KINDS: dict[str, Ask] = {  # by the number of the confirmed attack that each grew from
    "1 many plates": asked(size=64, settings={"adain": {"plates": ["udnie"] * 1500}}),
    "2 style enlarged": drawn(320, 17, size=64, settings={"adain": {"style_size": 2048}}),
    "3 large style, one step": drawn(300, 200, size=64, settings={"gatys": {"style_size": 4096, "steps": 1}}),
    "4 100 megapixels": drawn(10_000, 10_000, size=64, settings={"adain": {}}),
    "8 round the line": posted(f"{API}/run/compare", lambda _: b'{"data": []}'),
    "9 another's report": posted(f"{API}/run/report", lambda _: b'{"data": []}'),
    "10 a chosen session": posted(
        f"{API}/queue/join", lambda _: b'{"data": [""], "fn_index": 2, "session_hash": ""}'
    ),
    "12 eleven days": asked(size=1024, repeats=20, settings={"gatys": {"steps": 5000}}),
    "14 endless shares": asked(size=64, settings={"cin": {"shares": "1," * 400_000}}),
    "15 400 MB of JSON": posted(f"{API}/queue/join", lambda chance: b" " * chance.randint(2, 40) * 10**6),
    "17 no pictures": sent(1, 29_000_000),
    "17 many files": sent(900, 100),
    "18 an address": posted(f"{API}/call/v2/compare", lambda _: named("http://192.0.2.1/a.png")),
    "18 the relay": fetched(f"{API}/file=https://192.0.2.N/a"),
    "21 a forged line": posted(f"{API}/call/v2/compare", lambda _: named("/tmp/a\nINFO all is well")),
    "22 deep JSON": posted(f"{API}/queue/join", lambda _: b"[" * 100_000),
    "23 sessions": restarted,
    "24 monitoring": fetched("/monitoring/summary?N"),
    "a file of the server": posted(f"{API}/call/v2/compare", lambda _: named("/etc/passwd")),
    "a path upwards": fetched(f"{API}/file=../../etc/passwd?N"),
}


def hostile(url: str, count: int = 200, clients: int = 50, seed: int = 0) -> int:
    """Send `count` hostile requests by as many clients at once, print a table; 1 where something is wrong.

    Memory is looked at where the page runs on this machine.
    """
    tree = tree_of(url)
    for width in (10_000, 9_999):
        picture(width, 10_000)  # which takes longer to draw than any answer may
    ordinary(url)  # weights are loaded
    with peak(tree) as usual:
        before = ordinary(url)
    chance = random.Random(seed)
    kinds = [*KINDS] * (1 + count // len(KINDS))
    jobs = [(kind, chance.random()) for kind in chance.sample(kinds[:count], count)]
    with peak(tree) as grown, ThreadPoolExecutor(clients) as threads:
        outcomes = list(threads.map(lambda job: outcome(url, *job), jobs))
    after = ordinary(url)
    return report(outcomes, before, after, usual[0], grown[0])


def outcome(url: str, kind: str, seed: float) -> Outcome:
    """One request by a client of its own."""
    began = time.perf_counter()
    try:
        with httpx.Client(base_url=url, timeout=60) as client:
            answer = KINDS[kind](client, random.Random(seed))
            words = answer if isinstance(answer, str) else f"{answer.status_code} {answer.text[:80]}"
    except ValueError as error:
        words = str(error)
    except httpx.HTTPError as error:  # as where a body is refused while it is sent
        words = f"closed: {type(error).__name__}"
    return Outcome(kind, time.perf_counter() - began, words[:100])


def ordinary(url: str) -> float:
    """Seconds of an ordinary comparison; ValueError where it is not answered with a picture."""
    began = time.perf_counter()
    with httpx.Client(base_url=url, timeout=300) as client:
        client.get("/config")  # a cookie, as a browser has one
        files = upload(client, picture(320, 200)), upload(client, picture(256, 256, 30))
        answer = compare(client, *files, size=256, settings={"cin": {}})
    if '"picture"' not in answer:
        raise ValueError(f"An ordinary comparison was answered with {answer[:200]}")
    return time.perf_counter() - began


def tree_of(url: str) -> psutil.Process | None:
    """The process that listens there, if it is on this machine."""
    port = urlparse(url).port
    for each in psutil.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN and getattr(each.laddr, "port", 0) == port and each.pid:
            return psutil.Process(each.pid)
    return None


@contextmanager
def peak(tree: psutil.Process | None) -> Iterator[list[float]]:
    """The most resident memory of a process and its children meanwhile, in MB, as the only entry."""
    found, done = [0.0], threading.Event()

    def sample() -> None:
        while tree is not None and not done.wait(0.1):
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
    for text, fine in verdicts:
        print(f"{'pass' if fine else 'FAIL'}: {text}")
    return 0 if all(fine for _, fine in verdicts) else 1
