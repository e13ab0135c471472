"""Which files of the catalog are on this machine: nothing is hashed for it and no network is used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from weights.catalog import WeightFile
from weights.errors import WeightsError
from weights.load import embedded, in_own_repo, locate, on_hub

State = Literal["embedded", "cached", "not fetched", "missing"]
Verdict = Literal["right", "wrong", "not known", "not fetched", "missing"]


@dataclass(frozen=True)
class Item:
    """A weights file as it stands on this machine.

    Attributes:
        state: "embedded" comes with StyleGrid or a package of it, or is named by its variable, "cached" was
            fetched from the Hub, "not fetched" can be, "missing" cannot.
        size: bytes, of the file or to download; 0 where nobody knows.
        revision: the commit on the Hub that it is from or would be; empty where there is none or not yet.
        sha256: by the catalog or by the first download; empty where neither knows it.
    """

    weight: WeightFile
    state: State
    size: int
    revision: str = ""
    sha256: str = ""


def item(weight: WeightFile) -> Item:
    """How one file stands."""
    try:
        return Item(weight, "embedded", locate(weight).stat().st_size, sha256=weight.sha256)
    except WeightsError:
        if not on_hub(weight):
            return Item(weight, "missing", 0, sha256=weight.sha256)
    from weights import hub

    weight = in_own_repo(weight)
    path, known = hub.cached_path(weight), hub.record(weight)
    size = weight.size if path is None else path.stat().st_size
    state: State = "not fetched" if path is None else "cached"
    return Item(weight, state, size, known.revision, known.sha256 or weight.sha256)


def verified(weight: WeightFile) -> tuple[Verdict, str]:
    """What a file's hash says of it, and why where it is not right; a wrong one from the Hub is removed."""
    try:
        found = item(weight)
    except WeightsError as error:  # of settings or a record without which nobody knows
        return "wrong", str(error)
    if found.state == "not fetched":
        return "not fetched", ""
    if found.state == "cached":
        return _verified_from_hub(found.weight)
    try:
        embedded(weight)
    except WeightsError as error:
        return "missing" if found.state == "missing" else "wrong", str(error)
    return "right", ""


def _verified_from_hub(weight: WeightFile) -> tuple[Verdict, str]:
    """The same of a file that was fetched."""
    from weights import hub

    if not hub.record(weight).sha256:
        return "not known", "what was recorded of its first download is gone; fetch it again."
    if hub.cached(weight) is None:
        return "wrong", "it was removed; fetch it again."
    return "right", ""
