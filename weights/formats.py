"""File formats of weights: tensors in, tensors out."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
from torch import Tensor, nn

from weights.errors import WeightsError

SCALE = ".scale"


def read(data: bytes, path: Path) -> dict[str, Tensor]:
    """The tensors of a safetensors or ONNX file, for any other ending of a pickled state dict, on the CPU.

    No code in a pickle is run. WeightsError, naming the path, where there is anything but tensors.
    """
    try:
        if path.suffix == ".safetensors":
            return from_8_bits(safetensors.torch.load(data))
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


def in_halves(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors in half precision."""
    return {name: each.half() for name, each in tensors.items()}


def in_8_bits(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors at half the size of half precision.

    Each row of a matrix, and each output channel of a convolution, becomes whole numbers from -127 to 127,
    with a scale under the name and SCALE; what has one dimension stays in half precision.
    """
    stored = {name: each.half() for name, each in tensors.items() if each.ndim < 2}
    for name, each in tensors.items():
        if each.ndim >= 2:
            scale = each.float().flatten(1).abs().amax(1).clamp_min(1e-12) / 127
            stored[name] = (each.float() / by_row(scale, each)).round().to(torch.int8)
            stored[name + SCALE] = scale
    return stored


def from_8_bits(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors that `in_8_bits` was given, rounded; others as they are."""
    scales = {name for name in stored if name.endswith(SCALE) and name.removesuffix(SCALE) in stored}
    return {
        name: each * by_row(stored[name + SCALE], each) if name + SCALE in scales else each
        for name, each in stored.items()
        if name not in scales
    }


def by_row(values: Tensor, matrix: Tensor) -> Tensor:
    """A value for each row, in the shape that a matrix (R, ...) is multiplied by."""
    return values.view(-1, *[1] * (matrix.ndim - 1))


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
