"""Dumoulin, Shlens, Kudlur 2017: one feed-forward network for many styles, each a set of gammas and betas."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.func import functional_call

from core.device import allow_fast_matmul, fast_dtype
from core.perceptual_loss import PerceptualLoss
from core.resample import fit_long_side, resample
from core.transformer_net import ConditionalInstanceNorm, TransformerNet
from methods.base import Frame, Method, Note, Stop, Style
from methods.blend import blend
from methods.feedforward import FeedForwardSettings, in_patches
from methods.mix import parse_shares
from methods.nearest import nearest_plate
from methods.settings import setting
from weights.catalog import entry
from weights.errors import WeightsError
from weights.formats import fill, pack, unpack
from weights.load import load

StyleParameters = Mapping[str, Tensor]
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
    year = 2017
    paper = (
        "Dumoulin, Shlens, Kudlur 2017: A Learned Representation for Artistic Style (ICLR), "
        "https://arxiv.org/abs/1610.07629"
    )
    summary = "One network for many styles, each a set of normalisation parameters, which can be mixed."
    Settings = CINSettings
    weights = ("cin",)
    styles = entry("cin").styles

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        tensors = load("cin")
        fill(conditional(len(self.styles)), tensors, f"The weights file of {self.title}")
        self.embeddings = {name: each.float().to(device) for name, each in tensors.items() if is_style(name)}
        network = conditional(1)
        network.load_state_dict(
            {name: each for name, each in tensors.items() if not is_style(name)}, strict=False
        )
        network.requires_grad_(False)
        self.network = network.to(device, fast_dtype(device)).to(memory_format=torch.channels_last)

    def dtype(self, settings: CINSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: CINSettings, megapixels: float) -> float:
        return 0.9 * megapixels + 0.4 * settings.learn_steps

    def prepare(
        self, style: Style, settings: CINSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> tuple[StyleParameters, tuple[Note, ...]]:
        return style.once(settings, lambda: self.parameters(style, settings, files, stop))

    def stylize(
        self, content: Tensor, style: Style, settings: CINSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content = content.to(self.device)
        parameters, notes = self.prepare(style, settings, {}, stop)
        steps, losses, files = settings.learn_steps, {}, {}
        if steps:
            fitter = StyleFitter(
                self.network, parameters, content, style.image.to(self.device), settings.seed
            )
            small = fit_long_side(content, min(PREVIEW_SIDE, max(content.shape[-2:])))
            last_preview = time.perf_counter()
            for step in range(1, steps + 1):
                if stop is not None:
                    stop.check()
                losses = fitter.step()
                if step < steps and time.perf_counter() - last_preview >= SECONDS_BETWEEN_PREVIEWS:
                    preview = resample(self.apply(small, fitter.parameters), *content.shape[-2:])
                    image = blend(preview, content, settings).cpu()
                    yield Frame(image, step, steps, numbers(losses), notes)
                    last_preview = time.perf_counter()
            parameters = fitter.parameters
            files = {LEARNT_FILE: pack(parameters, {"method": self.name, "trunk": entry("cin").sha256})}
            values = {"steps": steps, "start": " ".join(map(str, notes)) or "the plate."}
            notes = (Note("learnt", "Learnt on this photo in {steps} steps. Start: {start}", values),)

        def apply(image: Tensor) -> Tensor:
            return blend(self.apply(image, parameters), image, settings)

        image = in_patches(self.network, apply, content, settings.tile, stop)
        yield Frame(image.cpu(), steps or 1, steps or 1, numbers(losses), notes, files)

    @torch.no_grad()
    def apply(self, content: Tensor, parameters: StyleParameters) -> Tensor:
        """(B, 3, H, W) pictures in one style."""
        return apply_style(self.network, content, parameters)

    def parameters(
        self, style: Style, settings: CINSettings, files: Mapping[str, bytes], stop: Stop | None
    ) -> tuple[StyleParameters, tuple[Note, ...]]:
        """The parameters before anything is learnt, and notes on where they are from."""
        if settings.learnt:
            parameters = self.learnt_parameters(files.get("learnt", b""), settings.learnt)
            return parameters, (Note("file", "A learnt style from a file."),)
        if mix := settings.mix():
            shares = ", ".join(f"{name} {share:.0%}" for name, share in mix.items())
            note = Note("mix", "Mix of {shares}.", {"shares": shares})
            if len(mix) == 1:
                note = Note("plate", "Plate {plate}.", {"plate": settings.plates[0]})
            return self.interpolate(mix), (note,)
        if style.name in self.styles:
            return self.interpolate({style.name: 1.0}), ()
        name, note = nearest_plate(self.styles, style, self.device, stop)
        return self.interpolate({name: 1.0}), (note,)

    def interpolate(self, mix: Mapping[str, float]) -> StyleParameters:
        """The gammas and betas of plates with shares."""
        shares = torch.zeros(1, len(self.styles), device=self.device)
        for name, share in mix.items():
            shares[0, self.styles.index(name)] = share
        return {name: shares @ values for name, values in self.embeddings.items()}

    def learnt_parameters(self, data: bytes, name: str) -> StyleParameters:
        """Those in a learnt style's file. ValueError, with its `name`, where it is none or does not fit."""
        try:
            tensors, about = unpack(data, name)
        except WeightsError as error:
            raise ValueError(f"{name} is not a learnt style: {LEARNT_FILE} files are.") from error
        if not all(each.isfinite().all() for each in tensors.values()):
            raise ValueError(f"{name} holds numbers that are not finite: learn the style again.")
        shapes = {key: (1, values.shape[1]) for key, values in self.embeddings.items()}
        if {key: tuple(each.shape) for key, each in tensors.items()} != shapes:
            raise ValueError(f"{name} is not a style of this network: its layers differ.")
        if about.get("trunk") != entry("cin").sha256:
            raise ValueError(f"{name} was learnt with another version of the network: learn it again.")
        return {key: each.float().to(self.device) for key, each in tensors.items()}


class StyleFitter:
    """Fits the parameters of a new style while the trunk stays as it is (Dumoulin et al. 2017).

    The paper learns on a data set; this learns on random crops of the one content photo, which is at hand.
    """

    def __init__(
        self, network: TransformerNet, start: StyleParameters, content: Tensor, style: Tensor, seed: int
    ) -> None:
        self.network = network
        self.parameters = {name: values.clone().requires_grad_() for name, values in start.items()}
        self.adam = torch.optim.Adam(self.parameters.values(), lr=LEARNING_RATE)
        self.perceptual = PerceptualLoss([style], content.device, network.dtype)
        self.content = fit_long_side(content, min(512, max(content.shape[-2:])))
        self.random = torch.Generator().manual_seed(seed)

    @torch.enable_grad()
    def step(self) -> dict[str, Tensor]:
        """One step of Adam; the losses before it."""
        crops = self.crops()
        pastiches = apply_style(self.network, crops, self.parameters)
        style = torch.zeros(len(crops), dtype=torch.long, device=crops.device)
        losses = self.perceptual(pastiches, crops, style)
        gradients = torch.autograd.grad(losses["total"], list(self.parameters.values()))
        for values, gradient in zip(self.parameters.values(), gradients, strict=True):
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


def apply_style(network: TransformerNet, content: Tensor, parameters: StyleParameters) -> Tensor:
    """(B, 3, H, W) pictures through the network with one style's parameters."""
    mix = torch.ones(len(content), 1, device=content.device)
    values = {name: each.to(network.dtype) for name, each in parameters.items()}
    result: Tensor = functional_call(network, values, (content, mix))
    return result


def numbers(losses: Mapping[str, Tensor]) -> dict[str, float]:
    """Losses for a Frame."""
    return {name: loss.item() for name, loss in losses.items()}
