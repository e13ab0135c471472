"""The yardstick: content and style distance of any pastiche, independent of any method's settings.

VGG-19 with the original weights, max pooling, float32 with all its digits, on pictures whose short side is
256 px. A method that optimises nearly these quantities, as Gatys does, is favoured by them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from core.device import full_float32
from core.losses import gram, mean_std, relative_error
from core.resample import fit_short_side
from core.vgg import VGG

CONTENT_LAYER = "relu4_1"
STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
SHORT_SIDE = 256
OTHER_PHOTO = 1.3  # content distance of another photo: the median of our six, each from each
OTHER_PHOTOS = (0.9, 2.9)  # and the least and the most


@dataclass(frozen=True)
class Distances:
    """content: |F(y) - F(c)|^2 / |F(c)|^2 at relu4_1; 0 for the untouched photo.
    style: mean over relu1_1 to relu4_1 of |G(y) - G(s)|^2 / |G(s)|^2; 0 for the style picture itself.
    """

    content: float
    style: float


@dataclass(frozen=True)
class StyleEncoding:
    """What one pass of VGG-19 tells of a style picture, by layer of STYLE_LAYERS.

    Attributes:
        grams: the Gram matrix (1, C, C).
        moments: mean and deviation of each channel, two of (1, C, 1, 1).
    """

    grams: Mapping[str, Tensor]
    moments: Mapping[str, tuple[Tensor, Tensor]]


class Yardstick:
    """Measures pastiches of one content photo and one style picture, whose features are computed once.

    Args:
        content, style: (1, 3, H, W) RGB in [0, 1], any size, on any device; measured on the content's device.
        grams: the style's, where they are known already.

    Attributes:
        baseline: the distances of the photo itself.
    """

    @torch.no_grad()
    @full_float32()
    def __init__(self, content: Tensor, style: Tensor, grams: Mapping[str, Tensor] | None = None) -> None:
        self.device = content.device
        features = features_of(content)
        self.content = features[CONTENT_LAYER]
        self.grams = style_grams(style.to(self.device)) if grams is None else grams
        self.baseline = self.distances(features)

    @torch.no_grad()
    @full_float32()
    def measure(self, pastiche: Tensor) -> Distances:
        """The distances of a (1, 3, H, W) picture in [0, 1] that has the content's aspect ratio."""
        return self.distances(features_of(pastiche.to(self.device)))

    @full_float32()
    def distances(
        self, features: Mapping[str, Tensor], grams: Mapping[str, Tensor] | None = None
    ) -> Distances:
        """Those of a picture's features at STYLE_LAYERS at least, as `features_of` gives them, whose Gram
        matrices may be known already."""
        return Distances(
            content=relative_error(features[CONTENT_LAYER], self.content).item(),
            style=style_distance(grams_of(features) if grams is None else grams, self.grams),
        )


@torch.no_grad()
@full_float32()
def encode_style(image: Tensor) -> StyleEncoding:
    """Of a (1, 3, H, W) picture in [0, 1], on its device."""
    features = features_of(image)
    return StyleEncoding(
        grams_of(features),
        {layer: mean_std(each) for layer, each in features.items()},
    )


def grams_of(features: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The Gram matrices (1, C, C) of a picture's features at STYLE_LAYERS."""
    return {layer: gram(features[layer]) for layer in STYLE_LAYERS}


def style_grams(image: Tensor) -> Mapping[str, Tensor]:
    """The Gram matrices of a (1, 3, H, W) picture in [0, 1], by layer, on its device."""
    return encode_style(image).grams


def style_distance(actual: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> float:
    """The style distance between two pictures' Gram matrices, relative to the target's."""
    return torch.stack([*layer_distances(actual, target).values()]).mean().item()


def layer_distances(actual: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What the style distance is the mean of, by layer of STYLE_LAYERS: |G(y) - G(s)|^2 / |G(s)|^2, (B,)."""
    return {layer: relative_error(actual[layer], target[layer]) for layer in STYLE_LAYERS}


def features_of(image: Tensor, layers: Sequence[str] = STYLE_LAYERS) -> dict[str, Tensor]:
    """A (1, 3, H, W) picture's features at these layers, on its device, at a short side of SHORT_SIDE px."""
    features: dict[str, Tensor] = _network(image.device, tuple(layers))(fit_short_side(image, SHORT_SIDE))
    return features


@cache
def _network(device: torch.device, layers: tuple[str, ...]) -> VGG:
    return VGG(layers, device=device)
