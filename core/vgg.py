"""VGG as the field uses it: layers by name, pictures in, features out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import torch
from torch import Tensor, nn

from core.patches import in_bands
from weights.catalog import entry
from weights.formats import fill
from weights.load import load

Pooling = Literal["max", "average"]
Padding = Literal["zeros", "reflect"]

MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet, in 0..255, as the original authors subtract it


@dataclass(frozen=True)
class Backbone:
    """A trained VGG.

    Attributes:
        weights: the catalog's key.
        convolutions: how many each of the five blocks has.
        mean, deviation: by which its authors normalise pictures in 0..255, per channel.
        scale: factor on its features that gives them the size which those of 0..255 pictures have: a ReLU
            network scales with its input when its biases do.
    """

    weights: str
    convolutions: tuple[int, ...]
    mean: tuple[float, float, float]
    deviation: tuple[float, float, float] = (1.0, 1.0, 1.0)
    scale: float = 1.0


WIDTHS = (64, 128, 256, 512, 512)  # channels of the five blocks
FIRST_BLOCK = ["conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1"]
BAND, BAND_MARGIN = 64, 4  # rows of a picture; the first block looks 2 rows further

IMAGENET = ((123.675, 116.28, 103.53), (58.395, 57.12, 57.375), 255 * 0.225)  # as torchvision has it
ORIGINAL = "vgg19"
BACKBONES = {
    ORIGINAL: Backbone("vgg19", (2, 2, 4, 4, 4), MEAN_RGB),
    "vgg19 torchvision": Backbone("vgg19-torchvision", (2, 2, 4, 4, 4), *IMAGENET),
    "vgg16 torchvision": Backbone("vgg16-torchvision", (2, 2, 3, 3, 3), *IMAGENET),
}


def layer_names(backbone: str = ORIGINAL) -> tuple[str, ...]:
    """All layers in the order in which they run: conv1_1, relu1_1, conv1_2, relu1_2, pool1, conv2_1, ..."""
    names: list[str] = []
    for block, depth in enumerate(BACKBONES[backbone].convolutions, start=1):
        for layer in range(1, depth + 1):
            names += [f"conv{block}_{layer}", f"relu{block}_{layer}"]
        names.append(f"pool{block}")
    return tuple(names)


class VGG(nn.Module):
    """The convolutions of a VGG (Simonyan and Zisserman 2015), frozen, cut after the last layer needed.

    Args:
        layers: names from `layer_names(backbone)`; ValueError for any other.
        pooling: "max" as published, or "average", which Gatys et al. found to give smoother pictures.
        device, dtype: where the network computes, and in which number format.
        padding: "zeros" as published, or "reflect", as AdaIN's encoder has it against artefacts at borders.
        backbone: which of BACKBONES. The default are the authors' own weights in 8-bit palette form; the
            others were retrained by torchvision and are downloaded when first used.
    """

    def __init__(
        self,
        layers: Sequence[str],
        pooling: Pooling = "max",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        padding: Padding = "zeros",
        backbone: str = ORIGINAL,
    ) -> None:
        super().__init__()
        order, about = layer_names(backbone), BACKBONES[backbone]
        unknown = [layer for layer in layers if layer not in order]
        if unknown or not layers:
            raise ValueError(
                f"VGG-{sum(about.convolutions) + 3} has no layer {', '.join(unknown) or '(none was named)'}: "
                f"choose from conv1_1, relu1_1, ... to {order[-2]}, and pool1 to pool5."
            )
        self.layers = frozenset(layers)
        last = max(order.index(layer) for layer in layers)
        network = _network(backbone, pooling, padding, raw=layers)
        self.stages = nn.ModuleDict(dict(zip(order[: last + 1], network, strict=False)))
        self.requires_grad_(False)
        self.eval()
        self.stages.to(device, dtype)
        self.dtype, self.scale = dtype, about.scale
        # Not buffers: they stay float32, because bfloat16 has too few digits for 0..255.
        self.mean, self.deviation = (
            torch.tensor(each, device=device).view(1, 3, 1, 1) for each in (about.mean, about.deviation)
        )

    def forward(self, image: Tensor, between: Callable[[], None] | None = None) -> dict[str, Tensor]:
        """Features of (B, 3, H, W) RGB pictures in [0, 1]: a dict from layer name to (B, C, h, w).

        `between` is called between layers, on the CPU backward as well; an exception that it raises ends the
        pass. Backward passes on a GPU share a thread of PyTorch's, in which nobody may wait.
        """
        features: dict[str, Tensor] = {}
        layers = list(self.stages)
        if (
            between is None
            and layers[: len(FIRST_BLOCK)] == FIRST_BLOCK
            and self.layers.isdisjoint(FIRST_BLOCK)
        ):
            x = in_bands(self._first_block, image, BAND, BAND_MARGIN, 0.5)
            layers = layers[len(FIRST_BLOCK) :]
        else:
            x = self._normalised(image)
        for name in layers:
            x = self.stages[name](x)
            if between is not None:
                between()
                if x.requires_grad and x.device.type == "cpu":
                    x.register_hook(lambda _gradient: between())
            if name in self.layers:
                features[name] = x if self.scale == 1 else x * self.scale
        return features

    def _normalised(self, image: Tensor) -> Tensor:
        return ((image * 255 - self.mean) / self.deviation).to(self.dtype, memory_format=torch.channels_last)

    def _first_block(self, image: Tensor) -> Tensor:
        x = self._normalised(image)
        for name in FIRST_BLOCK:
            x = self.stages[name](x)
        return x


def _network(backbone: str, pooling: Pooling, padding: Padding, raw: Sequence[str]) -> nn.Sequential:
    """All layers around the shared float32 weights, without random initialisation.

    The ReLUs overwrite their input, save where that was `raw`: the layers whose values before are needed.
    """
    stages: list[nn.Module] = []
    channels = 3
    with torch.device("meta"):
        for name in layer_names(backbone):
            if name.startswith("conv"):
                width = WIDTHS[int(name[4]) - 1]
                stages.append(nn.Conv2d(channels, width, 3, padding=1, padding_mode=padding))
                channels = width
            elif name.startswith("relu"):
                stages.append(nn.ReLU(name.replace("relu", "conv") not in raw))
            else:
                stages.append(nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2))
    network = nn.Sequential(*stages)
    fill(network, _state(backbone), f"The file of {entry(BACKBONES[backbone].weights).title}", assign=True)
    return network


@cache
def _state(backbone: str) -> dict[str, Tensor]:
    """A state dict by the layers' numbers, as torchvision's `features` has them; read once a process."""
    stored = load(BACKBONES[backbone].weights)
    if backbone == ORIGINAL:
        return _from_palette(stored)
    return {
        name.removeprefix("features."): each.contiguous(memory_format=torch.channels_last)
        if each.ndim == 4
        else each
        for name, each in stored.items()
    }


def _from_palette(stored: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The palette weights as such a state dict, for RGB input."""
    state: dict[str, Tensor] = {}
    for index, name in enumerate(layer_names()):
        if not name.startswith("conv"):
            continue
        key = name.replace("conv", "block").replace("_", "_conv")
        weight = stored[f"{key}_W_table"][stored[f"{key}_W_q"].int()]
        # The first layer was trained on BGR; turning its input channels round serves RGB.
        weight = weight.flip(1) if name == "conv1_1" else weight
        state[f"{index}.weight"] = weight.contiguous(memory_format=torch.channels_last)
        state[f"{index}.bias"] = stored[f"{key}_b"]
    return state
