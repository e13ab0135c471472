"""Optimising a picture itself: optimisers, pixel scales, and the loop over levels coarse to fine."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, Protocol

import torch
from torch import Tensor

from core.cuda_graph import recorded
from core.lbfgs import LBFGS
from core.resample import merged, resample
from core.vgg import IMAGENET
from methods.base import Frame, Note
from methods.budget import Budget, Clock, Level, Patience

SECONDS_BETWEEN_FRAMES = 0.3

Kind = Literal["lbfgs", "adam", "gradient"]
Losses = dict[str, Tensor]


class Parametrisation(Protocol):
    """What stands for the picture while it is optimised: one tensor, from which it can be had back."""

    def encode(self, image: Tensor) -> Tensor:
        """A (1, 3, H, W) picture in [0, 1] as the variable."""

    def decode(self, variable: Tensor) -> Tensor:
        """The variable as a picture; its values may lie outside [0, 1]."""


@dataclass(frozen=True)
class PixelScale:
    """Pixels, (x - mean) / deviation; optimisers with a fixed step length depend on the scale."""

    mean: Tensor
    deviation: Tensor

    def encode(self, image: Tensor) -> Tensor:
        """[0, 1] to this scale."""
        return (image - self.mean) / self.deviation

    def decode(self, variable: Tensor) -> Tensor:
        """This scale to [0, 1]; values outside stay outside."""
        return variable * self.deviation + self.mean


PIXELS = {  # mean and deviation of pixels in 0..255
    "unit": ((0.0, 0.0, 0.0), (255.0, 255.0, 255.0)),
    "255": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "imagenet": IMAGENET[:2],
}


def pixel_scale(name: str, device: torch.device) -> PixelScale:
    """The PixelScale called `name`, with its tensors on `device`."""
    mean, deviation = (
        torch.tensor([value / 255 for value in values], device=device).view(1, 3, 1, 1)
        for values in PIXELS[name]
    )
    return PixelScale(mean, deviation)


class Objective(Protocol):
    """What is minimised: a variable -> losses by name, their sum under "total"."""

    @property
    def scale(self) -> Parametrisation: ...

    def __call__(self, variable: Tensor) -> Losses: ...


@dataclass(frozen=True)
class OptimiserSettings:
    """How a picture is moved.

    Attributes:
        kind: L-BFGS, Adam, or steps of one length along the gradient.
        learning_rate: step length, in units of the variable; `decay` is its factor every 50 steps.
        beta1, beta2, epsilon: Adam's.
        average: what a running average of the pictures keeps of itself each step; where it is not 0, the
            average is the picture.
        clip: whether the picture is clipped to [0, 1] after each step.
        keep_best: whether the best picture is remembered.
        steady: whether the objective does the same kernels at every step, which can become a CUDA graph.
    """

    kind: Kind = "lbfgs"
    learning_rate: float = 1.0
    decay: float = 1.0
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    average: float = 0.0
    clip: bool = True
    keep_best: bool = False
    steady: bool = False


class ImageOptimiser:
    """The optimised picture and its optimiser: `step()` moves it once and returns the losses before."""

    def __init__(self, objective: Objective, image: Tensor, settings: OptimiserSettings) -> None:
        self.objective, self.settings = objective, settings
        self.variable = objective.scale.encode(image).contiguous().requires_grad_()
        self.limits = [objective.scale.encode(torch.full_like(image, value)) for value in (0.0, 1.0)]
        self.steps = 0
        self.best = self.variable.detach()
        self.best_losses: Losses = {}
        self.sum = torch.zeros_like(self.best)  # of the average, whose weights add up to 1 - average^steps
        if settings.kind == "lbfgs":
            self.lbfgs = LBFGS(self.variable, learning_rate=settings.learning_rate)
        elif settings.kind == "adam":
            betas = (settings.beta1, settings.beta2)
            self.adam = torch.optim.Adam([self.variable], settings.learning_rate, betas, settings.epsilon)
        steady = settings.steady
        self.evaluate = recorded(self._evaluate, image.device) if steady else self._evaluate

    @torch.no_grad()
    def step(self) -> Losses:
        """One optimiser step; nothing in it waits for the device."""
        losses, gradient = self.evaluate()
        losses = {name: loss.clone() for name, loss in losses.items()}  # which a graph writes over
        self._keep_best(losses)
        self._move(gradient, self.settings.decay ** (self.steps // 50))
        if self.settings.clip:
            self.variable.clamp_(*self.limits)
        if self.settings.average:
            self.sum.lerp_(self.variable, 1 - self.settings.average)
        self.steps += 1
        return losses

    @torch.enable_grad()
    def _evaluate(self) -> tuple[Losses, Tensor]:
        """The losses of the variable, and the gradient of their sum."""
        losses = self.objective(self.variable)
        (gradient,) = torch.autograd.grad(losses["total"], self.variable)
        return {name: loss.detach() for name, loss in losses.items()}, gradient

    def image(self, best: bool = False) -> Tensor:
        """The picture now (or the best so far), (1, 3, H, W) in [0, 1]."""
        variable = self.best if best else self.variable.detach()
        if self.settings.average and self.steps:
            variable = self.sum / (1 - self.settings.average**self.steps)
        return self.objective.scale.decode(variable).clamp(0, 1)

    def _move(self, gradient: Tensor, decay: float) -> None:
        if self.settings.kind == "lbfgs":
            self.lbfgs.step(gradient)
        elif self.settings.kind == "adam":
            self.variable.grad = gradient
            self.adam.param_groups[0]["lr"] = self.settings.learning_rate * decay
            self.adam.step()
        else:
            length = self.settings.learning_rate * decay
            self.variable -= length / (gradient.std(correction=0) + 1e-8) * gradient

    def _keep_best(self, losses: Losses) -> None:
        if self.settings.keep_best:
            infinite = {name: torch.full_like(loss, torch.inf) for name, loss in losses.items()}
            before = self.best_losses or infinite
            better = losses["total"] < before["total"]
            self.best = torch.where(better, self.variable, self.best)
            self.best_losses = {
                name: torch.where(better, loss, before[name]) for name, loss in losses.items()
            }


def optimised(
    start: Tensor,
    levels: Sequence[Level],
    objective: Callable[[Level, Tensor], Objective],
    settings: OptimiserSettings,
    budget: Budget,
    finish: Callable[[Tensor], Tensor],
    clock: Clock,
    keep_detail: bool = False,
) -> Generator[Frame]:
    """Optimise a (1, 3, H, W) picture in [0, 1] level by level, and yield frames of it.

    Args:
        objective: what is minimised at a level that begins with a picture of its size.
        finish: what is done to a picture before it is shown.
        clock: started where the seconds of the budget began.
        keep_detail: whether the next level begins with what the picture before had and a level was too small
            to show; else with the enlarged picture of the level.
    """
    image, done, shown = start, 0, clock.seconds
    for level, finer in pairwise([*levels, None]):
        assert level is not None
        begun = resample(image, *level.size)
        descent = ImageOptimiser(objective(level, begun), begun, settings)
        began = clock.seconds
        patience, tired, over = Patience(budget.patience), False, False

        def picture(best: bool, before: Tensor = image, begun: Tensor = begun) -> Tensor:
            after = descent.image(best)  # noqa: B023  # called in this round alone
            return merged(before, begun, after) if keep_detail else resample(after, *start.shape[-2:])

        while not over:
            clock.check()
            losses = descent.step()
            done += 1
            pace = (clock.seconds - began) / descent.steps
            go_on = finer is not None and budget.allows(level, finer, pace, clock.seconds)
            end = level.last_second if go_on else budget.seconds
            # With a budget it ends where it is nearest to it: half of the next step would fall within.
            over = clock.seconds + pace / 2 >= end if budget.seconds else descent.steps == level.steps
            if budget.patience and not over:
                over = tired = patience.over(clock.seconds, losses["total"].item())
            final = over and not go_on
            if final or clock.seconds - shown >= SECONDS_BETWEEN_FRAMES:
                best = final and settings.keep_best
                shot = Frame(
                    finish(picture(best)).cpu(),
                    done,
                    done if final else budget.expected(done, clock.seconds),
                    {k: v.item() for k, v in (descent.best_losses if best else losses).items()},
                    (Note("stopped_gaining", "Stopped: no longer gaining."),) if final and tired else (),
                )
                with clock.paused():
                    yield shot
                shown = clock.seconds
            if final:
                return
        image = picture(settings.keep_best) if keep_detail else descent.image(settings.keep_best)
