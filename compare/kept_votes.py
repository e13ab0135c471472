"""Votes in a Dataset repository of the Hub, for machines whose disk a restart empties, such as a Space."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

from compare.leaderboard import to_json
from compare.votes import COLUMNS, Vote, Votes
from weights.errors import WeightsError
from weights.hub import dataset_file, keep_in_dataset

FILE = "votes.json"
MINUTES = 5.0  # between two commits


def dataset() -> str:
    """STYLEGRID_VOTES_DATASET, OWNER/NAME, where HF_TOKEN is set as well; else empty."""
    return os.environ.get("STYLEGRID_VOTES_DATASET", "") if os.environ.get("HF_TOKEN") else ""


def keep(votes: Votes, repo: str, folder: Path, minutes: float = MINUTES) -> Callable[[], None]:
    """Take what the repository has, then write all votes into it every few minutes and at the program's end;
    gives what does so at once and ends it. One program writes a repository, and nothing else the folder.

    Raises WeightsError where the Hub does not let us, or has what are no votes, of which nothing is changed.
    """
    data = dataset_file(repo, FILE)
    try:
        earlier = [Vote(**{name: each[name] for name in COLUMNS}) for each in json.loads(data or b"[]")]
    except (ValueError, KeyError, TypeError) as error:
        raise WeightsError(f"{FILE} of {repo} holds no votes ({type(error).__name__}).") from error
    votes.take(earlier)
    folder.mkdir(parents=True, exist_ok=True)

    def write() -> None:
        path, newest = folder / FILE, to_json(votes.all())
        if not path.is_file() or path.read_bytes() != newest:  # an unchanged file makes no commit
            path.write_bytes(newest)

    return keep_in_dataset(folder, repo, minutes, write)
