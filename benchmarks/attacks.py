"""Kinds of hostile requests: each grew from one that did harm."""

from __future__ import annotations

import io
import json
import random
import socket
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from typing import Any

import httpx
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from benchmarks.client import API, compare, finished, picture, upload, zipped

CONNECTIONS = 60  # of one request that opens some
LARGE = ((10_000, 10_000), (7200, 5000), (6250, 4000), (6000, 4000))  # px, of pictures that are sent
Ask = Callable[[httpx.Client, random.Random], httpx.Response | str]


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


def unread(width: int, height: int, filler: int = 0, **settings: Any) -> Ask:
    """A comparison that nobody reads the answer of, its body so many bytes longer than it need be."""

    def ask(client: httpx.Client, chance: random.Random) -> str:
        photo = upload(client, picture(width - chance.randint(0, 1), height))
        more = {"settings": {"cin": {"strength": "9" * filler}}} if filler else {}
        body = {"content": photo, "style": photo, "size": 64, **settings, **more}
        answer = client.post(f"{API}/call/v2/compare", json=body)
        return f"{answer.status_code} unread"

    return ask


def named(path: str) -> bytes:
    """A call whose file is at a path."""
    file = {"path": path, "meta": {"_type": "gradio.FileData"}}
    return json.dumps({"content": file, "style": file, "size": 64}).encode()


def numbers(config: dict[str, Any], kind: str) -> list[int]:
    """The numbers of the page's components of a kind, by its config."""
    return [each["id"] for each in config["components"] if each["type"] == kind]


def happened(kind: str, trigger: str, data: Callable[[], bytes]) -> Ask:
    """An event of a component of the page, with an uploaded picture."""

    def ask(client: httpx.Client, chance: random.Random) -> httpx.Response:
        config = client.get("/config").json()
        targets = {(number, trigger) for number in numbers(config, kind)}
        events = config["dependencies"]
        index = next(each["id"] for each in events if targets & {tuple(it) for it in each["targets"]})
        body = {"data": [upload(client, data())], "fn_index": index, "session_hash": "abc"}
        return client.post(f"{API}/run/predict", json=body)

    return ask


def layered(client: httpx.Client, chance: random.Random) -> httpx.Response:
    """A picture for a layer of the mask's canvas that nobody can have."""
    canvas = numbers(client.get("/config").json(), "imageeditor")[0]
    data = {"component_id": str(canvas), "session_hash": "abc", "fn_name": "accept_blobs"}
    data |= {"type": "layer", "id": str(chance.random()), "index": str(10**9)}
    return client.post(f"{API}/component_server/", data=data, files={"file": ("a.png", picture(64, 64))})


def opened(client: httpx.Client, chance: random.Random) -> str:
    """Connections that ask for nothing, and what is answered beside them."""
    where = client.base_url
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            stack.enter_context(socket.create_connection((where.host, where.port or 80), timeout=60))
        return f"{client.get('/').status_code} beside {CONNECTIONS} connections"


@cache
def settled() -> bytes:
    """A PNG whose settings are nested without end."""
    text = PngInfo()
    for name, value in (("method", "cin"), ("size", "64"), ("settings", "[" * 100_000)):
        text.add_text(f"stylegrid.{name}", value)
    stream = io.BytesIO()
    Image.new("RGB", (64, 64)).save(stream, "PNG", pnginfo=text)
    return stream.getvalue()


KINDS: dict[str, Ask] = {  # by the number of the confirmed attack that each grew from
    "1 many plates": asked(size=64, settings={"adain": {"plates": ["udnie"] * 1500}}),
    "2 style enlarged": drawn(320, 17, size=64, settings={"adain": {"style_size": 2048}}),
    "3 large style, one step": drawn(300, 200, size=64, settings={"gatys": {"style_size": 4096, "steps": 1}}),
    "4 100 megapixels": drawn(10_000, 10_000, size=64, settings={"adain": {}}),
    "5 large and unread": unread(6000, 4000, settings={"cin": {}}),
    "6 36 megapixels": drawn(7200, 5000, size=64, settings={"adain": {}}),
    "7 a check of 25 megapixels": happened("image", "input", lambda: picture(6250, 4000)),
    "8 round the line": posted(f"{API}/run/compare", lambda _: b'{"data": []}'),
    "9 another's report": posted(f"{API}/run/report", lambda _: b'{"data": []}'),
    "10 a chosen session": posted(
        f"{API}/queue/join", lambda _: b'{"data": [""], "fn_index": 2, "session_hash": ""}'
    ),
    "11 nobody reads": unread(320, 200, settings={"gatys": {"steps": 100}}),
    "12 eleven days": asked(size=1024, repeats=20, settings={"gatys": {"steps": 5000}}),
    "13 one report again": lambda client, _: zipped(client, finished(str(client.base_url))),
    "14 endless shares": asked(size=64, settings={"cin": {"shares": "1," * 400_000}}),
    "15 400 MB of JSON": posted(f"{API}/queue/join", lambda chance: b" " * chance.randint(2, 40) * 10**6),
    "16 refused and unread": unread(320, 200, filler=900_000),
    "17 no pictures": sent(1, 29_000_000),
    "17 many files": sent(900, 100),
    "18 an address": posted(f"{API}/call/v2/compare", lambda _: named("http://192.0.2.1/a.png")),
    "18 the relay": fetched(f"{API}/file=https://192.0.2.N/a"),
    "20 idle connections": opened,
    "21 a forged line": posted(f"{API}/call/v2/compare", lambda _: named("/tmp/a\nINFO all is well")),
    "21 no such call": posted(f"{API}/call/v2/nosuch%0Acall", lambda _: b"{}"),
    "22 deep JSON": posted(f"{API}/queue/join", lambda _: b"[" * 100_000),
    "22 a PNG to restore": happened("file", "upload", settled),
    "23 sessions": restarted,
    "23 an endless name": posted(
        f"{API}/queue/join", lambda _: b'{"data": [], "fn_index": 0, "session_hash": "%s"}' % (b"a" * 900_000)
    ),
    "24 monitoring": fetched("/monitoring/summary?N"),
    "a billion layers": layered,
    "a file of the server": posted(f"{API}/call/v2/compare", lambda _: named("/etc/passwd")),
    "a path upwards": fetched(f"{API}/file=../../etc/passwd?N"),
}

AGAIN = {"13 one report again": 12}  # how often at a stretch a client sends what does harm by being repeated
