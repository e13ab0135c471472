"""Which pairs of pictures have been shown to whom, until they are voted on or forgotten."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence

from compare.leaderboard import QUESTIONS
from compare.pool import Pair, Showing, digest, drawn
from compare.votes import Vote, Votes, hashed

MOST = 4096  # showings that are remembered


class Showings:
    """Draws showings from a pool and turns answers into votes. Safe to share among threads.

    Args:
        pool: pairs, not empty.
        votes: where the answers go.
    """

    def __init__(self, pool: Sequence[Pair], votes: Votes) -> None:
        self.pool, self.votes = pool, votes
        self._lock, self._shown = threading.Lock(), OrderedDict[str, tuple[str, Showing]]()

    def new(self, visitor: str) -> str:
        """The key of a showing to a visitor, which nobody can guess."""
        key, showing = secrets.token_urlsafe(16), drawn(self.pool, QUESTIONS, secrets.randbits(48))
        with self._lock:
            self._shown[key] = visitor, showing
            while len(self._shown) > MOST:
                self._shown.popitem(last=False)
        return key

    def get(self, key: str, visitor: str) -> Showing | None:
        """What was shown to this visitor under the key; None for others, or where it is forgotten."""
        with self._lock:
            owner, showing = self._shown.get(key, ("", None))
        return showing if owner == visitor else None

    def vote(self, key: str, visitor: str, outcome: str, most: int) -> None:
        """Keep an answer to a showing of this visitor's. Raises Refused; KeyError for any other key."""
        showing = self.get(key, visitor)
        if showing is None:
            raise KeyError(key)
        pair, left, right = showing.pair, showing.left, showing.right
        self.votes.add(
            Vote(
                key,
                hashed(visitor),
                showing.question,
                pair.photo,
                pair.painting,
                pair.kind,
                left.method,
                right.method,
                digest(left.path),
                digest(right.path),
                outcome,
                showing.seed,
                self.votes.clock(),
            ),
            most,
        )

    def undo(self, key: str, visitor: str) -> bool:
        """Take a vote back; whether there was one."""
        return self.votes.undo(key, hashed(visitor))
