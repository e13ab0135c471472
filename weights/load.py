"""From a catalog entry to verified tensors: find the file, check its SHA-256, load it."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from weights.catalog import WeightFile, entry

EMBEDDED = Path(__file__).parent / "embedded"
OWN_REPO = "STYLEGRID_WEIGHTS_REPO"  # where our own networks are on the Hub


class WeightsError(RuntimeError):
    """Weights are missing, damaged or not the ones that the catalog names."""


def variable(weight: WeightFile) -> str:
    """The environment variable that names a weight's file directly: STYLEGRID_VGG19, STYLEGRID_ONNX_CANDY_9.

    For machines on which the package that carries it is not installed, or from which no Hub is reached. It
    names the whole file, also where StyleGrid reads a part.
    """
    return "STYLEGRID_" + re.sub(r"\W", "_", weight.key.upper())


def locate(weight: WeightFile) -> Path:
    """The path of a weight's file, by its variable if that is set; WeightsError when it is not there."""
    given = os.environ.get(variable(weight))
    path = Path(given) if given else _folder(weight) / weight.file
    if not path.is_file():
        raise WeightsError(f"The weights {weight.title} are missing: there is no file {path}.")
    return path


def load(key: str) -> dict[str, Tensor]:
    """The tensors of catalog entry `key`, on the CPU.

    Of the embedded file at once; where there is none, of that in the local cache of the Hugging Face Hub, or
    of the Hub's own (weights.hub). Raises KeyError for an unknown key and WeightsError for a missing or
    differing file.
    """
    return read(*resolve(entry(key)))


def resolve(weight: WeightFile) -> tuple[bytes, Path]:
    """The verified bytes of a weight's file and its path; read once: what was checked is what is loaded."""
    given = os.environ.get(variable(weight))
    if not weight.repo or given:
        try:
            return embedded(weight)
        except WeightsError:
            if given or weight.package or not os.environ.get(OWN_REPO):
                raise
    from weights import hub  # the Hub's client takes most of a second to import

    return hub.fetch(weight)


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


def embedded(weight: WeightFile) -> tuple[bytes, Path]:
    """The same of a file that comes with StyleGrid, a package, or its variable."""
    path = locate(weight)
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    if digest != weight.sha256:
        raise WeightsError(
            f"The weights file {path} is not the one that the catalog names: its SHA-256 is "
            f"{digest[:12]}..., expected {weight.sha256[:12]}... . Reinstall it, or remove it."
        )
    if weight.part:
        from weights.partial import part_of  # which imports this module

        return part_of(str(path), lambda first, last: data[first:last], weight.part, lambda _: None), path
    return data, path


def read(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors or ONNX file, for any other ending of a pickled state dict, on the CPU.

    No code in a pickle is run. WeightsError, naming the path, where there is anything but tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load(data)
        if path.suffix == ".onnx":
            return onnx_tensors(data)
        tensors = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
        if not all(isinstance(each, Tensor) for each in tensors.values()):
            raise TypeError("it holds other things than tensors")
    except ImportError as error:
        raise WeightsError(f"{path.name} needs the package onnx: run `pip install onnx`.") from error
    except Exception as error:  # these libraries raise errors of many kinds for a damaged file
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise WeightsError(
            f"{path} holds no weights that can be read; a safetensors file or a state dict is needed "
            f"({reason})."
        ) from error
    return dict(tensors)


def onnx_tensors(data: bytes) -> dict[str, Tensor]:
    """The parameters of an ONNX graph's layers in the order in which it runs.

    Named by the layer's kind and its number among those of its kind: Conv.0.weight, Conv.0.bias, ... An
    exporter chooses its own names, but the order is the network's.
    """
    import onnx  # an extra package

    graph = onnx.load_model_from_string(data).graph
    stored = {each.name: each for each in graph.initializer}
    counts: dict[str, int] = {}
    tensors: dict[str, Tensor] = {}
    for node in graph.node:
        parameters = [name for name in node.input[1:] if name in stored]
        if parameters:
            number = counts[node.op_type] = counts.get(node.op_type, -1) + 1
            for part, name in zip(("weight", "bias"), parameters, strict=False):
                array = onnx.numpy_helper.to_array(stored[name])
                tensors[f"{node.op_type}.{number}.{part}"] = torch.from_numpy(array.copy())
    return tensors


def fill(network: nn.Module, tensors: Mapping[str, Tensor], name: str, assign: bool = False) -> None:
    """Put the tensors into the network, copied or with `assign` themselves.

    WeightsError, calling them `name`, lists the keys that do not fit.
    """
    try:
        network.load_state_dict(tensors, assign=assign)
    except RuntimeError as error:  # a heading, then a line per kind of misfit
        reasons = " ".join(line.strip() for line in str(error).splitlines()[1:])
        raise WeightsError(f"{name} does not fit its network: {reasons}") from error


def pack(tensors: Mapping[str, Tensor], metadata: Mapping[str, Any]) -> bytes:
    """A safetensors file of tensors and of JSON values about them."""
    texts = {key: json.dumps(value, ensure_ascii=False) for key, value in metadata.items()}
    return safetensors.torch.save({name: each.contiguous() for name, each in tensors.items()}, texts)


def unpack(data: bytes, name: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The tensors and the metadata of a safetensors file that `pack` made.

    Raises WeightsError, calling the file `name`, where it is none or is cut short.
    """
    try:
        tensors = safetensors.torch.load(data)
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        metadata = {key: json.loads(text) for key, text in header.get("__metadata__", {}).items()}
    except Exception as error:
        raise WeightsError(f"{name} is not a complete safetensors file of StyleGrid's.") from error
    return tensors, metadata


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
