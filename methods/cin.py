"""Dumoulin, Shlens, Kudlur 2017: one feed-forward network for many styles, each a row of gammas and betas."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import torch
from torch import Tensor
from torch.func import functional_call

from core.device import allow_fast_matmul, fast_dtype
from core.perceptual_loss import PerceptualLoss
from core.resample import fit_long_side, resample
from core.transformer_net import ConditionalInstanceNorm, TransformerNet
from methods.base import Frame, Method, Stop, Style
from methods.blend import blend
from methods.feedforward import FeedForwardSettings, in_tiles, parse_shares
from methods.nearest import nearest_plate
from methods.settings import MethodSettings, setting
from weights.catalog import entry
from weights.errors import WeightsError
from weights.formats import fill, pack, unpack
from weights.load import load

Row = Mapping[str, Tensor]
"""One style: every normalisation's gamma and beta, (1, C) each, by parameter name."""

MOST_MIXED = 4
LEARNT_FILE = "learnt.cin.safetensors"
LEARNING_RATE = 0.03
LEARNING_BATCH, LEARNING_CROP = 4, 128  # pictures, and px
PREVIEW_SIDE, SECONDS_BETWEEN_PREVIEWS = 256, 1.0


def conditional(styles: int) -> TransformerNet:
    """The network for `styles` styles, untrained; called with pictures and a (B, styles) mix."""
    return TransformerNet(lambda channels: ConditionalInstanceNorm(channels, styles))


def is_style(parameter: str) -> bool:
    """Whether a parameter belongs to the styles, not to the trunk that they share."""
    return parameter.endswith((".gamma", ".beta"))


@dataclass(frozen=True)
class CINSettings(FeedForwardSettings):
    """Which style, and whether to learn it."""

    plates: tuple[str, ...] = setting(
        (), choices=entry("cin").styles, help="Up to four plates to mix; none: the style picture."
    )
    shares: str = setting("", help="The plates' shares in their order, as in 2, 1; empty: equal.")
    learn_steps: int = setting(
        0, 0, 1000, 1, help="Steps to learn the style picture first; 100 give a good start."
    )
    learnt: str = setting("", file=".safetensors", help="A style that was learnt and downloaded before.")

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.plates)) < len(self.plates):
            raise ValueError(f"plates are {', '.join(self.plates)}; choose each of them once.")
        if len(self.plates) > MOST_MIXED:
            raise ValueError(f"plates are {len(self.plates)}; choose at most {MOST_MIXED} to mix.")
        self.mix()

    def mix(self) -> dict[str, float]:
        """The chosen plates' shares, adding up to 1. ValueError where `shares` does not fit them."""
        shares = parse_shares(self.shares, len(self.plates))
        return dict(zip(self.plates, shares, strict=True))


class CIN(Method):
    """Conditional instance normalisation; see `TransformerNet` for the network."""

    name = "cin"
    title = "Dumoulin et al. (CIN)"
    paper = (
        "Dumoulin, Shlens, Kudlur 2017: A Learned Representation for Artistic Style (ICLR), "
        "https://arxiv.org/abs/1610.07629"
    )
    Settings = CINSettings
    weights = ("cin",)
    styles = entry("cin").styles

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        tensors = load("cin")
        fill(conditional(len(self.styles)), tensors, f"The weights file of {self.title}")
        self.table = {name: each.float().to(device) for name, each in tensors.items() if is_style(name)}
        network = conditional(1)
        network.load_state_dict(
            {name: each for name, each in tensors.items() if not is_style(name)}, strict=False
        )
        network.requires_grad_(False)
        self.network = network.to(device, fast_dtype(device)).to(memory_format=torch.channels_last)

    def dtype(self, settings: MethodSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: MethodSettings, megapixels: float) -> float:
        return 0.9 * megapixels + 0.4 * cast(CINSettings, settings).learn_steps

    def prepare(self, style: Style, settings: MethodSettings, stop: Stop | None = None) -> None:
        self.row(style, cast(CINSettings, settings), stop)  # the first search for the nearest plate is long

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        settings = cast(CINSettings, settings)
        content = content.to(self.device)
        row, note = self.row(style, settings, stop)
        steps, files = settings.learn_steps, {}
        if steps:
            learning = StyleFitter(self.network, row, content, style.image.to(self.device), settings)
            shown = time.perf_counter()
            for step in range(1, steps + 1):
                if stop is not None:
                    stop.check()
                losses = learning.step()
                if step < steps and time.perf_counter() - shown >= SECONDS_BETWEEN_PREVIEWS:
                    preview = self.paint(
                        fit_long_side(content, min(PREVIEW_SIDE, max(content.shape[-2:]))), learning.row
                    )
                    image = blend(resample(preview, *content.shape[-2:]), content, settings)
                    yield Frame(image.cpu(), step, steps, numbers(losses), note)
                    shown = time.perf_counter()
            row, note = learning.row, f"Learnt on this photo in {steps} steps. Start: {note or 'the plate.'}"
            files = {LEARNT_FILE: pack(row, {"method": self.name, "trunk": entry("cin").sha256})}

        def paint(image: Tensor) -> Tensor:
            return blend(self.paint(image, row), image, settings)

        image = in_tiles(self.network, paint, content, settings.tile, stop)
        last = numbers(losses) if steps else {}
        yield Frame(image.cpu(), steps or 1, steps or 1, last, note, files)

    @torch.no_grad()
    def paint(self, content: Tensor, row: Row) -> Tensor:
        """(B, 3, H, W) pictures in the style of a row."""
        return painted(self.network, content, row)

    def row(self, style: Style, settings: CINSettings, stop: Stop | None) -> tuple[Row, str]:
        """The style to paint in, and where it is from, in a sentence."""
        if settings.learnt:
            return self.read(Path(settings.learnt)), "A learnt style from a file."
        if mix := settings.mix():
            told = ", ".join(f"{name} {share:.0%}" for name, share in mix.items())
            return self.mixed(mix), f"Mix of {told}." if len(mix) > 1 else f"Plate {told.split()[0]}."
        if style.name in self.styles:
            return self.mixed({style.name: 1.0}), ""
        name, note = nearest_plate(self.styles, style, self.device, stop)
        return self.mixed({name: 1.0}), note

    def mixed(self, mix: Mapping[str, float]) -> Row:
        """The interpolated gammas and betas of plates with shares."""
        shares = torch.zeros(1, len(self.styles), device=self.device)
        for name, share in mix.items():
            shares[0, self.styles.index(name)] = share
        return {name: shares @ values for name, values in self.table.items()}

    def read(self, path: Path) -> Row:
        """A learnt style's file. ValueError where it is none, or belongs to another network."""
        try:
            tensors, about = unpack(path.read_bytes(), path.name)
        except (OSError, WeightsError) as error:
            raise ValueError(f"{path.name} is not a learnt style: {LEARNT_FILE} files are.") from error
        if not all(each.isfinite().all() for each in tensors.values()):
            raise ValueError(f"{path.name} holds numbers that are not finite: learn the style again.")
        shapes = {name: (1, values.shape[1]) for name, values in self.table.items()}
        if {name: tuple(each.shape) for name, each in tensors.items()} != shapes:
            raise ValueError(f"{path.name} is not a style of this network: its layers differ.")
        if about.get("trunk") != entry("cin").sha256:
            raise ValueError(f"{path.name} was learnt with another version of the network: learn it again.")
        return {name: each.float().to(self.device) for name, each in tensors.items()}


class StyleFitter:
    """Fits one row to a new style while the trunk stays as it is (Dumoulin et al. 2017).

    The paper learns on a data set; this learns on random crops of the one content photo, which is at hand.
    """

    def __init__(
        self, network: TransformerNet, row: Row, content: Tensor, style: Tensor, settings: CINSettings
    ) -> None:
        self.network = network
        self.row = {name: values.clone().requires_grad_() for name, values in row.items()}
        self.adam = torch.optim.Adam(self.row.values(), lr=LEARNING_RATE)
        self.perceptual = PerceptualLoss([style], content.device, network.dtype)
        self.content = fit_long_side(content, min(512, max(content.shape[-2:])))
        self.random = torch.Generator().manual_seed(settings.seed)

    @torch.enable_grad()
    def step(self) -> dict[str, Tensor]:
        """One step of Adam; the losses before it."""
        crops = self.crops()
        losses = self.perceptual(
            painted(self.network, crops, self.row),
            crops,
            torch.zeros(len(crops), dtype=torch.long, device=crops.device),
        )
        gradients = torch.autograd.grad(losses["total"], list(self.row.values()))
        for values, gradient in zip(self.row.values(), gradients, strict=True):
            values.grad = gradient
        self.adam.step()
        return {name: loss.detach() for name, loss in losses.items()}

    def crops(self) -> Tensor:
        """Random crops of the photo, some of them mirrored."""
        height, width = (min(side, LEARNING_CROP) for side in self.content.shape[-2:])
        crops = []
        for _ in range(LEARNING_BATCH):
            top, left = (
                int(torch.randint(side - crop + 1, (), generator=self.random))
                for side, crop in zip(self.content.shape[-2:], (height, width), strict=True)
            )
            crop = self.content[..., top : top + height, left : left + width]
            crops.append(crop.flip(-1) if torch.rand((), generator=self.random) < 0.5 else crop)
        return torch.cat(crops)


def painted(network: TransformerNet, content: Tensor, row: Row) -> Tensor:
    """(B, 3, H, W) pictures through the network with the row as its only style."""
    mix = torch.ones(len(content), 1, device=content.device)
    result: Tensor = functional_call(
        network, {name: values.to(network.dtype) for name, values in row.items()}, (content, mix)
    )
    return result


def numbers(losses: Mapping[str, Tensor]) -> dict[str, float]:
    """Losses for a Frame."""
    return {name: loss.item() for name, loss in losses.items()}
