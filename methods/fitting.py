"""Fitting a feed-forward network to one style on the spot, by the losses that ours were trained by."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.measure import Stopwatch
from core.perceptual_loss import PerceptualLoss
from core.resample import fit_long_side, resample
from core.schedule import half_cosine
from methods.base import Frame, Note, Stop
from methods.blend import BlendSettings, blend

EXAMPLES = Path(__file__).parent.parent / "examples"
PHOTO_SIDE = 512  # px of the photos from which crops are taken
BATCH, CROP = 4, 128  # pictures, and px
CONSTANT, LEAST = 0.5, 0.02  # of the steps have the full learning rate, which then falls to a share of it
CLIP = 1.0  # norm of the gradients
PREVIEW_SIDE, SECONDS_BETWEEN_PREVIEWS = 256, 1.0

Paint = Callable[[Mapping[str, Tensor], Tensor], Tensor]
"""Parameters by name and pictures (B, 3, H, W) in [0, 1] to pastiches of the same shape."""


@cache
def example_photos() -> tuple[Tensor, ...]:
    """The photos that come with StyleGrid, (1, 3, H, W) each; read once a process."""
    paths = sorted(EXAMPLES.glob("*.jpg"))
    return tuple(fit_long_side(to_tensor(open_picture(path, "example").rgb), PHOTO_SIDE) for path in paths)


class StyleFitter:
    """Parameters on their way from a start to the least content, style and total-variation loss.

    Dumoulin et al. 2017 and Johnson et al. 2016 train on a data set; this takes random crops of the photo
    that is to be painted, and every second one of `others` where there are some.

    Args:
        paint: what the parameters do.
        start: the parameters; they are copied to float32, in which small steps are not lost.
        rates: the learning rate of a parameter.
        photo: (1, 3, H, W) RGB in [0, 1], on the device of the parameters.
        steps: how many it will take.
    """

    def __init__(
        self,
        paint: Paint,
        start: Mapping[str, Tensor],
        rates: Callable[[str], float],
        perceptual: PerceptualLoss,
        photo: Tensor,
        others: Sequence[Tensor],
        steps: int,
        seed: int,
    ) -> None:
        self.paint, self.perceptual = paint, perceptual
        self.steps, self.done = steps, 0
        self.losses: dict[str, float] = {}
        self.parameters = {name: each.detach().float().clone() for name, each in start.items()}
        self.adam = torch.optim.Adam(
            [{"params": [each], "rate": rates(name)} for name, each in self.parameters.items()], foreach=True
        )
        self.photo = fit_long_side(photo, min(PHOTO_SIDE, max(photo.shape[-2:])))
        self.others = [each.to(photo.device) for each in others]
        self.random = torch.Generator().manual_seed(seed)
        self.watch = Stopwatch(photo.device)

    @property
    def seconds(self) -> float:
        """Of fitting so far."""
        return self.watch.seconds

    @torch.enable_grad()
    def step(self) -> None:
        """One step of Adam; `losses` are those before it."""
        with self.watch:
            crops = self.crops()
            values = {name: each.detach().requires_grad_() for name, each in self.parameters.items()}
            pastiches = self.paint(values, crops)
            style = torch.zeros(len(crops), dtype=torch.long, device=crops.device)
            losses = self.perceptual(pastiches, crops, style)
            gradients = torch.autograd.grad(losses["total"], list(values.values()))
            for parameter, gradient in zip(self.parameters.values(), gradients, strict=True):
                parameter.grad = gradient
            torch.nn.utils.clip_grad_norm_(self.parameters.values(), CLIP)
            slowing = half_cosine(self.done / self.steps, CONSTANT, LEAST)
            for group in self.adam.param_groups:
                group["lr"] = group["rate"] * slowing
            self.adam.step()
            self.done += 1
            self.losses = {name: loss.item() for name, loss in losses.items()}

    def crops(self) -> Tensor:
        """Random crops (BATCH, 3, H, W), some of them mirrored; of a small photo smaller ones."""
        sides = [min(side, CROP) for side in self.photo.shape[-2:]]
        chosen = [self.photo] * BATCH
        if self.others:
            picks = torch.randint(len(self.others), (BATCH // 2,), generator=self.random).tolist()
            chosen[1::2] = [self.others[pick] for pick in picks]
        return torch.cat([self.crop(each, *sides) for each in chosen])

    def crop(self, photo: Tensor, height: int, width: int) -> Tensor:
        """A random part of a photo."""
        top, left = (
            int(torch.randint(side - crop + 1, (), generator=self.random))
            for side, crop in zip(photo.shape[-2:], (height, width), strict=True)
        )
        part = photo[..., top : top + height, left : left + width]
        return part.flip(-1) if torch.rand((), generator=self.random) < 0.5 else part

    def run(
        self, content: Tensor, settings: BlendSettings, notes: tuple[Note, ...], stop: Stop | None
    ) -> Generator[Frame]:
        """Take the steps that are left, with a preview of the content about every second."""
        small = fit_long_side(content, min(PREVIEW_SIDE, max(content.shape[-2:])))
        shown = self.seconds
        while self.done < self.steps:
            if stop is not None:
                stop.check()
            self.step()
            if self.done < self.steps and self.seconds - shown >= SECONDS_BETWEEN_PREVIEWS:
                shown = self.seconds
                with torch.no_grad():
                    preview = resample(self.paint(self.parameters, small), *content.shape[-2:])
                image = blend(preview, content, settings).cpu()
                yield Frame(image, self.done, self.steps, self.losses, notes)
