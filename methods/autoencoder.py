"""What methods share that change VGG-19's features at relu4_1 and paint them with AdaIN's decoder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.cuda_graph import Pass
from core.device import allow_fast_matmul, fast_dtype, return_freed_memory
from core.noise import Noise
from core.patches import Patch, in_bands, patches
from core.resample import fit_short_side
from core.sentence import Sentence
from core.transformer_net import upsampled_convolution
from core.vgg import VGG
from methods.base import Stop, Style
from methods.mix import STYLE_SIDE
from methods.settings import MethodSettings, named, setting
from weights.formats import fill
from weights.load import load

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
FEATURE_SCALE = 64.0  # of relu4_1 with the original weights, so that the decoder's first layer sees about 1
MULTIPLE = 8  # the encoder halves a picture three times
MARGIN = 80  # px around a patch; the network sees no further
GRAIN = 0.03  # strength of the noise; the decoder was trained with more
LEAST_STYLE_SIDE, USUAL_STYLE_SIDE, MOST_STYLE_SIDE = 64, 512, 2048  # px
BAND = 32  # rows of features, before they are enlarged for the last time

WEIGHTS = ("vgg19", "adain")


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
class FeatureSettings(MethodSettings):
    """How much style, and of which scale."""

    style_side: ClassVar[Literal["short", "long"]] = "short"

    alpha: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.", alias="strength")
    style_size: int = setting(
        0,
        0,
        MOST_STYLE_SIDE,
        32,
        help="Short side of the painting in pixels: the larger, the larger are the strokes. 0 follows the "
        "photo's.",
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
            text = "{name} is {value}; it must be 0, or a number from {least} to {most}."
            about = {
                "name": named("style_size"),
                "value": self.style_size,
                "least": LEAST_STYLE_SIDE,
                "most": MOST_STYLE_SIDE,
            }
            raise ValueError(Sentence("style_size_small", text, about))

    def side(self, content: Tensor, style: Style) -> int:
        """The short side, px, at which a style picture is used for a content (1, 3, H, W)."""
        usual = max(LEAST_STYLE_SIDE, min(*content.shape[-2:], USUAL_STYLE_SIDE))
        return bounded_side(style, self.style_size or usual)


def bounded_side(style: Style, asked: int) -> int:
    """The short side, px, at which a style picture is used: as asked, or less where the long side would go
    beyond STYLE_SIDE."""
    short, long = sorted(style.image.shape[-2:])
    return max(LEAST_STYLE_SIDE, min(asked, STYLE_SIDE * short // long))


class Autoencoder:
    """The encoder and the decoder on a device. WeightsError where their files are missing or wrong."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.dtype = device, fast_dtype(device)
        allow_fast_matmul(device)
        decoder = Decoder()
        fill(decoder, load("adain"), "The weights file of the AdaIN decoder")
        decoder.requires_grad_(False)
        self.decoder = decoder.to(device, self.dtype).to(memory_format=torch.channels_last)
        self.encoder = encoder(device, self.dtype)
        self.paint = Pass(self.decoder)

    def encode(self, image: Tensor) -> Tensor:
        """relu4_1 of a picture, whose sides are first reflected up to multiples of 8."""
        height, width = image.shape[-2:]
        padded = F.pad(image, (0, -width % MULTIPLE, 0, -height % MULTIPLE), mode="reflect")
        features: Tensor = self.encoder(padded)[LAYERS[-1]]
        return features

    @torch.no_grad()
    def encode_style(self, style: Style, side: int) -> Tensor:
        """relu4_1 of a style's picture at a short side of `side` px, which the style remembers."""
        key = ("relu4_1", side, self.device)
        return style.encoded(key, lambda: self.encode(fit_short_side(style.image.to(self.device), side)))

    def decode(self, features: Tensor, photo: Tensor) -> Tensor:
        """The picture of the features, cropped to the photo's size."""
        return self.paint(features)[..., : photo.shape[-2], : photo.shape[-1]]

    @torch.no_grad()
    def transfer(
        self,
        content: Tensor,
        settings: FeatureSettings,
        stop: Stop,
        measure: Callable[[Tensor], tuple[Tensor, Tensor]],
        join: Callable[[Sequence[tuple[int, Tensor, Tensor]]], Any],
        change: Callable[[Tensor, Any, Patch], Tensor],
    ) -> Tensor:
        """The content (1, 3, H, W) with changed features; in patches, if it is large, by the measurements of
        the whole picture.

        What the decoder loses of the photo is given back by 1 - alpha, so that alpha 0 is the photo itself.

        Args:
            measure: two numbers of features, of each channel for instance.
            join: those of the whole from (positions, *numbers) of its parts, as `change` takes them.
            change: features of a patch, and what `join` gave, to new features of the same shape.
        """
        height, width = content.shape[-2:]
        grid = list(patches(height, width, settings.tile, MARGIN))
        noise = Noise(settings.seed, settings.alpha * settings.grain)  # of which alpha 0 shows nothing

        def encode(patch: Patch) -> Tensor:
            stop.check()
            if len(grid) > 1:
                return_freed_memory()  # else what patches leave behind adds up
            return self.encode(patch.read(content) + noise.at(patch).to(self.device))

        single = encode(grid[0]) if len(grid) == 1 else None  # of several, features are made twice
        parts = []
        for patch in grid:
            valid = patch.valid(encode(patch) if single is None else single, MULTIPLE)
            parts.append((valid[0, 0].numel(), *measure(valid)))
        whole = join(parts)
        stop.check()
        result = torch.empty_like(content)
        for patch in grid:
            features = encode(patch) if single is None else single
            photo = patch.read(content)
            image = self.decode(features.lerp(change(features, whole, patch), settings.alpha), photo)
            if settings.alpha < 1:  # what the decoder loses of the photo
                image += (1 - settings.alpha) * (photo - self.decode(features, photo))
            patch.write(image.clamp_(0, 1), result)
        return result
