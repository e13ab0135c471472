"""Which pairs of pictures have been shown to whom, until they are voted on or forgotten."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256

from compare.leaderboard import QUESTIONS
from compare.pool import Pair, Showing, drawn
from compare.votes import Vote, Votes, hashed

MOST = 4096  # showings that are remembered
MOST_OWN = 64  # of these, of visitors' own comparisons, whose pictures are in memory


class Showings:
    """Draws showings from a pool and turns answers into votes. Safe to share among threads.

    Args:
        pool: pairs, not empty.
        votes: where the answers go.
    """

    def __init__(self, pool: Sequence[Pair], votes: Votes) -> None:
        self.pool, self.votes = pool, votes
        self._lock = threading.Lock()
        self._shown, self._own = (OrderedDict[str, tuple[str, Showing]]() for _ in range(2))

    def new(self, visitor: str, own: Sequence[Pair] = ()) -> str:
        """The key of a showing to a visitor, which nobody can guess: of `own` pairs where there are any."""
        key, showing = secrets.token_urlsafe(16), drawn(own or self.pool, QUESTIONS, secrets.randbits(48))
        shown, most = (self._own, MOST_OWN) if own else (self._shown, MOST)
        with self._lock:
            shown[key] = visitor, showing
            while len(shown) > most:
                shown.popitem(last=False)
        return key

    def get(self, key: str, visitor: str) -> Showing | None:
        """What was shown to this visitor under the key; None for others, or where it is forgotten."""
        with self._lock:
            owner, showing = self._shown.get(key) or self._own.get(key) or ("", None)
        return showing if owner == visitor else None

    def vote(self, key: str, visitor: str, outcome: str, most: int) -> None:
        """Keep an answer to a showing of this visitor's. Raises Refused; KeyError for any other key."""
        showing = self.get(key, visitor)
        if showing is None:
            raise KeyError(key)
        pair, left, right = showing.pair, showing.left, showing.right
        digests = [sha256(pair.picture(each.method)).hexdigest() for each in (left, right)]
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
                digests[0],
                digests[1],
                outcome,
                showing.seed,
                self.votes.clock(),
            ),
            most,
        )

    def undo(self, key: str, visitor: str) -> bool:
        """Take a vote back; whether there was one."""
        return self.votes.undo(key, hashed(visitor))
