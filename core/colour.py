"""Keeping the colours of the content photo."""

from __future__ import annotations

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # of R, G, B in YIQ (NTSC)


def luma(image: Tensor) -> Tensor:
    """The Y of YIQ: (B, 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1]."""
    weights = torch.tensor(LUMA, device=image.device, dtype=image.dtype).view(1, 3, 1, 1)
    return (image * weights).sum(1, keepdim=True)


def keep_colours(pastiche: Tensor, content: Tensor) -> Tensor:
    """The pastiche's luma with the content's colours: two of (B, 3, H, W) in [0, 1] -> another.

    Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer",
    luminance only. Deviation: they transfer style between luminance pictures, this exchanges the luma of a
    finished pastiche. Chroma is what remains beside Y, so exchanging Y adds the difference to every channel.
    """
    return (content + luma(pastiche) - luma(content)).clamp(0, 1)
