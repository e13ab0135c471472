"""Huang and Belongie 2017: any picture as the style, by giving the content's features its statistics."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.colour import keep_colours, luma, match_colours
from core.device import allow_fast_matmul, fast_dtype, return_freed_memory
from core.images import open_picture, to_tensor
from core.losses import joined_mean_std, mean_std
from core.noise import Noise
from core.patches import Patch, in_bands, patches
from core.resample import fit_long_side, fit_short_side
from core.transformer_net import upsampled_convolution
from core.vgg import VGG
from methods.base import Frame, Method, Stop, Style
from methods.mix import STYLE_SIDE, MixSettings, bounded
from methods.settings import setting
from weights.formats import fill
from weights.load import load

Statistics = tuple[Tensor, Tensor]
"""Mean and deviation of each channel at relu4_1, (1, 512, 1, 1) each; with a mask for every position."""

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
FEATURE_SCALE = 64.0  # of relu4_1 with the original weights, so that the decoder's first layer sees about 1
MULTIPLE = 8  # the encoder halves a picture three times
MARGIN = 80  # px around a patch; the network sees no further
GRAIN = 0.03  # strength of the noise; the decoder was trained with more
COLOUR_SIDE = 1024  # px of the photo that are enough to know its colours
LEAST_STYLE_SIDE, USUAL_STYLE_SIDE = 64, 512  # px
CACHED = 64  # style pictures whose statistics stay in memory
BAND = 32  # rows of features, before they are enlarged for the last time


def adain(content: Tensor, of_content: Statistics, style: Statistics) -> Tensor:
    """The content's features with the style's mean and deviation per channel (eq. 8).

    (B, C, H, W) and two pairs as `mean_std` gives them, to (B, C, H, W) in the content's format.
    """
    (content_mean, content_std), (mean, std) = of_content, style
    scale = std / content_std
    return torch.addcmul((mean - scale * content_mean).to(content.dtype), content, scale.to(content.dtype))


def encoder(device: torch.device, dtype: torch.dtype, layers: Sequence[str] = LAYERS[-1:]) -> VGG:
    """VGG-19 to relu4_1 with reflection padding, the first half of the network."""
    return VGG(layers, device=device, dtype=dtype, padding="reflect")


class Decoder(nn.Module):
    """Features of relu4_1, (B, 512, H, W), to pictures (B, 3, 8H, 8W), about in [0, 1] but not clamped.

    The encoder's mirror (section 6): nearest upsampling where it pools, reflection padding, no normalisation.
    """

    WIDTHS = (512, 256, 256, 256, 256, 128, 128, 64, 64, 3)
    ENLARGED = (1, 5, 7)  # convolutions whose input is upsampled

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList(
            nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect")
            for inputs, outputs in zip(self.WIDTHS[:-1], self.WIDTHS[1:], strict=True)
        )

    def forward(self, features: Tensor) -> Tensor:
        last = self.ENLARGED[-1]
        x = self._convolve(features / FEATURE_SCALE, range(last))
        # The enlarged features see one row further, and the picture one row of them.
        x = in_bands(lambda rows: self._convolve(rows, range(last, len(self.convolutions))), x, BAND, 2, 2)
        return 0.5 + x.float() / 4  # a new decoder then begins with grey

    def _convolve(self, x: Tensor, indices: range) -> Tensor:
        for index in indices:
            convolution = self.convolutions[index]
            if index:
                x = F.relu(x, inplace=True)
            if index in self.ENLARGED:
                x = upsampled_convolution(x, convolution.weight, convolution.bias)  # type: ignore[arg-type]
            else:
                x = convolution(x)
        return x


@dataclass(frozen=True)
class AdaINSettings(MixSettings):
    """How much style, of which pictures, and where."""

    style_side: ClassVar[Literal["short", "long"]] = "short"

    alpha: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.", alias="strength")
    style_size: int = setting(
        0,
        0,
        2048,
        32,
        help="Short side of the style picture in pixels, 64 or more: larger, larger strokes. "
        "0 follows the photo's, up to 512.",
    )
    mask: str = setting("", file="mask", help="White gets the style picture, black the others.")
    keep_colours: bool = setting(False, help="Keep the photo's colours.")
    colours: Literal["recolour", "luminance"] = setting(
        "recolour", help="How: recolour the style pictures first, or take only light and dark."
    )
    grain: float = setting(
        GRAIN, 0, 0.2, 0.01, help="Noise on the photo, from which flat areas take strokes.", expert=True
    )
    tile: int = setting(
        1024, 128, 4096, 8, help="A photo with a longer side is painted in tiles of it.", expert=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.style_size < LEAST_STYLE_SIDE:
            raise ValueError(
                f"style_size is {self.style_size}; it must be 0, or a number from {LEAST_STYLE_SIDE} to 2048."
            )
        if self.mask and not sum(self.proportions()[1:]):
            raise ValueError("mask chooses between styles; give another style picture or a plate as well.")

    def read_mask(self, files: Mapping[str, bytes]) -> Tensor | None:
        """The mask, (1, 1, H, W) in [0, 1], if there is one. PictureError where it is unfit."""
        if not self.mask:
            return None
        mask = bounded(open_picture(files.get("mask"), "mask")).over("black")  # luma times opacity
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
    weights = ("vgg19", "adain")

    def load(self, device: torch.device) -> None:
        self.device = device
        allow_fast_matmul(device)
        decoder = Decoder()
        fill(decoder, load("adain"), f"The weights file of {self.title}")
        decoder.requires_grad_(False)
        self.decoder = decoder.to(device, fast_dtype(device)).to(memory_format=torch.channels_last)
        self.encoder = encoder(device, fast_dtype(device))
        self.cache: OrderedDict[tuple[bytes, int], Statistics] = OrderedDict()

    def dtype(self, settings: AdaINSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: AdaINSettings, megapixels: float) -> float:
        return 2.5 * megapixels

    def prepare(
        self, style: Style, settings: AdaINSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> tuple[list[Style], Tensor | None]:
        others, mask = style.once(settings, lambda: (settings.other_styles(files), settings.read_mask(files)))
        return [style, *others], mask

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: AdaINSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content = content.to(self.device)
        target = self.target(content, style, settings)
        yield Frame(self.transfer(content, target, settings, stop or Stop()).cpu(), 1, 1)

    def target(self, content: Tensor, style: Style, settings: AdaINSettings) -> Target:
        """What the settings want the content's features to become."""
        (styles, mask), shares = self.prepare(style, settings, {}), settings.proportions()
        if settings.keep_colours and settings.colours == "recolour":
            small = fit_long_side(content, min(COLOUR_SIDE, max(content.shape[-2:])))
            styles = [Style(match_colours(each.image.to(self.device), small)) for each in styles]
        default_size = max(LEAST_STYLE_SIDE, min(*content.shape[-2:], USUAL_STYLE_SIDE))
        asked = settings.style_size or default_size
        statistics = [self.statistics(each, bounded_side(each, asked)) for each in styles]
        if mask is None:
            return Target(interpolate(statistics, shares))
        sides = [-(-side // MULTIPLE) for side in content.shape[-2:]]
        mask = F.interpolate(mask.to(self.device), sides, mode="bilinear", antialias=True).clamp(0, 1)
        return Target(statistics[0], interpolate(statistics[1:], shares[1:]), mask)

    def statistics(self, style: Style, size: int) -> Statistics:
        """Those of a style's picture at a short side of `size` px."""
        key = style.digest(), size
        if key not in self.cache:
            picture = fit_short_side(style.image.to(self.device), size)
            self.cache[key] = mean_std(self.features(picture))
        self.cache.move_to_end(key)
        if len(self.cache) > CACHED:
            self.cache.popitem(last=False)
        return self.cache[key]

    def features(self, image: Tensor) -> Tensor:
        """relu4_1 of a picture, whose sides are first reflected up to multiples of 8."""
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="reflect")
        features: Tensor = self.encoder(padded)[LAYERS[-1]]
        return features

    def transfer(self, content: Tensor, target: Target, settings: AdaINSettings, stop: Stop) -> Tensor:
        """The content in the target's style; in patches, if it is large, with the whole picture's statistics.

        Deviation from eq. 14: what the decoder loses of the photo is given back by 1 - alpha, so that alpha 0
        is the photo itself.
        """
        height, width = content.shape[-2:]
        grid = list(patches(height, width, settings.tile, MARGIN))
        noise = Noise(settings.seed, settings.alpha * settings.grain)  # of which alpha 0 shows nothing

        def encode(patch: Patch) -> Tensor:
            stop.check()
            if len(grid) > 1:
                return_freed_memory()  # else what patches leave behind adds up
            return self.features(patch.read(content) + noise.at(patch).to(self.device))

        single = encode(grid[0]) if len(grid) == 1 else None  # of several, features are made twice
        parts = []
        for patch in grid:
            valid = patch.valid(encode(patch) if single is None else single, MULTIPLE)
            parts.append((valid[0, 0].numel(), *mean_std(valid)))
        of_content = joined_mean_std(parts)
        result = torch.empty_like(content)
        for patch in grid:
            features = encode(patch) if single is None else single
            photo = patch.read(content)
            patch.write(self.pastiche(features, of_content, target.at(patch), photo, settings), result)
        return result

    def pastiche(
        self,
        features: Tensor,
        of_content: Statistics,
        target: Statistics,
        photo: Tensor,
        settings: AdaINSettings,
    ) -> Tensor:
        """A patch of the result, from what the encoder made of that part of the photo."""
        stylized = adain(features, of_content, target)
        image = self.decode(features.lerp(stylized, settings.alpha), photo)
        if settings.alpha < 1:  # what the decoder loses of the photo
            image += (1 - settings.alpha) * (photo - self.decode(features, photo))
        image = image.clamp_(0, 1)
        if settings.keep_colours and settings.colours == "luminance":
            return keep_colours(image, photo)
        return image

    def decode(self, features: Tensor, photo: Tensor) -> Tensor:
        """The picture of the features, cropped to the photo's size."""
        image: Tensor = self.decoder(features)
        return image[..., : photo.shape[-2], : photo.shape[-1]]


def bounded_side(style: Style, asked: int) -> int:
    """The short side, px, at which a style picture is used: as asked, or less where the long side would go
    beyond STYLE_SIDE."""
    short, long = sorted(style.image.shape[-2:])
    return max(LEAST_STYLE_SIDE, min(asked, STYLE_SIDE * short // long))


def interpolate(statistics: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """Weighted means. AdaIN is linear in them, so that this interpolates in feature space (section 7.3)."""
    mean, std = (
        sum(share * each for share, each in zip(shares, several, strict=True)) / sum(shares)
        for several in zip(*statistics, strict=True)
    )
    return mean, std
