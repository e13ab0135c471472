"""The training loop: a generator of reports, with checkpoints from which it goes on as if unbroken."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor, nn

from core.device import synchronize
from core.schedule import half_cosine

AVERAGING = 0.95  # how much of the average a new report leaves

Losses = Callable[[Tensor, torch.Generator], dict[str, Tensor]]
"""Batch of content pictures and the step's source of chance -> losses, with their sum under "total"."""


@dataclass(frozen=True)
class Stage:
    """Crops of `size` px in batches of `batch`, until `until` (0 to 1) of the training is done."""

    until: float
    size: int
    batch: int


@dataclass(frozen=True)
class Plan:
    """How long and how to train: by `steps`, or by `minutes` of work where steps is 0.

    The learning rate stays for the share `constant` of the training, then falls along half a cosine to the
    share `least` of itself. `betas` are Adam's.
    """

    steps: int = 0
    minutes: float = 60.0
    stages: tuple[Stage, ...] = (Stage(0.7, 128, 8), Stage(1.0, 256, 4))
    learning_rate: float = 1e-3
    clip: float = 1.0
    seed: int = 0
    constant: float = 0.5
    least: float = 0.01
    betas: tuple[float, float] = (0.9, 0.999)

    def __post_init__(self) -> None:
        if self.steps < 0 or not (self.steps or self.minutes > 0):
            raise ValueError(f"{self.steps} steps or {self.minutes} minutes are no training: ask for some.")
        if not self.stages or any(stage.size < 32 or stage.batch < 1 for stage in self.stages):
            raise ValueError("Every stage needs crops of at least 32 px and batches of at least 1.")

    def done(self, step: int, seconds: float) -> float:
        """How much of the training lies behind, from 0 to 1."""
        return min(1.0, step / self.steps if self.steps else seconds / (60 * self.minutes))

    def stage(self, done: float) -> Stage:
        """The stage to which the next step belongs."""
        return next((stage for stage in self.stages if done < stage.until), self.stages[-1])

    def rate(self, done: float) -> float:
        """The learning rate of the next step."""
        return self.learning_rate * half_cosine(done, self.constant, self.least)


@dataclass(frozen=True)
class Report:
    """One finished step: losses before it, seconds of work and pictures seen since the training began.

    `recent` are the losses averaged over the last reports, for single batches differ too much.
    """

    step: int
    done: float
    seconds: float
    pictures: int
    losses: dict[str, float]
    recent: dict[str, float]


class Training:
    """A network, its optimiser and how far they are.

    The network computes in its own format; Adam works on float32 masters of its parameters, in which small
    steps are not lost.

    Args:
        losses: called with a batch; see `Losses`.
        batch: (count, size, generator) -> content pictures, as `Pictures.batch`, or whatever `losses` takes.
        pace: parameter name -> factor on its learning rate.
    """

    def __init__(
        self,
        network: nn.Module,
        losses: Losses,
        batch: Callable[[int, int, torch.Generator], Tensor],
        plan: Plan,
        pace: Callable[[str], float] = lambda name: 1.0,
    ) -> None:
        self.network, self.losses, self.batch, self.plan = network, losses, batch, plan
        trained = {name: each for name, each in network.named_parameters() if each.requires_grad}
        self.parameters: list[Tensor] = list(trained.values())
        self.masters = [each.detach().float().clone() for each in self.parameters]
        groups: dict[float, list[Tensor]] = {}
        for name, master in zip(trained, self.masters, strict=True):
            groups.setdefault(pace(name), []).append(master)
        self.optimiser = torch.optim.Adam(
            [{"params": masters, "pace": factor} for factor, masters in groups.items()],
            betas=plan.betas,
            foreach=True,
        )
        self.step, self.seconds, self.pictures = 0, 0.0, 0
        self.recent: dict[str, float] = {}
        self.stopping = False  # set from outside to end after the current step

    @property
    def done(self) -> float:
        """How much of the training lies behind, from 0 to 1."""
        return self.plan.done(self.step, self.seconds)

    def run(self, report_every: int = 10) -> Iterator[Report]:
        """Train until the plan is done or `stopping` is set; a report every few steps and for the last."""
        device = self.masters[0].device
        while self.done < 1 and not self.stopping:
            started = time.perf_counter()
            losses = self._step(self.done)
            due = self.step % report_every == 0
            if due:
                synchronize(device)
            self.seconds += time.perf_counter() - started
            if due or self.done >= 1 or self.stopping:
                numbers = {name: loss.item() for name, loss in losses.items()}
                self.recent = {
                    name: loss + AVERAGING * (self.recent.get(name, loss) - loss)
                    for name, loss in numbers.items()
                }
                yield Report(self.step, self.done, self.seconds, self.pictures, numbers, dict(self.recent))

    @torch.enable_grad()
    def _step(self, done: float) -> dict[str, Tensor]:
        stage = self.plan.stage(done)
        # Every step has its own generator, so that a resumed training draws what an unbroken one would.
        random = torch.Generator().manual_seed(self.plan.seed * 1_000_003 + self.step)
        losses, gradients = self.gradients(self.batch(stage.batch, stage.size, random), random)
        with torch.no_grad():
            for master, gradient in zip(self.masters, gradients, strict=True):
                master.grad = gradient.float()
            nn.utils.clip_grad_norm_(self.masters, self.plan.clip)
            for group in self.optimiser.param_groups:
                group["lr"] = group["pace"] * self.plan.rate(done)
            self.optimiser.step()
            torch._foreach_copy_(self.parameters, self.masters)
        self.step += 1
        self.pictures += stage.batch
        return {name: loss.detach() for name, loss in losses.items()}

    def gradients(self, batch: Tensor, random: torch.Generator) -> tuple[dict[str, Tensor], Sequence[Tensor]]:
        """Losses of a batch and the gradients of their total, in the order of `parameters`."""
        losses = self.losses(batch, random)
        return losses, torch.autograd.grad(losses["total"], self.parameters)

    def weights(self) -> dict[str, Tensor]:
        """The network's state with the float32 masters in place of its parameters."""
        names = [name for name, each in self.network.named_parameters() if each.requires_grad]
        return {**self.network.state_dict(), **dict(zip(names, self.masters, strict=True))}

    def save(self, path: Path) -> None:
        """Write a checkpoint; the old one stays until the new one is complete."""
        state = {
            "masters": self.masters,
            "buffers": list(self.network.buffers()),
            "optimiser": self.optimiser.state_dict(),
            "progress": {"step": self.step, "seconds": self.seconds, "pictures": self.pictures},
            "recent": self.recent,
        }
        unfinished = path.with_suffix(".unfinished")
        torch.save(state, unfinished)
        os.replace(unfinished, path)

    def resume(self, path: Path) -> None:
        """Go on from a checkpoint. ValueError where it is damaged or belongs to another network."""
        data = io.BytesIO(path.read_bytes())
        try:
            # On the CPU, where Adam expects its count of steps; the rest is copied to the device below.
            state: dict[str, Any] = torch.load(data, map_location="cpu", weights_only=True)
            shapes = [each.shape for each in state["masters"]]
            progress, optimiser, recent = state["progress"], state["optimiser"], state["recent"]
            buffers = state["buffers"]
        except (RuntimeError, OSError, ValueError, EOFError, KeyError, TypeError, UnpicklingError) as error:
            raise ValueError(
                f"{path} is not a complete checkpoint; without it the training begins anew ({error})."
            ) from error
        if shapes != [each.shape for each in self.masters]:
            raise ValueError(f"{path} belongs to another network: remove it, or choose another folder.")
        self.optimiser.load_state_dict(optimiser)
        self.step, self.seconds, self.pictures = (progress[k] for k in ("step", "seconds", "pictures"))
        self.recent = recent
        with torch.no_grad():
            torch._foreach_copy_(self.masters, state["masters"])
            torch._foreach_copy_(self.parameters, self.masters)
            for buffer, kept in zip(self.network.buffers(), buffers, strict=True):
                buffer.copy_(kept)
