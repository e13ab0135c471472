"""VGG as the field uses it: layers asked for by name, pictures in, features out."""

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


def prepare() -> None:
    """Import what the first VGG needs, which takes a second, at a moment when nobody waits for it."""
    import torchvision.models  # noqa: F401


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
        stages = zip(order[: last + 1], _features(backbone), strict=False)
        asked = {name.replace("conv", "relu") for name in layers if name.startswith("conv")}
        self.stages = nn.ModuleDict(
            {name: _stage(stage, pooling, padding, in_place=name not in asked) for name, stage in stages}
        )
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

        `between` is called between layers, forward and backward; an exception that it raises ends the pass.
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
                if x.requires_grad:
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


def _stage(stage: nn.Module, pooling: Pooling, padding: Padding, in_place: bool) -> nn.Module:
    """torchvision's stage with chosen pooling and padding, and ReLUs that overwrite their input or do not."""
    if isinstance(stage, nn.Conv2d) and padding == "reflect":
        with torch.device("meta"):
            padded = nn.Conv2d(stage.in_channels, stage.out_channels, 3, padding=1, padding_mode="reflect")
        padded.load_state_dict(stage.state_dict(), assign=True)
        return padded
    if isinstance(stage, nn.MaxPool2d):
        return nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2)
    return nn.ReLU(in_place) if isinstance(stage, nn.ReLU) else stage


def _features(backbone: str) -> nn.Sequential:
    """torchvision's VGG features around the shared float32 weights, without random initialisation."""
    from torchvision import models  # takes over a second to import, and the page must be up before it

    with torch.device("meta"):
        network = (models.vgg16 if backbone.startswith("vgg16") else models.vgg19)(weights=None)
    features: nn.Sequential = network.features
    fill(features, _state(backbone), f"The file of {entry(BACKBONES[backbone].weights).title}", assign=True)
    return features


@cache
def _state(backbone: str) -> dict[str, Tensor]:
    """A state dict of torchvision's `features`; read once a process."""
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
    convolutions = [name for name in layer_names() if name.startswith("conv")]
    indices = [index for index, name in enumerate(layer_names()) if name.startswith("conv")]
    for index, name in zip(indices, convolutions, strict=True):
        key = name.replace("conv", "block").replace("_", "_conv")
        weight = stored[f"{key}_W_table"][stored[f"{key}_W_q"].int()]
        # The first layer was trained on BGR; turning its input channels round serves RGB.
        weight = weight.flip(1) if name == "conv1_1" else weight
        state[f"{index}.weight"] = weight.contiguous(memory_format=torch.channels_last)
        state[f"{index}.bias"] = stored[f"{key}_b"]
    return state
