"""Gatys, Ecker, Bethge 2016: optimise the picture itself until its VGG features have the photo's content and
the painting's Gram matrices. The recipes (presets) and their sources are in gatys_presets.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import cast

import torch
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype
from core.lbfgs import LBFGS
from core.resample import fit_long_side, resample
from core.vgg import BACKBONES, ORIGINAL, VGG, layer_names
from methods.base import Frame, Method, Stop, Style
from methods.blend import blend
from methods.gatys_loss import GatysLoss, Loss, balance
from methods.gatys_presets import AUTO, NOTES, STEP_SECONDS, VGG16, VGG16_LAYERS, GatysSettings
from methods.settings import MethodSettings
from weights.catalog import entry
from weights.errors import WeightsError

SECONDS_BETWEEN_FRAMES = 0.3
SECONDS_BETWEEN_REQUESTS = 60  # for a backbone that could not be had
COARSEST_SHORT_SIDE = 64  # below this, relu5_1 sees too few positions for a Gram matrix to mean anything


class ImageOptimiser:
    """The optimised picture and its optimiser: `step()` moves it once and returns the losses before."""

    def __init__(self, objective: Loss, image: Tensor) -> None:
        self.objective = objective
        self.settings = objective.settings
        self.variable = objective.scale.encode(image).contiguous().requires_grad_()
        self.limits = [objective.scale.encode(torch.full_like(image, value)) for value in (0.0, 1.0)]
        self.steps = 0
        self.best = self.variable.detach()
        self.best_losses: dict[str, Tensor] = {}
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
            self._keep_best(losses)
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

    def _keep_best(self, losses: dict[str, Tensor]) -> None:
        if self.settings.keep_best:
            infinite = {name: torch.full_like(loss, torch.inf) for name, loss in losses.items()}
            before = self.best_losses or infinite
            better = losses["total"] < before["total"]
            self.best = torch.where(better, self.variable, self.best)
            self.best_losses = {
                name: torch.where(better, loss, before[name]) for name, loss in losses.items()
            }


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
        self.refused: tuple[float, str] | None = None

    def reference_seconds(self, settings: MethodSettings, megapixels: float) -> float:
        settings = cast(GatysSettings, settings)
        return settings.steps * STEP_SECONDS[settings.preset] * megapixels

    def dtype(self, settings: MethodSettings) -> torch.dtype:
        automatic = cast(GatysSettings, settings).precision == "auto"
        return fast_dtype(self.device) if automatic else torch.float32

    def prepare(self, style: Style, settings: MethodSettings, stop: Stop | None = None) -> None:
        settings = cast(GatysSettings, settings)
        if self.refused and time.monotonic() - self.refused[0] > SECONDS_BETWEEN_REQUESTS:
            self.refused = None  # here, and not in a run whose seconds count
        VGG(settings.layers, backbone=self.backbone(settings)[0])

    def backbone(self, settings: GatysSettings) -> tuple[str, str]:
        """Which VGG the settings ask for, and a note about it.

        "auto" means the original VGG-19, but for hvass VGG-16, if it is at hand or comes from the Hub.
        """
        name, note = settings.backbone, ""
        if name == AUTO:
            name = ORIGINAL
            if settings.preset == "hvass" and {*settings.layers} <= {*layer_names(VGG16)}:
                name, note = self.vgg16_or_original()
        return name, " ".join(filter(None, (NOTES.get((settings.preset, name), ""), note)))

    def vgg16_or_original(self) -> tuple[str, str]:
        """VGG-16, or where it cannot be had, the original VGG-19 and why."""
        if self.refused is None:
            try:
                VGG(VGG16_LAYERS[:1], backbone=VGG16)
                return VGG16, ""
            except WeightsError as error:
                self.refused = time.monotonic(), str(error)
        return ORIGINAL, self.refused[1]

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        settings, clock = cast(GatysSettings, settings), Clock()
        backbone, note = self.backbone(settings)
        weights = (entry(BACKBONES[backbone].weights),)
        if settings.seconds:
            settings = replace(settings, keep_best=True)
        content, painting = content.to(self.device), style.image.to(self.device)
        network = VGG(settings.layers, settings.pooling, self.device, self.dtype(settings), backbone=backbone)
        image, done, shown = starting_picture(settings, content, painting), 0, clock.seconds
        levels = schedule(settings, *content.shape[-2:])
        for level in levels:
            level_content = resample(content, *level.size)
            side = style_size(settings, content) * level.size[1] // content.shape[-1]
            level_style, factor = fit_long_side(painting, side), balance(settings, content, level_content)
            objective = GatysLoss(settings, network, level_content, level_style, stop, factor)
            descent, over = ImageOptimiser(objective, resample(image, *level.size)), False
            while not over:
                losses = descent.step()
                done += 1
                over = clock.seconds >= level.last_second if settings.seconds else done == level.last_step
                final = over and level is levels[-1]
                if final or clock.seconds - shown >= SECONDS_BETWEEN_FRAMES:
                    total = done if final else expected(settings, done, clock.seconds)
                    best = final and settings.keep_best
                    picture = resample(descent.image(best), *content.shape[-2:])
                    picture = blend(picture, content, settings).cpu()
                    told = descent.best_losses if best else losses
                    numbers = {name: loss.item() for name, loss in told.items()}
                    shot = Frame(picture, done, total, numbers, note, weights=weights)
                    with clock.paused():
                        yield shot
                    shown = clock.seconds
            image = descent.image(settings.keep_best)


class Clock:
    """Seconds of a run's own work, without those that it spends waiting for whoever looks at its frames."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """So far."""
        return time.perf_counter() - self._started

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What happens inside does not count."""
        before = self.seconds
        yield
        self._started = time.perf_counter() - before


@dataclass(frozen=True)
class Level:
    """One size of the pyramid, (height, width), and the step or the second after which the next begins."""

    size: tuple[int, int]
    last_step: int
    last_second: float


def schedule(settings: GatysSettings, height: int, width: int) -> list[Level]:
    """The pyramid's levels. A budget of seconds is shared as the steps' pixels are."""
    levels = pyramid(settings, height, width)
    steps = accumulate(count for _, count in levels)
    work = list(accumulate(count * size[0] * size[1] for size, count in levels))
    return [
        Level(size, step, settings.seconds * part / work[-1])
        for (size, _), step, part in zip(levels, steps, work, strict=True)
    ]


def expected(settings: GatysSettings, done: int, seconds: float) -> int:
    """How many steps it will be: as set, or as many as the budget holds at the pace so far."""
    if not settings.seconds:
        return settings.steps
    return max(done + 1, round(done * settings.seconds / seconds))


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
