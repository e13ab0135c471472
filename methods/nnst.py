"""Kolkin et al. 2022: every feature of the photo becomes its nearest neighbour among the painting's features.

First hypercolumns (all layers together) are matched once a level, coarse to fine, and the picture is
optimised until it has them; then every layer by itself, with neighbours found anew each step.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from core.colour import keep_colours, match_colours
from core.device import allow_fast_matmul
from core.neighbours import nearest
from core.resample import fit_long_side, resample
from core.vgg import VGG
from methods.base import Frame, Method, Stop, Style
from methods.blend import BlendSettings, blend
from methods.budget import Budget, Clock, Level, schedule
from methods.optimisation import Losses, OptimiserSettings, optimised
from methods.settings import setting

BLOCKS = {1: 2, 2: 2, 3: 3, 4: 3}  # of VGG-16, and how many layers each has
LAYERS = tuple(f"relu{block}_{layer}" for block, last in BLOCKS.items() for layer in range(1, last + 1))
QUERY = 0.25  # of the picture so far in what neighbours are looked for; the rest is the photo
SHRUNK = 4  # times smaller than the picture is the grid of hypercolumns
MOST_LEVELS, PYRAMID = 5, 5
SAMPLES = 64  # positions a side in the last stage
COLOUR_FLOOR = 8.0  # grey levels; below it a grey road's faint colours would become pink patches
LAST_STAGE = 1 / 3  # of all steps
STEP_SECONDS = 4.5  # per step and megapixel at full size, on the machine of Method.reference_seconds


@dataclass(frozen=True)
class NNSTSettings(BlendSettings):
    """How long, and from what."""

    steps: int = setting(160, 2, 5000, 1, help="Optimiser steps, over all sizes.")
    seconds: float = setting(0.0, 0, 3600, 1, help="Seconds to spend instead; 0: the steps.")
    style_size: int = setting(
        0, 0, 4096, 1, help="Long side of the painting in pixels; 0 follows the photo's."
    )
    rotations: bool = setting(False, help="Look in the painting turned by quarters, too: slower.")
    match_colours: bool = setting(
        True, help="End with the photo's colours, moved to the painting's mean and spread."
    )
    learning_rate: float = setting(6e-3, 1e-4, 0.1, help="Adam's step length.", expert=True)

    @property
    def most_seconds(self) -> float:
        return self.seconds or super().most_seconds


class LaplacianPyramid:
    """A picture as its details at several sizes, in one tensor, so that Adam moves large areas as one."""

    def __init__(self, height: int, width: int) -> None:
        self.sizes = [(height, width)]
        while len(self.sizes) < PYRAMID and min(self.sizes[-1]) > 1:
            self.sizes.append((-(-self.sizes[-1][0] // 2), -(-self.sizes[-1][1] // 2)))

    def encode(self, image: Tensor) -> Tensor:
        """A (1, 3, H, W) picture as a vector."""
        parts = []
        for size, smaller in zip(self.sizes[:-1], self.sizes[1:], strict=True):
            small = resized(image, smaller)
            parts.append((image - resized(small, size)).flatten())
            image = small
        return torch.cat([*parts, image.flatten()])

    def decode(self, variable: Tensor) -> Tensor:
        """The vector as a picture again."""
        parts = torch.split(variable, [3 * height * width for height, width in self.sizes])
        image: Tensor = parts[-1].view(1, 3, *self.sizes[-1])
        for part, size in zip(reversed(parts[:-1]), reversed(self.sizes[:-1]), strict=True):
            image = resized(image, size) + part.view(1, 3, *size)
        return image


def resized(features: Tensor, size: tuple[int, int]) -> Tensor:
    """(B, C, H, W) at another size, bilinear."""
    return F.interpolate(features, size, mode="bilinear", antialias=features.shape[-1] > size[-1])


def hypercolumns(network: VGG, image: Tensor, stop: Stop | None = None) -> Tensor:
    """All layers' features of a picture, each divided by its channels, side by side: (C, positions)."""
    size = (max(1, image.shape[-2] // SHRUNK), max(1, image.shape[-1] // SHRUNK))
    features = network(image, stop.check if stop else None)
    columns = [resized(features[layer], size) / features[layer].shape[1] for layer in LAYERS]
    return torch.cat(columns, 1)[0].flatten(1)


def turned(style: Tensor, rotations: bool) -> list[Tensor]:
    """The style picture, and the same turned by quarters."""
    return [style.rot90(quarters, (2, 3)) for quarters in range(4 if rotations else 1)]


class MatchingLoss:
    """The mean cosine distance of a picture's hypercolumns to those that were found for it in the painting.

    Args:
        query: the picture (1, 3, H, W) whose hypercolumns are replaced by their neighbours.
        styles: the painting, turned or not.
    """

    def __init__(self, network: VGG, query: Tensor, styles: list[Tensor], stop: Stop | None) -> None:
        self.network, self.stop = network, stop
        self.scale = LaplacianPyramid(*query.shape[-2:])
        with torch.no_grad():
            features = torch.cat([hypercolumns(network, style, stop) for style in styles], 1)
            _, found = nearest(hypercolumns(network, query, stop), features)
            self.targets = F.normalize(features[:, found], dim=0)

    def __call__(self, variable: Tensor) -> Losses:
        columns = hypercolumns(self.network, self.scale.decode(variable), self.stop)
        distance = 1 - F.cosine_similarity(columns, self.targets, dim=0).mean()
        return {"neighbours": distance, "total": distance}


class SplitLoss:
    """The cosine distances of every layer's features to their neighbours of the moment, on a grid of samples.

    Args:
        size: height and width of the picture.
        styles: the painting, turned or not.
    """

    def __init__(self, network: VGG, size: tuple[int, int], styles: list[Tensor], stop: Stop | None) -> None:
        self.network, self.between = network, stop.check if stop else None
        self.scale, self.generator = LaplacianPyramid(*size), torch.Generator().manual_seed(0)
        with torch.no_grad():
            turns = [network(style, self.between) for style in styles]
            self.features = {layer: [turn[layer] for turn in turns] for layer in LAYERS}

    def __call__(self, variable: Tensor) -> Losses:
        features = self.network(self.scale.decode(variable), self.between)
        distances = []
        for layer in LAYERS:
            found = torch.cat([self.sampled(each) for each in self.features[layer]], 1)
            here = self.sampled(features[layer])
            mean, centre = here.mean(1, keepdim=True), found.mean(1, keepdim=True)
            with torch.no_grad():
                neighbours = found[:, nearest(here, found)[1]] - centre
            distances.append(1 - F.cosine_similarity(here - mean, neighbours, dim=0).mean())
        distance = torch.stack(distances).sum()
        return {"neighbours": distance, "total": distance}

    def sampled(self, features: Tensor) -> Tensor:
        """About SAMPLES x SAMPLES positions of (1, C, H, W), on a grid laid at random: (C, N)."""
        stride = max(1, max(features.shape[-2:]) // SAMPLES)
        y, x = torch.randint(stride, (2,), generator=self.generator).tolist()
        return features[0, :, y::stride, x::stride].flatten(1)


class NNST(Method):
    """Optimisation towards nearest neighbours; any picture can be the style."""

    name = "nnst"
    title = "Kolkin et al. (NNST)"
    year = 2022
    paper = (
        "Kolkin, Kucera, Paris, Sykora, Shechtman, Shakhnarovich 2022: Neural Neighbor Style Transfer, "
        "https://arxiv.org/abs/2203.13215"
    )
    summary = (
        "Replaces the photo's features by the painting's most similar ones and optimises the picture to have "
        "them; here on VGG-19 and with fewer steps than published."
    )
    iterative = True
    slow = True
    Settings = NNSTSettings
    weights = ("vgg19",)
    serves = "untrained"

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        VGG(LAYERS)  # reads and checks the weights, which stay in memory

    def reference_seconds(self, settings: NNSTSettings, megapixels: float) -> float:
        return 0.8 * settings.steps * STEP_SECONDS * megapixels

    def stylize(
        self, content: Tensor, style: Style, settings: NNSTSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        clock, size = Clock(stop), (content.shape[-2], content.shape[-1])
        content, painting = content.to(self.device), style.image.to(self.device)
        network = VGG(LAYERS, "max", self.device)
        last_steps = round(settings.steps * LAST_STAGE)
        seconds = settings.seconds * (1 - LAST_STAGE)
        levels = schedule(settings.steps - last_steps, seconds, MOST_LEVELS, *size, growth=1)
        last = Level(size, last_steps, settings.seconds)
        coarsest = levels[0]

        def objective(level: Level, begun: Tensor) -> MatchingLoss | SplitLoss:
            side = (settings.style_size or max(size)) * level.size[1] // size[1]
            styles = turned(fit_long_side(painting, side), settings.rotations)
            if level is last:
                return SplitLoss(network, size, styles, stop)
            query = resample(content, *level.size)
            if level is not coarsest:
                query = query.lerp(begun, QUERY)
            return MatchingLoss(network, query, styles, stop)

        def finish(image: Tensor) -> Tensor:
            if settings.match_colours:
                image = keep_colours(image, match_colours(content, painting, COLOUR_FLOOR))
            return blend(image, content, settings)

        yield from optimised(
            content,
            [*levels, last],
            objective,
            OptimiserSettings("adam", settings.learning_rate, clip=False),
            Budget(settings.steps, settings.seconds),
            finish,
            clock,
        )
