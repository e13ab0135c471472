"""Our files beside the Hub's cache, and the record of a first download."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from weights.download import POLL_SECONDS
from weights.errors import WeightsError
from weights.progress import Download, report


@dataclass(frozen=True)
class Record:
    """A first download: the commit that it came from and the hash of the file that it left."""

    repo: str = ""
    revision: str = ""
    sha256: str = ""

    def to_json(self) -> bytes:
        """As `read_record` reads it."""
        return json.dumps(asdict(self)).encode()


def read_record(path: Path) -> Record:
    """The record in a file; an empty one where there is no file. WeightsError where it is damaged."""
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return Record()
    except (ValueError, TypeError) as error:
        raise WeightsError(f"{path} is damaged: remove it, and the weights are fetched anew.") from error


def put(path: Path, data: bytes) -> None:
    """Put a file in place at once or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        unfinished.write_bytes(data)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def remove(path: Path) -> None:
    """Remove a file, and what it links to in the Hub's cache."""
    target = path.resolve()
    path.unlink(missing_ok=True)
    target.unlink(missing_ok=True)


@contextmanager
def file_lock(path: Path, title: str) -> Iterator[None]:
    """Only one thread of one process at a time, by a lock in a file; the wait is reported."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while not lock.is_locked:
        try:
            lock.acquire(timeout=POLL_SECONDS)
        except Timeout:  # not a failure, though it is an OSError
            report(Download(title))
    try:
        yield
    finally:
        lock.release()
