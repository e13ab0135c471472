"""How much of the disk uploads and results may take: what was used longest ago goes first."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from gradio.utils import get_upload_folder

from compare.limits import current

FRESH = 60  # seconds for which a file stays whatever happens, for somebody is about to use it
HOUR = 3600


class Disk:
    """The folder of uploads and results."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(get_upload_folder())
        self._lock = threading.Lock()
        self._uploaded: dict[str, deque[tuple[float, int]]] = {}  # moments and bytes, by visitor

    def trim(self) -> None:
        """Remove what is over the budget, and what is older than results are kept; empty folders with it."""
        if math.isinf(current().disk_bytes) and math.isinf(current().kept_seconds):
            return
        if not self._lock.acquire(blocking=False):
            return  # somebody does so already
        try:
            limits, now = current(), time.time()
            files = sorted(self._files())
            total = sum(size for _, size, _ in files)
            for used, size, path in files:
                too_old = now - used > max(limits.kept_seconds, limits.waiting_seconds)
                if now - used < FRESH or not (too_old or total > limits.disk_bytes):
                    break
                self.remove([str(path)])
                total -= size
        finally:
            self._lock.release()

    def remove(self, paths: Iterable[str]) -> None:
        """Remove files of the folder, and the folders that they leave empty."""
        for path in map(Path, paths):
            path.unlink(missing_ok=True)
            if path.parent != self.folder:
                with suppress(OSError):  # it is not empty, or another has removed it
                    path.parent.rmdir()

    def room(self, visitor: str) -> float:
        """Bytes that a visitor may still upload within this hour."""
        now = time.monotonic()
        for name in [name for name, each in self._uploaded.items() if each[-1][0] < now - HOUR]:
            del self._uploaded[name]
        recent = [size for moment, size in self._uploaded.get(visitor, ()) if moment > now - HOUR]
        return current().visitor_bytes - sum(recent)

    def uploaded(self, visitor: str, size: int) -> None:
        """A visitor has uploaded so many bytes."""
        self._uploaded.setdefault(visitor, deque(maxlen=1000)).append((time.monotonic(), size))

    def _files(self) -> list[tuple[float, int, Path]]:
        """Last use, bytes and path of every file."""
        found = []
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = Path(folder) / name
                try:
                    status = path.stat()
                except OSError:  # gone meanwhile
                    continue
                found.append((max(status.st_mtime, status.st_atime), status.st_size, path))
        return found
