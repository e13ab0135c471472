"""VGG-19 as the field uses it: layers asked for by name, pictures in, features out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Literal

import torch
from torch import Tensor, nn

from weights.files import load

Pooling = Literal["max", "average"]
Padding = Literal["zeros", "reflect"]

CONVOLUTIONS = (2, 2, 4, 4, 4)  # in each of VGG-19's five blocks
MEAN_RGB = (123.68, 116.779, 103.939)  # of ImageNet, in 0..255, as the original authors subtract it


def layer_names() -> tuple[str, ...]:
    """All layers in the order in which they run: conv1_1, relu1_1, conv1_2, relu1_2, pool1, conv2_1, ..."""
    names: list[str] = []
    for block, depth in enumerate(CONVOLUTIONS, start=1):
        for layer in range(1, depth + 1):
            names += [f"conv{block}_{layer}", f"relu{block}_{layer}"]
        names.append(f"pool{block}")
    return tuple(names)


def prepare() -> None:
    """Import what the first VGG needs, which takes a second, at a moment when nobody waits for it."""
    import torchvision.models  # noqa: F401


class VGG(nn.Module):
    """The convolutions of VGG-19 (Simonyan and Zisserman 2015), frozen, cut after the last layer needed.

    Args:
        layers: names from `layer_names()`; ValueError for any other.
        pooling: "max" as published, or "average", which Gatys et al. found to give smoother pictures.
        device, dtype: where the network computes, and in which number format.
        padding: "zeros" as published, or "reflect", as AdaIN's encoder has it against artefacts at borders.

    The weights are the authors' own in 8-bit palette form, not torchvision's retrained ones.
    """

    def __init__(
        self,
        layers: Sequence[str],
        pooling: Pooling = "max",
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
        padding: Padding = "zeros",
    ) -> None:
        super().__init__()
        order = layer_names()
        unknown = [layer for layer in layers if layer not in order]
        if unknown or not layers:
            raise ValueError(
                f"VGG-19 has no layer {', '.join(unknown) or '(none was named)'}: "
                "choose from conv1_1, relu1_1, ... to relu5_4, and pool1 to pool5."
            )
        self.layers = frozenset(layers)
        last = max(order.index(layer) for layer in layers)
        stages = zip(order[: last + 1], _features(), strict=False)
        self.stages = nn.ModuleDict({name: _stage(stage, pooling, padding) for name, stage in stages})
        self.requires_grad_(False)
        self.eval()
        self.stages.to(device, dtype)
        self.dtype = dtype
        # Not a buffer: it stays float32, because bfloat16 has too few digits for 0..255.
        self.mean = torch.tensor(MEAN_RGB, device=device).view(1, 3, 1, 1)

    def forward(self, image: Tensor, between: Callable[[], None] | None = None) -> dict[str, Tensor]:
        """Features of (B, 3, H, W) RGB pictures in [0, 1]: a dict from layer name to (B, C, h, w).

        `between` is called between layers, forward and backward; an exception that it raises ends the pass.
        """
        x = (image * 255 - self.mean).to(self.dtype, memory_format=torch.channels_last)
        features: dict[str, Tensor] = {}
        for name, stage in self.stages.items():
            x = stage(x)
            if between is not None:
                between()
                if x.requires_grad:
                    x.register_hook(lambda _gradient: between())
            if name in self.layers:
                features[name] = x
        return features


def _stage(stage: nn.Module, pooling: Pooling, padding: Padding) -> nn.Module:
    """torchvision's stage with chosen pooling and padding, and with ReLUs that leave their input alone."""
    if isinstance(stage, nn.Conv2d) and padding == "reflect":
        with torch.device("meta"):
            padded = nn.Conv2d(stage.in_channels, stage.out_channels, 3, padding=1, padding_mode="reflect")
        padded.load_state_dict(stage.state_dict(), assign=True)
        return padded
    if isinstance(stage, nn.MaxPool2d):
        return nn.MaxPool2d(2) if pooling == "max" else nn.AvgPool2d(2)
    return nn.ReLU() if isinstance(stage, nn.ReLU) else stage


def _features() -> nn.Sequential:
    """torchvision's VGG-19 features around the shared float32 weights, without random initialisation."""
    from torchvision.models import vgg19  # takes over a second to import, and the page must be up before it

    with torch.device("meta"):
        features: nn.Sequential = vgg19(weights=None).features
    features.load_state_dict(_state(), strict=True, assign=True)
    return features


@cache
def _state() -> dict[str, Tensor]:
    """The palette weights as a state dict of torchvision's `features`, for RGB input; read once a process."""
    stored = load("vgg19")
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
