"""Huang and Belongie 2017: any picture as the style, by giving the content's features its statistics."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.losses import mean_std
from core.transformer import upsampled_convolution
from core.vgg import VGG

LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")
FEATURE_SCALE = 64.0  # of relu4_1 with the original weights, so that the decoder's first layer sees about 1
MULTIPLE = 8  # the encoder halves a picture three times


def adain(content: Tensor, style: tuple[Tensor, Tensor]) -> Tensor:
    """The content's features with the style's mean and deviation per channel (eq. 8).

    (B, C, H, W) and two of (B, C, 1, 1), as `mean_std` gives them, to (B, C, H, W) in the content's format.
    """
    (content_mean, content_std), (mean, std) = mean_std(content), style
    scale = std / content_std
    return torch.addcmul((mean - scale * content_mean).to(content.dtype), content, scale.to(content.dtype))


def encoder(device: torch.device, dtype: torch.dtype) -> VGG:
    """VGG-19 to relu4_1 with reflection padding, the first half of the network."""
    return VGG(LAYERS, padding="reflect", device=device, dtype=dtype)


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
        x = features / FEATURE_SCALE
        for index, convolution in enumerate(self.convolutions):
            if index:
                x = F.relu(x)
            if index in self.ENLARGED:
                bias = convolution.bias[:, None, None]  # type: ignore[index]
                x = upsampled_convolution(x, convolution.weight) + bias  # type: ignore[arg-type]
            else:
                x = convolution(x)
        return 0.5 + x.float() / 4  # a new decoder then begins with grey
