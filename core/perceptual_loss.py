"""What feed-forward networks are trained to minimise (Johnson, Alahi, Fei-Fei 2016), in relative units."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.losses import gram, lattice_error, relative_error, total_variation
from core.resample import fit_short_side
from core.vgg import VGG
from core.yardstick import CONTENT_LAYER, SHORT_SIDE, STYLE_LAYERS

CONTENT_WEIGHT, STYLE_WEIGHT, VARIATION_WEIGHT, LATTICE_WEIGHT = 1.0, 2.0, 0.1, 5.0
MOST_ERROR = 10.0  # of a layer's relative style error; some styles' are a thousand times others'
PERIOD = 4  # px, of the lattice that two upsamplings by 2 leave


class PerceptualLoss:
    """Content, style, total-variation and lattice loss of pastiches.

    Deviations: each layer's error is relative to its target, where the paper's is absolute, so that no layer
    and no style needs a weight of its own; and the layers are the yardstick's, of VGG-19, where the paper
    takes relu1_2, relu2_2, relu3_3 and relu4_3 of VGG-16. The lattice of upsampling is held down as well.

    Args:
        styles: pictures, each (1, 3, H, W) RGB in [0, 1], measured at a short side of 256 px.
        device, dtype: where and in which format VGG computes.
    """

    def __init__(self, styles: Sequence[Tensor], device: torch.device, dtype: torch.dtype) -> None:
        self.network = VGG(STYLE_LAYERS, device=device, dtype=dtype)
        with torch.no_grad():
            features = [self.network(fit_short_side(style.to(device), SHORT_SIDE)) for style in styles]
            self.grams = {
                layer: torch.cat([gram(each[layer].float()) for each in features]) for layer in STYLE_LAYERS
            }

    def __call__(self, pastiche: Tensor, content: Tensor, style: Tensor) -> dict[str, Tensor]:
        """Weighted losses, means over the batch, and under "total" their sum.

        Args:
            pastiche, content: (B, 3, H, W) in [0, 1].
            style: (B,) index of each pastiche's style.
        """
        features = self.network(pastiche)
        with torch.no_grad():
            target = self.network(content)[CONTENT_LAYER]
        errors = [
            relative_error(gram(features[layer]), grams[style]).mean() for layer, grams in self.grams.items()
        ]
        losses = {
            "content": CONTENT_WEIGHT * relative_error(features[CONTENT_LAYER], target).mean(),
            "style": STYLE_WEIGHT * torch.stack(errors).sum(),
            **smoothness(pastiche),
        }
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses


def limited(errors: Tensor) -> Tensor:
    """Relative errors, those above MOST_ERROR scaled to it: unlike clamped ones they can fall."""
    return errors * (MOST_ERROR / errors.detach()).clamp_max(1)


def smoothness(pastiche: Tensor) -> dict[str, Tensor]:
    """The weighted losses of pictures, (B, 3, H, W) in [0, 1], that no other picture is needed for."""
    return {
        "total variation": VARIATION_WEIGHT * total_variation(pastiche) / pastiche.numel(),
        "lattice": LATTICE_WEIGHT * lattice_error(pastiche, PERIOD).mean(),
    }
