"""Huang and Belongie 2017: any picture as the style, by giving the content's features its statistics."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.colour import keep_colours, luma, match_colours
from core.device import allow_fast_matmul, fast_dtype, return_freed_memory
from core.images import open_picture, to_tensor
from core.losses import joined_mean_std, mean_std
from core.noise import Grain
from core.patches import Tile, in_bands, tiles
from core.plates import plates
from core.resample import fit_long_side, fit_short_side
from core.transformer_net import upsampled_convolution
from core.vgg import VGG
from methods.base import Frame, Method, Stop, Style
from methods.feedforward import mixed_pictures, parse_shares
from methods.settings import MethodSettings, setting
from weights.formats import fill
from weights.load import load

Statistics = tuple[Tensor, Tensor]
"""Mean and deviation of each channel at relu4_1, (1, 512, 1, 1) each; with a mask for every position."""

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
FEATURE_SCALE = 64.0  # of relu4_1 with the original weights, so that the decoder's first layer sees about 1
MULTIPLE = 8  # the encoder halves a picture three times
MARGIN = 80  # px around a tile; the network sees no further
GRAIN = 0.03  # strength of the noise; the decoder was trained with more
COLOUR_SIDE = 1024  # px of the photo that are enough to know its colours
LEAST_STYLE_SIDE, USUAL_STYLE_SIDE = 64, 512  # px
REMEMBERED = 64  # style pictures whose statistics are kept
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
        x = self._convolved(features / FEATURE_SCALE, range(last))
        # The enlarged features see one row further, and the picture one row of them.
        x = in_bands(lambda rows: self._convolved(rows, range(last, len(self.convolutions))), x, BAND, 2, 2)
        return 0.5 + x.float() / 4  # a new decoder then begins with grey

    def _convolved(self, x: Tensor, indices: range) -> Tensor:
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
class AdaINSettings(MethodSettings):
    """How much style, of which pictures, and where."""

    alpha: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.")
    style_size: int = setting(
        0,
        0,
        2048,
        32,
        help="Short side of the style picture in pixels, 64 or more: larger, larger strokes. "
        "0 follows the photo's, up to 512.",
    )
    second: str = setting("", file="image", help="Another style picture, mixed with the first.")
    plates: tuple[str, ...] = setting(
        (), choices=lambda: tuple(each.name for each in plates()), help="Plates to mix in as well."
    )
    shares: str = setting("", help="Of style picture, second and plates, as in 2, 1, 1; empty: equal.")
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
        shares = self.parts()
        if self.mask and not sum(shares[1:]):
            raise ValueError("mask chooses between styles; give another style picture or a plate as well.")

    def parts(self) -> list[float]:
        """The shares of the style picture, the second and the plates."""
        return parse_shares(self.shares, 1 + bool(self.second) + len(self.plates))


@dataclass(frozen=True)
class Target:
    """The statistics that features are to be given: everywhere, or by a mask (1, 1, H, W) in [0, 1].

    `mask` has the size of the content's features; it is 1 for `style` and 0 for `other`.
    """

    style: Statistics
    other: Statistics | None = None
    mask: Tensor | None = None

    def at(self, tile: Tile) -> Statistics:
        """The statistics for a tile's features."""
        if self.mask is None or self.other is None:
            return self.style
        here = tile.read(self.mask, MULTIPLE)
        mean, std = (a * here + b * (1 - here) for a, b in zip(self.style, self.other, strict=True))
        return mean, std


class AdaIN(Method):
    """One network for every style; see `Decoder`. Style pictures are encoded once and remembered."""

    name = "adain"
    title = "Huang & Belongie (AdaIN)"
    paper = (
        "Huang, Belongie 2017: Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization "
        "(ICCV), https://arxiv.org/abs/1703.06868"
    )
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
        self.remembered: OrderedDict[tuple[bytes, int], Statistics] = OrderedDict()

    def dtype(self, settings: MethodSettings) -> torch.dtype:
        return fast_dtype(self.device)

    def reference_seconds(self, settings: MethodSettings, megapixels: float) -> float:
        return 2.5 * megapixels

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        settings = cast(AdaINSettings, settings)
        content = content.to(self.device)
        image = self.paint(content, self.target(content, style, settings), settings, stop or Stop())
        yield Frame(image.cpu(), 1, 1)

    def target(self, content: Tensor, style: Style, settings: AdaINSettings) -> Target:
        """What the settings want the content's features to become."""
        others = mixed_pictures(style.image, settings.second, settings.plates)[1:]
        styles = [style, *map(Style, others)]
        if settings.keep_colours and settings.colours == "recolour":
            small = fit_long_side(content, min(COLOUR_SIDE, max(content.shape[-2:])))
            styles = [Style(match_colours(each.image.to(self.device), small)) for each in styles]
        followed = max(LEAST_STYLE_SIDE, min(*content.shape[-2:], USUAL_STYLE_SIDE))
        statistics = [self.statistics(each, settings.style_size or followed) for each in styles]
        shares = settings.parts()
        if not settings.mask:
            return Target(mixed(statistics, shares))
        mask = luma(to_tensor(open_picture(settings.mask, "mask").rgb)).to(self.device)
        sides = [-(-side // MULTIPLE) for side in content.shape[-2:]]
        mask = F.interpolate(mask, sides, mode="bilinear", antialias=True).clamp(0, 1)
        return Target(statistics[0], mixed(statistics[1:], shares[1:]), mask)

    def statistics(self, style: Style, size: int) -> Statistics:
        """Those of a style's picture at a short side of `size` px."""
        key = style.digest(), size
        if key not in self.remembered:
            picture = fit_short_side(style.image.to(self.device), size)
            self.remembered[key] = mean_std(self.features(picture))
        self.remembered.move_to_end(key)
        if len(self.remembered) > REMEMBERED:
            self.remembered.popitem(last=False)
        return self.remembered[key]

    def features(self, image: Tensor) -> Tensor:
        """relu4_1 of a picture, whose sides are first reflected up to multiples of 8."""
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="reflect")
        features: Tensor = self.encoder(padded)[LAYERS[-1]]
        return features

    def paint(self, content: Tensor, target: Target, settings: AdaINSettings, stop: Stop) -> Tensor:
        """The content in the target's style; where in tiles, with the statistics of the whole picture.

        Deviation from eq. 14: what the decoder loses of the photo is given back by 1 - alpha, so that alpha 0
        is the photo itself.
        """
        height, width = content.shape[-2:]
        grid = list(tiles(height, width, settings.tile, MARGIN))
        grain = Grain(settings.seed, settings.alpha * settings.grain)  # of which alpha 0 shows nothing

        def encoded(tile: Tile) -> Tensor:
            stop.check()
            if len(grid) > 1:
                return_freed_memory()  # else what tiles leave behind adds up
            return self.features(tile.read(content) + grain.at(tile).to(self.device))

        kept = encoded(grid[0]) if len(grid) == 1 else None  # of several, features are made twice
        parts = []
        for tile in grid:
            counted = tile.counted(encoded(tile) if kept is None else kept, MULTIPLE)
            parts.append((counted[0, 0].numel(), *mean_std(counted)))
        of_content = joined_mean_std(parts)
        result = torch.empty_like(content)
        for tile in grid:
            features = encoded(tile) if kept is None else kept
            part = self.pastiche(features, of_content, target.at(tile), tile.read(content), settings)
            tile.put(part, result)
        return result

    def pastiche(
        self,
        features: Tensor,
        of_content: Statistics,
        target: Statistics,
        photo: Tensor,
        settings: AdaINSettings,
    ) -> Tensor:
        """A tile of the result, from what the encoder made of that part of the photo."""
        wanted = adain(features, of_content, target)
        image = self.decoded(features.lerp(wanted, settings.alpha), photo)
        if settings.alpha < 1:  # what the decoder loses of the photo
            image += (1 - settings.alpha) * (photo - self.decoded(features, photo))
        image = image.clamp_(0, 1)
        if settings.keep_colours and settings.colours == "luminance":
            return keep_colours(image, photo)
        return image

    def decoded(self, features: Tensor, photo: Tensor) -> Tensor:
        """The picture that features show, cut to the photo's size."""
        image: Tensor = self.decoder(features)
        return image[..., : photo.shape[-2], : photo.shape[-1]]


def mixed(statistics: Sequence[Statistics], shares: Sequence[float]) -> Statistics:
    """Weighted means. AdaIN is linear in them, so that this interpolates in feature space (section 7.3)."""
    mean, std = (
        sum(share * each for share, each in zip(shares, several, strict=True)) / sum(shares)
        for several in zip(*statistics, strict=True)
    )
    return mean, std
