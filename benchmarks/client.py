"""What the benchmarks of a running page say to it, as a program does: uploads, comparisons, reports."""

from __future__ import annotations

import io
import json
import re
import time
from collections.abc import Generator
from functools import cache
from typing import Any
from urllib.parse import urlparse

import httpx
import psutil
from PIL import Image

API = "/gradio_api"


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


def zipped(client: httpx.Client, run: str) -> str:
    """Where the ZIP of a run is, or what is said in its place."""
    joined = client.post(f"{API}/call/report", json={"data": [run]})
    if joined.status_code != 200:
        return f"{joined.status_code} {joined.text[:80]}"
    answer = client.get(f"{API}/call/report/{joined.json()['event_id']}").text
    found = re.search(r'"path": ?"([^"]+)"', answer)
    return found[1] if found else answer


def ordinary(url: str) -> float:
    """Seconds of an ordinary comparison; ValueError where it is not answered with a picture."""
    began = time.perf_counter()
    compared(url)
    return time.perf_counter() - began


def finished(url: str) -> str:
    """The key of an ordinary comparison, made once, for who asks for its report."""
    return _finished(url.rstrip("/"))  # httpx ends the address of a client with a slash


@cache
def _finished(url: str) -> str:
    (record,) = json.loads(compared(url))
    return str(record["cin"]["run"])


def compared(url: str) -> str:
    """The answer to an ordinary comparison."""
    with httpx.Client(base_url=url, timeout=300) as client:
        client.get("/config")  # a cookie, as a browser has one
        files = upload(client, picture(320, 200)), upload(client, picture(256, 256, 30))
        answer = compare(client, *files, size=256, settings={"cin": {}})
    if '"picture"' not in answer:
        raise ValueError(f"An ordinary comparison was answered with {answer[:200]}")
    return answer


def tree_of(url: str) -> psutil.Process | None:
    """The process that listens there, if it is on this machine."""
    port = urlparse(url).port
    for each in psutil.net_connections("tcp"):
        if each.status == psutil.CONN_LISTEN and getattr(each.laddr, "port", 0) == port and each.pid:
            return psutil.Process(each.pid)
    return None
