"""Loading as something to watch: what is downloaded while a method reads its weights."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from core.sentence import Sentence
from methods.base import Stop
from weights.progress import Download, watching


def progress(download: Download) -> Sentence:
    """How far a download is, in a sentence."""
    if download.total is None:
        return Sentence("asking_hub", "Asking the Hub for {title}", {"title": download.title})
    done, total = download.done / 1e6, download.total / 1e6
    text = "Downloading {title}: {done:.1f} of {total:.1f} MB"
    return Sentence("downloading", text, {"title": download.title, "done": done, "total": total})


def downloads(work: Callable[[], object], stop: Stop | None) -> Iterator[Download]:
    """Do the work in a thread, yielding its downloads as they go on; `stop` ends a download with Stopped."""
    news: queue.Queue[Download | None] = queue.Queue()
    failures: list[BaseException] = []
    left = Stop()  # set when nobody listens any more

    def heard(download: Download) -> None:
        for token in (left, stop):
            if token is not None:
                token.check()
        news.put(download)

    def run() -> None:
        try:
            with watching(heard):
                work()
        except BaseException as error:
            failures.append(error)
        finally:
            news.put(None)

    worker = threading.Thread(target=run, name="loading", daemon=True)
    worker.start()
    try:
        yield from iter(news.get, None)
    finally:
        left.set()
        worker.join()
    if failures:
        raise failures[0]
