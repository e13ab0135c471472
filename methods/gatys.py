"""Gatys, Ecker, Bethge 2016: optimise the picture itself until its VGG features have the photo's content and
the painting's Gram matrices. The recipes (presets) and their sources are in gatys_presets.py.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import replace

import torch
from torch import Tensor

from core.device import allow_fast_matmul, fast_dtype
from core.resample import fit_long_side, resample
from core.vgg import BACKBONES, ORIGINAL, VGG, layer_names
from methods.base import Frame, Method, Note, Stop, Style
from methods.blend import blend
from methods.budget import Budget, Clock, Level, schedule
from methods.gatys_loss import LOSS_RECIPES, GatysLoss, balance
from methods.gatys_presets import AUTO, STEP_SECONDS, VGG16, VGG16_LAYERS, GatysSettings
from methods.optimisation import OptimiserSettings, optimised
from methods.warm_start import WarmStart
from weights.catalog import entry
from weights.errors import WeightsError

WARM_START_SECONDS, WARM_START_PIXELS = 0.9, 0.26  # of CIN's picture per megapixel, and megapixels at most
SECONDS_BETWEEN_REQUESTS = 60  # for a backbone that could not be had
OTHERWISE = "Runs on {runs}; the tutorial on {tutorial}."
BACKBONE_NOTES = {  # by preset and backbone
    ("hvass", ORIGINAL): Note(
        "backbone", OTHERWISE, {"runs": "VGG-19 (Simonyan, Zisserman)", "tutorial": "VGG-16"}
    ),
    ("hvass", VGG16): Note(
        "backbone",
        OTHERWISE,
        {"runs": "VGG-16 (torchvision)", "tutorial": "VGG-16 (Simonyan, Zisserman)"},
    ),
    ("d2l", ORIGINAL): Note(
        "backbone",
        OTHERWISE,
        {"runs": "VGG-19 (Simonyan, Zisserman)", "tutorial": "VGG-19 (torchvision)"},
    ),
}


class Gatys(Method):
    """Image style transfer by optimisation; any picture can be the style."""

    name = "gatys"
    title = "Gatys et al."
    year = 2016
    paper = (
        "Gatys, Ecker, Bethge 2016: Image Style Transfer Using Convolutional Neural Networks (CVPR), "
        "https://doi.org/10.1109/CVPR.2016.265"
    )
    summary = (
        "Optimises the picture itself until VGG finds the photo's content and the painting's texture in it."
    )
    iterative = True
    Settings = GatysSettings
    weights = ("vgg19",)
    serves = "untrained"

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        VGG(("relu5_1",))  # reads and checks the weights, which stay in memory
        self.warm_start = WarmStart(device)
        self.refused: tuple[float, str] | None = None

    def reference_seconds(self, settings: GatysSettings, megapixels: float) -> float:
        started = WARM_START_SECONDS * min(megapixels, WARM_START_PIXELS) if settings.start == "fast" else 0.0
        return started + settings.steps * STEP_SECONDS[settings.preset] * megapixels

    def dtype(self, settings: GatysSettings) -> torch.dtype:
        automatic = settings.precision == "auto"
        return fast_dtype(self.device) if automatic else torch.float32

    def prepare(
        self,
        style: Style,
        settings: GatysSettings,
        files: Mapping[str, bytes],
        stop: Stop | None = None,
    ) -> None:
        if self.refused and time.monotonic() - self.refused[0] > SECONDS_BETWEEN_REQUESTS:
            self.refused = None  # here, and not in a run whose seconds count
        VGG(settings.layers, backbone=self.backbone(settings)[0])
        if settings.start == "fast":
            self.warm_start.prepare(style, stop)

    def backbone(self, settings: GatysSettings) -> tuple[str, tuple[Note, ...]]:
        """Which VGG the settings ask for, and notes about it.

        "auto" means the original VGG-19, but for hvass VGG-16, if it is at hand or comes from the Hub.
        """
        name, notes = settings.backbone, tuple[Note, ...]()
        if name == AUTO:
            name = ORIGINAL
            if settings.preset == "hvass" and {*settings.layers} <= {*layer_names(VGG16)}:
                name, notes = self.vgg16_or_original()
        about = BACKBONE_NOTES.get((settings.preset, name))
        return name, (*([about] if about else []), *notes)

    def vgg16_or_original(self) -> tuple[str, tuple[Note, ...]]:
        """VGG-16, or where it cannot be had, the original VGG-19 and why."""
        if self.refused is None:
            try:
                VGG(VGG16_LAYERS[:1], backbone=VGG16)
                return VGG16, ()
            except WeightsError as error:
                self.refused = time.monotonic(), str(error)
        return ORIGINAL, (Note("backbone_refused", "{reason}", {"reason": self.refused[1]}),)

    def stylize(
        self, content: Tensor, style: Style, settings: GatysSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        clock = Clock(stop)
        backbone, notes = self.backbone(settings)
        weights = [entry(BACKBONES[backbone].weights)]
        content, painting = content.to(self.device), style.image.to(self.device)
        if settings.start == "fast":
            start, note, others = self.warm_start.paint(content, style, stop)
            notes, weights = (*notes, note), [*weights, *others]
        else:
            start = starting_picture(settings, content, painting)
        network = VGG(settings.layers, settings.pooling, self.device, self.dtype(settings), backbone=backbone)

        def objective(level: Level, begun: Tensor) -> GatysLoss:
            level_content = resample(content, *level.size)
            side = style_size(settings, content) * level.size[1] // content.shape[-1]
            level_style, factor = fit_long_side(painting, side), balance(settings, content, level_content)
            return GatysLoss(settings, network, level_content, level_style, stop, factor)

        recipe, (height, width) = LOSS_RECIPES[settings.formulas], content.shape[-2:]
        frames = optimised(
            start,
            schedule(settings.steps, settings.seconds, settings.levels, height, width, recipe.growth),
            objective,
            optimiser_settings(settings),
            Budget(settings.steps, settings.seconds, settings.patience),
            lambda image: blend(image, content, settings),
            clock,
            recipe.keep_detail,
        )
        for frame in frames:
            yield replace(frame, notes=(*notes, *frame.notes), weights=tuple(dict.fromkeys(weights)))


def optimiser_settings(settings: GatysSettings) -> OptimiserSettings:
    """The optimiser of the settings; what time or patience ends, ends with its best picture."""
    return OptimiserSettings(
        settings.optimiser,
        settings.learning_rate,
        settings.decay,
        settings.beta1,
        epsilon=settings.epsilon,
        clip=settings.clip,
        keep_best=settings.keep_best or bool(settings.seconds or settings.patience),
        steady=True,
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
