"""Votes between two pictures, in a SQLite file that outlives restarts, kills and several writers at once."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import Literal, get_args

from core.sentence import Sentence

Outcome = Literal["left", "right", "both good", "both bad"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
OWN = "own comparison"  # the kind of what a visitor has compared: it counts for that visitor alone
VERSION = 1  # of the table, which the file carries as user_version
DAY = 24 * 3600  # seconds
PATIENCE = 30  # seconds for which a writer waits for others

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Vote:
    """What somebody thought of two pictures of one pair. Field names are the table's columns.

    Attributes:
        id: of the showing, which counts once. visitor: a hash of who voted.
        question: one of QUESTIONS. photo, painting: titles. kind: of painting.
        left, right: the methods' names; left_sha256, right_sha256: of the pictures' files.
        outcome: one of OUTCOMES. seed: that drew the pair, the methods, their sides and the question.
        moment: seconds since 1970.
    """

    id: str
    visitor: str
    question: str
    photo: str
    painting: str
    kind: str
    left: str
    right: str
    left_sha256: str
    right_sha256: str
    outcome: str
    seed: int
    moment: float


COLUMNS = [each.name for each in fields(Vote)]
TYPES = {"str": "TEXT", "int": "INTEGER", "float": "REAL"}


class Refused(ValueError):
    """A vote is not taken; the message says why."""


def data_folder() -> Path:
    """Where what outlives the program lies on this machine, unless the environment says otherwise."""
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "stylegrid"


def votes_file() -> Path:
    """STYLEGRID_VOTES, or a file in the data folder."""
    return Path(os.environ.get("STYLEGRID_VOTES") or data_folder() / "votes.sqlite3")


def hashed(visitor: str) -> str:
    """By what a visitor's votes are known; who they are cannot be read from it."""
    return sha256(f"stylegrid vote {visitor}".encode()).hexdigest()[:16]


class Votes:
    """The votes of one file, which may be open in other processes too.

    A file that is no such table is set aside under another name, and a new one begun; `problem` then says so.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time) -> None:
        self.path, self.clock, self.problem = path, clock, ""
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._begin()
        except sqlite3.OperationalError:
            raise  # locked, or not to be written: the file may be sound
        except sqlite3.DatabaseError as error:
            text = "The file of votes was damaged ({reason}); it is kept as {file}, a new one begun."
            about = {"reason": str(error), "file": self._set_aside().name}
            self.problem = Sentence("votes_damaged", text, about)
            log.warning(self.problem)
            self._begin()

    def add(self, vote: Vote, most: int) -> None:
        """Keep a vote; when this returns it is on disk.

        Raises Refused where this showing was voted on, where the visitor has voted `most` times within a day,
        or where the file cannot be written.
        """
        try:
            with self._connection() as connection:
                connection.execute("BEGIN IMMEDIATE")
                today = connection.execute(
                    "SELECT count(*) FROM votes WHERE visitor = ? AND moment > ?",
                    (vote.visitor, self.clock() - DAY),
                ).fetchone()[0]
                if today >= most:
                    text = "You have voted {today:,} times within a day; that is all that is taken."
                    raise Refused(Sentence("vote_daily", text, {"today": today}))
                marks = ", ".join("?" * len(COLUMNS))
                connection.execute(f"INSERT INTO votes VALUES ({marks})", astuple(vote))
                connection.commit()
        except sqlite3.IntegrityError as error:
            raise Refused(Sentence("vote_again", "This pair was voted on already.")) from error
        except sqlite3.Error as error:
            about = {"reason": str(error)}
            raise Refused(Sentence("vote_unkept", "The vote could not be kept ({reason}).", about)) from error

    def take(self, votes: Iterable[Vote]) -> None:
        """Add votes that were counted before, such as those of a copy; what is there already stays."""
        with self._connection() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            marks = ", ".join("?" * len(COLUMNS))
            connection.executemany(f"INSERT OR IGNORE INTO votes VALUES ({marks})", map(astuple, votes))

    def undo(self, showing: str, visitor: str) -> bool:
        """Take back a visitor's own vote; whether there was one."""
        with self._connection() as connection, connection:
            found = connection.execute("DELETE FROM votes WHERE id = ? AND visitor = ?", (showing, visitor))
            return found.rowcount > 0

    def all(self) -> list[Vote]:
        """All votes, the oldest first."""
        with self._connection() as connection:
            rows = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM votes ORDER BY moment, id")
            return [Vote(*row) for row in rows]

    def _begin(self) -> None:
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            found = connection.execute("PRAGMA quick_check").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(found)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > VERSION:
                raise ValueError(
                    f"{self.path.name} is of version {version}; this StyleGrid reads up to {VERSION}."
                )
            with connection:
                types = ", ".join(f"{each.name} {TYPES[str(each.type)]} NOT NULL" for each in fields(Vote))
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(
                    f"CREATE TABLE IF NOT EXISTS votes ({types}, PRIMARY KEY (id)) WITHOUT ROWID"
                )
                connection.execute("CREATE INDEX IF NOT EXISTS by_visitor ON votes (visitor, moment)")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.execute(f"SELECT {', '.join(COLUMNS)} FROM votes LIMIT 1").fetchone()

    def _set_aside(self) -> Path:
        aside = self.path.with_name(f"{self.path.name}.damaged-{int(1000 * self.clock())}")
        self.path.replace(aside)
        for ending in ("-wal", "-shm"):
            beside = self.path.with_name(self.path.name + ending)
            if beside.exists():
                beside.replace(aside.with_name(aside.name + ending))
        return aside

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        """A connection of this thread's own, whose commits are on disk."""
        connection = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            yield connection
        finally:
            connection.close()  # what is not committed is gone
