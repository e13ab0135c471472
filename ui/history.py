"""Each visitor's newest comparisons on disk, so that a reload, a lost connection or a restart loses none."""

from __future__ import annotations

import logging
import os
import pickle
import re
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from ui.store import Finished

MOST = 8  # comparisons of a visitor
MOST_BYTES = 500_000_000  # of all visitors together
SECONDS = 3600  # for which they are kept
# of the state of a browser that has the key
BROWSER_STATE: dict[str, Any] = {"storage_key": "stylegrid-history", "secret": "stylegrid"}
KEY = re.compile(r"[\w-]{22,64}")  # what nobody can guess

log = logging.getLogger(__name__)


def history_folder() -> Path:
    """Where they lie, unless STYLEGRID_HISTORY says otherwise."""
    return Path(os.environ.get("STYLEGRID_HISTORY") or Path(tempfile.gettempdir()) / "stylegrid-history")


@dataclass(frozen=True)
class Entry:
    """What the strip shows of a comparison: a few words, and an address of a small picture."""

    title: str
    thumbnail: str


@dataclass(frozen=True)
class Kept:
    """A comparison to come back to.

    Attributes:
        finished: its pictures and numbers.
        photo, painting: paths of the files that were compared, which may be gone by now.
    """

    finished: Finished
    photo: str
    painting: str


Part = TypeVar("Part", Entry, Kept)


class History:
    """Comparisons by the key of a visitor's browser, which names their folder by its hash alone.

    A file holds two pickles, the entry first, so that the strip is drawn without the pictures of them all.
    What cannot be written or read is left out, which the log tells: it must not stand in a run's way.
    """

    def __init__(self, folder: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.folder, self.clock = folder or history_folder(), clock

    def add(self, key: str, entry: Entry, kept: Kept) -> None:
        """Keep one as the visitor's newest."""
        try:
            own = self._own(key)
            if own is None or not self._private():
                return
            own.mkdir(exist_ok=True)
            path = own / f"{int(1000 * self.clock())}.pickle"
            with path.with_suffix(".part").open("wb") as file:
                pickle.dump(entry, file)
                pickle.dump(kept, file)
            path.with_suffix(".part").replace(path)
            self._prune(own)
        except OSError as error:
            log.warning("A comparison is not kept: %s", error)

    def newest(self, key: str) -> dict[int, Entry]:
        """The entries of a visitor's comparisons by their numbers, the newest first."""
        found = {number: self._read(key, number, Entry) for number in self._numbers(self._own(key))}
        return {number: entry for number, entry in found.items() if entry is not None}

    def get(self, key: str, number: int) -> Kept | None:
        """One of them; None where it is no longer there."""
        return self._read(key, number, Kept)

    def _read(self, key: str, number: int, kind: type[Part]) -> Part | None:
        own = self._own(key)
        if own is None or number < 1000 * (self.clock() - SECONDS) or not self._private():
            return None
        try:
            with (own / f"{number}.pickle").open("rb") as file:
                found = pickle.load(file)
                if kind is Kept:
                    found = pickle.load(file)
        except FileNotFoundError:
            return None
        except Exception as error:  # as another version wrote it
            log.warning("A comparison cannot be read: %s", error)
            return None
        return found if isinstance(found, kind) else None

    def _own(self, key: str) -> Path | None:
        return self.folder / sha256(key.encode()).hexdigest() if KEY.fullmatch(key) else None

    def _private(self) -> bool:
        """Whether the folder is this user's alone, for what is read is trusted."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not hasattr(os, "getuid"):
            return True
        found = self.folder.stat()
        private = found.st_uid == os.getuid() and not found.st_mode & 0o077
        if not private:
            log.warning("%s is open to others: no comparison is kept.", self.folder)
        return private

    def _numbers(self, own: Path | None) -> list[int]:
        if own is None or not own.is_dir():
            return []
        return sorted((int(path.stem) for path in own.glob("*.pickle")), reverse=True)

    def _prune(self, own: Path) -> None:
        """Drop what is too old, too many of a visitor, or too large together."""
        for number in self._numbers(own)[MOST:]:
            (own / f"{number}.pickle").unlink(missing_ok=True)
        total, oldest = 0, 1000 * (self.clock() - SECONDS)
        for path in sorted(self.folder.glob("*/*.pickle"), key=lambda path: int(path.stem), reverse=True):
            total += path.stat().st_size
            if int(path.stem) < oldest or total > MOST_BYTES:
                path.unlink(missing_ok=True)
        for folder in self.folder.iterdir():
            if folder != own and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
