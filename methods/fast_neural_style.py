"""Networks in the layout that the well-known fast-neural-style examples made common, as ours.

Such a network differs from `TransformerNet`'s default in what surrounds it: pictures in 0..255 go in and come
out, nothing normalises the last convolution, and every convolution has a bias.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from core.transformer_net import InstanceNorm, TransformerNet
from weights.errors import WeightsError
from weights.formats import fill

BLOCKS = 5
# Our layers by theirs: (convolution, instance norm) -> ours.
LAYERS = {
    **{(f"conv{i}", f"in{i}"): f"down.{i - 1}" for i in (1, 2, 3)},
    **{(f"res{i}.conv1", f"res{i}.in1"): f"residual.{i - 1}.first" for i in range(1, BLOCKS + 1)},
    **{(f"res{i}.conv2", f"res{i}.in2"): f"residual.{i - 1}.second" for i in range(1, BLOCKS + 1)},
    **{(f"deconv{i}", f"in{i + 3}"): f"up.{i - 1}" for i in (1, 2)},
}
# Their layers in the order in which they run, by which those of an ONNX file are known.
IN_ORDER = [
    *[(f"conv{i}", f"in{i}") for i in (1, 2, 3)],
    *[(f"res{i}.conv{j}", f"res{i}.in{j}") for i in range(1, BLOCKS + 1) for j in (1, 2)],
    *[(f"deconv{i}", f"in{i + 3}") for i in (1, 2)],
    ("deconv3", ""),
]
# Only in files of old versions; instance norm does not use them.
IGNORED = ("running_mean", "running_var", "num_batches_tracked")


class Bias(nn.Module):
    """Adds a number to each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.beta[:, None, None]


def from_onnx(tensors: Mapping[str, Tensor], name: str) -> TransformerNet:
    """The network of an ONNX file as `onnx_tensors` reads it; WeightsError, with its `name`, for another."""
    names = {}
    for number, (convolution, norm) in enumerate(IN_ORDER):
        for part in ("weight", "bias"):
            names[f"Conv.{number}.{part}"] = f"{convolution}.conv2d.{part}"
            names[f"InstanceNormalization.{number}.{part}"] = f"{norm}.{part}"
    layers = ("Conv.", "InstanceNormalization.")
    renamed = {names.get(key, key): each for key, each in tensors.items() if key.startswith(layers)}
    return from_fast_neural_style(renamed, name)


def has_layout(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a state dict is one of these, complete or not."""
    return any(name.startswith(("conv1.", "res1.", "deconv1.")) for name in tensors)


def from_fast_neural_style(tensors: Mapping[str, Tensor], name: str) -> TransformerNet:
    """The network of a state dict. WeightsError, calling it `name`, lists missing and superfluous keys."""
    theirs = {key: each.float() for key, each in tensors.items() if not key.endswith(IGNORED)}
    parts = ("conv2d.weight", "conv2d.bias")
    needed = {f"{convolution}.{part}" for convolution, _ in (*LAYERS, ("deconv3", "")) for part in parts}
    needed |= {f"{norm}.{part}" for _, norm in LAYERS for part in ("weight", "bias")}
    missing, unknown = sorted(needed - theirs.keys()), sorted(theirs.keys() - needed)
    if missing or unknown:
        lists = [f"lacks {', '.join(missing)}"] * bool(missing)
        lists += [f"has unknown {', '.join(unknown)}"] * bool(unknown)
        raise WeightsError(f"{name} is no complete fast-neural-style network: it {' and '.join(lists)}.")
    state = {}
    for (convolution, norm), layer in LAYERS.items():
        # The bias goes, for the norm takes away whatever is added to a whole channel.
        state[f"{layer}.convolution.weight"] = theirs[f"{convolution}.conv2d.weight"]
        state[f"{layer}.norm.gamma"] = theirs[f"{norm}.weight"]
        state[f"{layer}.norm.beta"] = theirs[f"{norm}.bias"]
    # Ours sees 4x - 2 where theirs sees 255x; the constant is taken away like a bias.
    state["down.0.convolution.weight"] = theirs["conv1.conv2d.weight"] * 255 / 4
    state["out.convolution.weight"] = theirs["deconv3.conv2d.weight"] / 255
    state["out.norm.beta"] = theirs["deconv3.conv2d.bias"] / 255
    network = TransformerNet(
        InstanceNorm, len(theirs["conv1.conv2d.weight"]), BLOCKS, Bias, lambda x: x.clamp(0, 1)
    )
    fill(network, state, name)
    return network
