"""Huang and Belongie 2017: any picture as the style, by giving the content's features its statistics."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.colour import keep_colours, luma, match_colours
from core.images import open_picture, to_tensor
from core.losses import joined_mean_std, mean_std
from core.patches import Patch
from core.resample import fit_long_side
from core.sentence import Sentence
from methods.autoencoder import MULTIPLE, WEIGHTS, Autoencoder, FeatureSettings
from methods.base import Frame, Method, Stop, Style
from methods.mix import MixSettings, bounded
from methods.settings import named, setting

Statistics = tuple[Tensor, Tensor]
"""Mean and deviation of each channel at relu4_1, (1, 512, 1, 1) each; with a mask for every position."""

COLOUR_SIDE = 1024  # px of the photo that are enough to know its colours
CACHED = 64  # style pictures whose statistics stay in memory


def adain(content: Tensor, of_content: Statistics, style: Statistics) -> Tensor:
    """The content's features with the style's mean and deviation per channel (eq. 8).

    (B, C, H, W) and two pairs as `mean_std` gives them, to (B, C, H, W) in the content's format.
    """
    (content_mean, content_std), (mean, std) = of_content, style
    scale = std / content_std
    return torch.addcmul((mean - scale * content_mean).to(content.dtype), content, scale.to(content.dtype))


@dataclass(frozen=True)
class AdaINSettings(FeatureSettings, MixSettings):
    """How much style, of which pictures, and where."""

    mask: str = setting("", file="mask", help="White gets the painting, black the others.")
    keep_colours: bool = setting(False, help="Keep the photo's colours.")
    colours: Literal["recolour", "luminance"] = setting(
        "recolour", help="How: recolour the paintings first, or take only light and dark from them."
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.mask and not sum(self.proportions()[1:]):
            text = "The mask chooses between paintings; give another painting as well."
            raise ValueError(Sentence("mask_alone", text))

    def read_mask(self, files: Mapping[str, bytes]) -> Tensor | None:
        """The mask, (1, 1, H, W) in [0, 1], if there is one. PictureError where it is unfit."""
        if not self.mask:
            return None
        mask = bounded(open_picture(files.get("mask"), named("mask"))).over("black")  # luma times opacity
        return luma(to_tensor(mask))


@dataclass(frozen=True)
class Target:
    """The statistics that features are to have: everywhere, or by a mask (1, 1, H, W) in [0, 1].

    `mask` has the size of the content's features; it is 1 for `style` and 0 for `other`.
    """

    style: Statistics
    other: Statistics | None = None
    mask: Tensor | None = None

    def at(self, patch: Patch) -> Statistics:
        """The statistics for a patch's features."""
        if self.mask is None or self.other is None:
            return self.style
        mask = patch.read(self.mask, MULTIPLE)
        mean, std = (a * mask + b * (1 - mask) for a, b in zip(self.style, self.other, strict=True))
        return mean, std


class AdaIN(Method):
    """One network for every style; see `Decoder`. The statistics of style pictures stay in memory."""

    name = "adain"
    title = "Huang & Belongie (AdaIN)"
    year = 2017
    paper = (
        "Huang, Belongie 2017: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization "
        "(ICCV), https://arxiv.org/abs/1703.06868"
    )
    summary = "One network for any style: VGG features with the style's means and deviations are decoded."
    Settings = AdaINSettings
    weights = WEIGHTS

    def load(self, device: torch.device) -> None:
        self.device = device
        self.autoencoder = Autoencoder(device)
        self.cache: OrderedDict[tuple[bytes, int], Statistics] = OrderedDict()

    def dtype(self, settings: AdaINSettings) -> torch.dtype:
        return self.autoencoder.dtype

    def reference_seconds(self, settings: AdaINSettings, megapixels: float) -> float:
        return 2.5 * megapixels

    def prepare(
        self, style: Style, settings: AdaINSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> tuple[list[Style], Tensor | None]:
        others, mask = style.once(settings, lambda: (settings.other_styles(files), settings.read_mask(files)))
        return [style, *others], mask

    def encode(self, content: Tensor, style: Style, settings: AdaINSettings) -> None:
        if not (settings.keep_colours and settings.colours == "recolour"):  # else it depends on the content
            self.target(content.to(self.device), style, settings)

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: AdaINSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content = content.to(self.device)
        target = self.target(content, style, settings)

        def change(features: Tensor, of_content: Statistics, patch: Patch) -> Tensor:
            return adain(features, of_content, target.at(patch))

        image = self.autoencoder.transfer(
            content, settings, stop or Stop(), mean_std, joined_mean_std, change
        )
        if settings.keep_colours and settings.colours == "luminance":
            image = keep_colours(image, content)
        yield Frame(image.cpu(), 1, 1)

    def target(self, content: Tensor, style: Style, settings: AdaINSettings) -> Target:
        """What the settings want the content's features to become."""
        (styles, mask), shares = self.prepare(style, settings, {}), settings.proportions()
        if settings.keep_colours and settings.colours == "recolour":
            small = fit_long_side(content, min(COLOUR_SIDE, max(content.shape[-2:])))
            styles = [Style(match_colours(each.image.to(self.device), small)) for each in styles]
        statistics = [self.statistics(each, settings.side(content, each)) for each in styles]
        if mask is None:
            return Target(interpolate(statistics, shares))
        sides = [-(-side // MULTIPLE) for side in content.shape[-2:]]
        mask = F.interpolate(mask.to(self.device), sides, mode="bilinear", antialias=True).clamp(0, 1)
        return Target(statistics[0], interpolate(statistics[1:], shares[1:]), mask)

    def statistics(self, style: Style, size: int) -> Statistics:
        """Those of a style's picture at a short side of `size` px."""
        key = style.digest(), size
        if key not in self.cache:
            self.cache[key] = mean_std(self.autoencoder.encode_style(style, size))
        self.cache.move_to_end(key)
        if len(self.cache) > CACHED:
            self.cache.popitem(last=False)
        return self.cache[key]


def interpolate(statistics: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """Weighted means. AdaIN is linear in them, so that this interpolates in feature space (section 7.3)."""
    mean, std = (
        sum(share * each for share, each in zip(shares, several, strict=True)) / sum(shares)
        for several in zip(*statistics, strict=True)
    )
    return mean, std
