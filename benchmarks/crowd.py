"""Many visitors at the same moment: is each served or told why not, and does each get its own picture?"""

from __future__ import annotations

import io
import json
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import httpx
import numpy as np
from PIL import Image

from benchmarks.client import API, compare, ordinary, picture, upload
from benchmarks.verdicts import told

ANSWER_SECONDS = 600.0  # in which an answer must have come
OFF = 3.0  # of 255, by which a photo's colour may change on its way


@dataclass(frozen=True)
class Visit:
    """What one visitor met: seconds until the answer; the sentence of a refusal; and how far the picture's
    red, of 255, is from its own photo's, None without a picture."""

    seconds: float
    sentence: str
    off: float | None


def crowd(url: str, clients: int) -> int:
    """So many visitors at once, each with a photo of a colour of its own, which comes back where the style's
    strength is 0; 1 where one is left without picture and sentence, or has another's picture."""
    ordinary(url)  # weights are loaded
    start = Barrier(clients)
    with ThreadPoolExecutor(clients) as threads:
        shades = [round(place * 255 / clients) for place in range(clients)]
        visits = list(threads.map(lambda shade: visited(url, shade, start), shades))
    return report(visits)


def visited(url: str, shade: int, start: Barrier) -> Visit:
    """One visitor, who begins when all are there."""
    with httpx.Client(base_url=url, timeout=ANSWER_SECONDS) as client:
        client.get("/config")  # a cookie, as a browser has one
        start.wait()
        began = time.perf_counter()
        try:
            files = upload(client, picture(320, 200, shade)), upload(client, picture(256, 256, 30))
            words = compare(client, *files, size=128, settings={"cin": {"strength": 0}})
        except (httpx.HTTPError, ValueError) as error:
            return Visit(time.perf_counter() - began, str(error), None)
        seconds = time.perf_counter() - began
        if not words.startswith("["):
            return Visit(seconds, words.removeprefix("error "), None)
        made = json.loads(words)[0]["cin"].get("picture")
        if made is None:
            return Visit(seconds, json.loads(words)[0]["cin"]["error"], None)
        data = client.get(f"{API}/file={made['path']}").content
    red = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[..., 0].mean()
    return Visit(seconds, "", abs(float(red) - shade))


def report(visits: list[Visit]) -> int:
    """Print what they met, and the verdicts; 1 where one is no."""
    served = [each for each in visits if each.off is not None]
    refused = [each for each in visits if each.off is None]
    for sentence in sorted({each.sentence for each in refused}):
        print(f"{sum(each.sentence == sentence for each in refused):4} x {sentence[:100] or 'no sentence'}")
    if served:
        seconds = [each.seconds for each in served]
        print(f"{len(served)} served after {statistics.median(seconds):.1f} s, {max(seconds):.1f} s at most")
    others = sum(each.off is not None and each.off > OFF for each in visits)
    verdicts = [
        (f"{len(served)} served and {len(refused)} refused of {len(visits)}", bool(served)),
        ("each refusal is a sentence", all(each.sentence for each in refused)),
        (f"{others} got another's picture", not others),
    ]
    return told(verdicts)
