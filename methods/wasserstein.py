"""Style as the distance between Gaussians: the features' mean and covariance are moved onto the painting's.

The recipe of Crowson 2021, style-transfer-pytorch: instead of Gatys' Gram matrices, the squared 2-Wasserstein
distance between the Gaussians that have the features' moments, from coarse to fine with Adam, whose iterates
are averaged.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.device import allow_fast_matmul
from core.losses import squared_error
from core.resample import fit_long_side, resample
from core.vgg import IMAGENET, VGG
from core.wasserstein import Gaussian
from methods.base import Frame, Method, Stop, Style
from methods.blend import BlendSettings, blend
from methods.budget import Budget, Clock, Level, schedule
from methods.optimisation import Losses, OptimiserSettings, optimised, pixel_scale
from methods.settings import setting

STYLE_LAYERS = {"relu1_1": 256.0, "relu2_1": 64.0, "relu3_1": 16.0, "relu4_1": 4.0, "relu5_1": 1.0}
CONTENT_LAYER = "relu4_2"
FEATURE_SCALE = 1 / IMAGENET[2]  # the recipe's weights belong to features of inputs with deviation 1
VARIATION = 2.0
COARSEST, RATIO, MOST_LEVELS = 128, 2**0.5, 8
OPTIMISER = OptimiserSettings("adam", 0.02, beta2=0.99, average=0.9)
STEP_SECONDS = 4.2  # per step and megapixel at full size, on the machine of Method.reference_seconds


@dataclass(frozen=True)
class WassersteinSettings(BlendSettings):
    """How long, and how much of the photo stays."""

    steps: int = setting(160, 1, 5000, 1, help="Optimiser steps, shared equally by all sizes.")
    seconds: float = setting(0.0, 0, 3600, 1, help="Seconds to spend instead; 0: the steps.")
    content_weight: float = setting(0.015, 0, 10, help="Weight of keeping the photo's objects.")
    style_size: int = setting(
        0, 0, 4096, 1, help="Long side of the painting in pixels; 0 follows the photo's."
    )

    @property
    def most_seconds(self) -> float:
        return self.seconds or super().most_seconds


def variation(image: Tensor) -> Tensor:
    """Mean squared difference to the eight neighbours, the diagonal ones counted half: (1, 3, H, W)."""
    padded = F.pad(image, (1, 1, 1, 1), mode="replicate")
    height, width = image.shape[-2:]
    around = [
        (padded[..., 1 + y :, 1 + x :][..., :height, :width] - image).square().mean() / (abs(x) + y)
        for y, x in ((0, 1), (1, 0), (1, 1), (1, -1))
    ]
    return torch.stack(around).sum()


class WassersteinLoss:
    """What a run minimises at one size.

    Args:
        network: VGG with STYLE_LAYERS and CONTENT_LAYER.
        content, style: (1, 3, H, W) RGB in [0, 1].
        stop: checked between layers.
    """

    def __init__(
        self, network: VGG, content: Tensor, style: Tensor, weight: float, stop: Stop | None = None
    ) -> None:
        self.network, self.weight = network, weight
        self.between = stop.check if stop else None
        self.scale = pixel_scale("unit", content.device)
        with torch.no_grad():
            self.content = self.features(content)[CONTENT_LAYER]
            painted = self.features(style)
            self.styles = {layer: Gaussian(painted[layer]) for layer in STYLE_LAYERS}

    def features(self, image: Tensor) -> dict[str, Tensor]:
        """The layers' features of a picture."""
        features = self.network(image, self.between)
        return {layer: feature.float() * FEATURE_SCALE for layer, feature in features.items()}

    def __call__(self, variable: Tensor) -> Losses:
        features = self.features(variable)
        total = sum(STYLE_LAYERS.values())
        errors = [STYLE_LAYERS[k] / total * style.distance(features[k]) for k, style in self.styles.items()]
        content = squared_error(features[CONTENT_LAYER], self.content) / self.content.numel()
        losses = {
            "content": self.weight * content,
            "style": torch.stack(errors).sum(),
            "total variation": VARIATION * variation(variable),
        }
        return {**losses, "total": torch.stack(list(losses.values())).sum()}


class Wasserstein(Method):
    """Optimisation towards the painting's feature distributions; any picture can be the style."""

    name = "wasserstein"
    title = "Crowson (Wasserstein)"
    year = 2021
    paper = (
        "Crowson 2021: style-transfer-pytorch, https://github.com/crowsonkb/style-transfer-pytorch, after "
        "Gatys, Ecker, Bethge 2016, with the optimal transport of Gaussians as the style loss"
    )
    summary = (
        "Optimises the picture until its features are spread as the painting's are; here with fewer steps "
        "than published."
    )
    iterative = True
    slow = True
    Settings = WassersteinSettings
    weights = ("vgg19",)
    serves = "untrained"

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        VGG(("relu5_1",))  # reads and checks the weights, which stay in memory

    def reference_seconds(self, settings: WassersteinSettings, megapixels: float) -> float:
        return 0.5 * settings.steps * STEP_SECONDS * megapixels

    def stylize(
        self, content: Tensor, style: Style, settings: WassersteinSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        clock = Clock(stop)
        content, painting = content.to(self.device), style.image.to(self.device)
        network = VGG((*STYLE_LAYERS, CONTENT_LAYER), "average", self.device)
        height, width = content.shape[-2:]
        long_side = max(height, width)
        count = sum(long_side / RATIO**power >= 0.99 * COARSEST for power in range(MOST_LEVELS)) or 1

        def objective(level: Level, begun: Tensor) -> WassersteinLoss:
            side = (settings.style_size or long_side) * level.size[1] // width
            photo = resample(content, *level.size)
            return WassersteinLoss(
                network, photo, fit_long_side(painting, side), settings.content_weight, stop
            )

        yield from optimised(
            content,
            schedule(settings.steps, settings.seconds, count, height, width, 1, RATIO),
            objective,
            OPTIMISER,
            Budget(settings.steps, settings.seconds),
            lambda image: blend(image, content, settings),
            clock,
        )
