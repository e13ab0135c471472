"""What the feed-forward methods share: large photos go through the network in patches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.patches import patches
from core.resample import fit_long_side
from core.transformer_net import TransformerNet, fixed_statistics
from methods.base import Stop
from methods.blend import BlendSettings
from methods.settings import setting

MARGIN = 64  # px around a patch; the networks see no further


@dataclass(frozen=True)
class FeedForwardSettings(BlendSettings):
    """Settings of every network that paints in one pass."""

    tile: int = setting(
        2048, 128, 4096, 8, help="Photos with a longer side are painted in tiles of it, in px.", expert=True
    )


def in_patches(
    network: TransformerNet, apply: Callable[[Tensor], Tensor], content: Tensor, side: int, stop: Stop | None
) -> Tensor:
    """The content, (1, 3, H, W), through `apply`, which uses the network; where it is larger than `side` px,
    in patches, for which the network's instance norms take their statistics from the whole picture at that
    size.
    """
    height, width = content.shape[-2:]
    if max(height, width) <= side:
        return apply(content)
    result = torch.empty_like(content)
    with fixed_statistics(network, lambda: apply(fit_long_side(content, side))):
        for patch in patches(height, width, side, MARGIN):
            if stop is not None:
                stop.check()
            patch.write(apply(patch.read(content)), result)
    return result
