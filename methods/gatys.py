"""Gatys, Ecker, Bethge 2016: optimise the picture itself until its VGG features have the photo's content and
the painting's Gram matrices. The recipes (presets) and their sources are in gatys_presets.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from typing import Protocol, cast

import torch
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype
from core.lbfgs import LBFGS
from core.losses import gram, neighbour_differences, squared_error, total_variation
from core.resample import fit_long_side, resample
from core.vgg import VGG
from methods.base import Frame, Method, Stop, Style
from methods.gatys_presets import NOTES, GatysSettings
from methods.settings import MethodSettings

SECONDS_BETWEEN_FRAMES = 0.3
COARSEST_SHORT_SIDE = 64  # below this, relu5_1 sees too few positions for a Gram matrix to mean anything


@dataclass(frozen=True)
class Formulas:
    """How one source scales its losses.

    Attributes:
        gram: features (1, C, H, W) -> Gram matrix (1, C, C).
        style, content: the error of one layer, given actual and target.
        variation: total variation of the optimised picture, in its own pixel scale.
        style_sum: whether the layers' style errors are summed (else averaged).
        content_sum: whether `content` grows with the number of positions (else it is a mean).
        feature_scale: factor on all features before anything else.
        reciprocal: whether each loss is multiplied by the reciprocal of its current value.
    """

    gram: Callable[[Tensor], Tensor]
    style: Callable[[Tensor, Tensor], Tensor]
    content: Callable[[Tensor, Tensor], Tensor]
    variation: Callable[[Tensor], Tensor] = total_variation
    style_sum: bool = False
    content_sum: bool = False
    feature_scale: float = 1.0
    reciprocal: bool = False


def mean_squared_error(actual: Tensor, target: Tensor) -> Tensor:
    """Squared error divided by the number of elements."""
    return squared_error(actual, target) / target.numel()


def half_mean_variation(image: Tensor) -> Tensor:
    """D2L's total variation: the mean of the two directions' mean absolute differences."""
    vertical, horizontal = neighbour_differences(image)
    return (vertical.abs().mean() + horizontal.abs().mean()) / 2


FORMULAS = {
    # Eq. 4: sum (G - A)^2 / (4 N^2 M^2); `gram` holds the division by M, N is the number of channels.
    "paper": Formulas(
        gram=gram,
        style=lambda actual, target: mean_squared_error(actual, target) / 4,
        content=lambda actual, target: squared_error(actual, target) / 2,
        content_sum=True,
    ),
    "tensorflow": Formulas(gram=gram, style=mean_squared_error, content=mean_squared_error),
    # Features of inputs divided by ImageNet's deviation are about 255 x 0.225 times smaller: a ReLU network
    # scales with its input when its biases do.
    "d2l": Formulas(
        gram=lambda features: gram(features) / features.shape[1],
        style=mean_squared_error,
        content=mean_squared_error,
        variation=half_mean_variation,
        style_sum=True,
        feature_scale=1 / (255 * 0.225),
    ),
    "hvass": Formulas(
        gram=lambda features: gram(features) * features[0, 0].numel(),
        style=mean_squared_error,
        content=mean_squared_error,
        reciprocal=True,
    ),
}


@dataclass(frozen=True)
class PixelScale:
    """The scale in which the picture is optimised; optimisers with a fixed step length depend on it."""

    mean: Tensor
    deviation: Tensor

    def encode(self, image: Tensor) -> Tensor:
        """[0, 1] to this scale."""
        return (image - self.mean) / self.deviation

    def decode(self, variable: Tensor) -> Tensor:
        """This scale to [0, 1]; values outside stay outside."""
        return variable * self.deviation + self.mean


PIXELS = {
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "255": ((0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
}


def pixel_scale(name: str, device: torch.device) -> PixelScale:
    """The PixelScale called `name`, with its tensors on `device`."""
    mean, deviation = (torch.tensor(values, device=device).view(1, 3, 1, 1) for values in PIXELS[name])
    return PixelScale(mean, deviation)


class Loss(Protocol):
    """What a Descent minimises: a picture in the scale's pixels -> losses, with their sum under "total"."""

    settings: GatysSettings
    scale: PixelScale

    def __call__(self, variable: Tensor) -> dict[str, Tensor]: ...


class Objective:
    """What one run minimises at one size, with its targets computed once.

    Args:
        settings: layers, weights and formulas.
        network: VGG with at least the settings' layers.
        content: (1, 3, H, W) RGB in [0, 1]; style likewise, any size.
        stop: checked between layers, so that even a slow step can be ended.
    """

    def __init__(
        self, settings: GatysSettings, network: VGG, content: Tensor, style: Tensor, stop: Stop | None = None
    ) -> None:
        self.settings = settings
        self.formulas = FORMULAS[settings.formulas]
        self.scale = pixel_scale(settings.pixels, content.device)
        self.network = network
        self.between = stop.check if stop else None
        with torch.no_grad():
            features = self._features(content)
            self.content = {layer: features[layer] for layer in settings.content_layers}
            features = self._features(style)
            self.grams = {layer: self.formulas.gram(features[layer]) for layer in settings.style_layers}

    def __call__(self, variable: Tensor) -> dict[str, Tensor]:
        """The weighted losses of a picture in the settings' pixel scale, and under "total" their sum."""
        settings, formulas = self.settings, self.formulas
        features = self._features(self.scale.decode(variable))
        style = torch.stack([formulas.style(formulas.gram(features[k]), g) for k, g in self.grams.items()])
        content = torch.stack([formulas.content(features[k], c) for k, c in self.content.items()])
        losses = {
            "content": settings.content_weight * self._balanced(content.mean()),
            "style": settings.style_weight
            * self._balanced(style.sum() if formulas.style_sum else style.mean()),
        }
        if settings.tv_weight:
            losses["total variation"] = settings.tv_weight * self._balanced(formulas.variation(variable))
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses

    def _balanced(self, loss: Tensor) -> Tensor:
        return loss / (loss.detach() + 1e-10) if self.formulas.reciprocal else loss

    def _features(self, image: Tensor) -> dict[str, Tensor]:
        features: dict[str, Tensor] = self.network(image, self.between)
        if (scale := self.formulas.feature_scale) != 1:
            features = {layer: feature * scale for layer, feature in features.items()}
        return features


class Descent:
    """The optimised picture and its optimiser: `step()` moves it once and returns the losses before."""

    def __init__(self, objective: Loss, image: Tensor) -> None:
        self.objective = objective
        self.settings = objective.settings
        self.variable = objective.scale.encode(image).contiguous().requires_grad_()
        self.limits = [objective.scale.encode(torch.full_like(image, value)) for value in (0.0, 1.0)]
        self.steps = 0
        self.best = self.variable.detach()
        self.best_loss = torch.full((), torch.inf, device=image.device)
        if self.settings.optimiser == "lbfgs":
            self.lbfgs = LBFGS(self.variable, learning_rate=self.settings.learning_rate)
        elif self.settings.optimiser == "adam":
            self.adam = torch.optim.Adam(
                [self.variable],
                lr=self.settings.learning_rate,
                betas=(self.settings.beta1, 0.999),
                eps=self.settings.epsilon,
            )

    @torch.enable_grad()
    def step(self) -> dict[str, Tensor]:
        """One optimiser step; nothing in it waits for the device."""
        losses = self.objective(self.variable)
        (gradient,) = torch.autograd.grad(losses["total"], self.variable)
        losses = {name: loss.detach() for name, loss in losses.items()}
        with torch.no_grad():
            self._keep_best(losses["total"])
            self._move(gradient, self.settings.decay ** (self.steps // 50))
            if self.settings.clip:
                self.variable.clamp_(*self.limits)
        self.steps += 1
        return losses

    def image(self, best: bool = False) -> Tensor:
        """The picture now (or the best so far), (1, 3, H, W) in [0, 1]."""
        variable = self.best if best else self.variable.detach()
        return self.objective.scale.decode(variable).clamp(0, 1)

    def _move(self, gradient: Tensor, decay: float) -> None:
        if self.settings.optimiser == "lbfgs":
            self.lbfgs.step(gradient)
        elif self.settings.optimiser == "adam":
            self.variable.grad = gradient
            self.adam.param_groups[0]["lr"] = self.settings.learning_rate * decay
            self.adam.step()
        else:
            length = self.settings.learning_rate * decay
            self.variable -= length / (gradient.std(correction=0) + 1e-8) * gradient

    def _keep_best(self, loss: Tensor) -> None:
        if self.settings.keep_best:
            better = loss < self.best_loss
            self.best = torch.where(better, self.variable, self.best)
            self.best_loss = torch.where(better, loss, self.best_loss)


class Gatys(Method):
    """Image style transfer by optimisation; any picture can be the style."""

    name = "gatys"
    title = "Gatys et al."
    paper = (
        "Gatys, Ecker, Bethge 2016: Image Style Transfer Using Convolutional Neural Networks (CVPR), "
        "https://doi.org/10.1109/CVPR.2016.265"
    )
    Settings = GatysSettings
    weights = ("vgg19",)

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        VGG(("relu5_1",))  # reads and checks the weights, which stay in memory

    def dtype(self, settings: MethodSettings) -> torch.dtype:
        automatic = cast(GatysSettings, settings).precision == "auto"
        return fast_dtype(self.device) if automatic else torch.float32

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        settings = cast(GatysSettings, settings)
        content, painting = content.to(self.device), style.image.to(self.device)
        layers = (*settings.content_layers, *settings.style_layers)
        network = VGG(layers, settings.pooling, self.device, self.dtype(settings))
        image, done, shown = starting_picture(settings, content, painting), 0, time.perf_counter()
        for (height, width), steps in pyramid(settings, *content.shape[-2:]):
            level_content = resample(content, height, width)
            level_style = fit_long_side(painting, style_size(settings, content) * width // content.shape[-1])
            objective = Objective(
                balanced(settings, content, level_content), network, level_content, level_style, stop
            )
            descent = Descent(objective, resample(image, height, width))
            for _ in range(steps):
                losses = descent.step()
                done += 1
                if done == settings.steps or time.perf_counter() - shown >= SECONDS_BETWEEN_FRAMES:
                    final = done == settings.steps
                    yield frame(descent.image(final and settings.keep_best), content, settings, done, losses)
                    shown = time.perf_counter()
            image = descent.image(settings.keep_best)


def balanced(settings: GatysSettings, content: Tensor, level: Tensor) -> GatysSettings:
    """Settings for a smaller pyramid level, whose fewer positions must weigh what those of `content` do."""
    if not FORMULAS[settings.formulas].content_sum:
        return settings
    return replace(settings, content_weight=settings.content_weight * content.numel() / level.numel())


def frame(
    image: Tensor, content: Tensor, settings: GatysSettings, step: int, losses: dict[str, Tensor]
) -> Frame:
    """A Frame at the content's size, on the CPU."""
    return Frame(
        image=resample(image, *content.shape[-2:]).cpu(),
        step=step,
        total=settings.steps,
        losses={name: loss.item() for name, loss in losses.items()},
        note=NOTES.get(settings.preset, ""),
    )


def starting_picture(settings: GatysSettings, content: Tensor, style: Tensor) -> Tensor:
    """The picture before the first step: (1, 3, H, W) in [0, 1] at the content's size."""
    if settings.start == "content":
        return content
    if settings.start == "style":
        return resample(style, *content.shape[-2:])
    # Drawn on the CPU, whose generator gives the same numbers on every machine.
    noise = torch.rand(content.shape, generator=torch.Generator().manual_seed(settings.seed))
    return (0.5 + settings.noise * (noise - 0.5)).to(content.device)


def style_size(settings: GatysSettings, content: Tensor) -> int:
    """Long side of the style picture at full size: as set, else the content's."""
    return settings.style_size or max(content.shape[-2:])


def pyramid(settings: GatysSettings, height: int, width: int) -> list[tuple[tuple[int, int], int]]:
    """Sizes and steps of each level, coarse to fine: twice the side and twice the steps each time."""
    levels = settings.levels
    while levels > 1 and min(height, width) >> (levels - 1) < COARSEST_SHORT_SIDE:
        levels -= 1
    steps = [settings.steps * 2**level // (2**levels - 1) for level in range(levels)]
    steps[-1] += settings.steps - sum(steps)
    factors = [2**power for power in reversed(range(levels))]
    sizes = [(round(height / factor), round(width / factor)) for factor in factors]
    return [(size, count) for size, count in zip(sizes, steps, strict=True) if count]
