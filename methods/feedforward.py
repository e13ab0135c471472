"""What the feed-forward methods share: strokes keep their share of the picture, and where a photo is painted
at a size that memory may not bear, it goes through the network in patches."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.cuda_graph import Pass
from core.patches import patches
from core.resample import fit_long_side, merged
from core.transformer_net import TransformerNet, fixed_statistics
from methods.base import Stop, Stopped
from methods.blend import BlendSettings, blend
from methods.settings import setting

MARGIN = 64  # px around a patch; the networks see no further
LEAST_SIDE, USUAL_SIDE = 384, 512  # px, long sides between which networks paint, as those they learnt from
MOST_ENLARGED = 1.5  # times, of a small photo that is painted
ENLARGING = 0.1  # seconds per megapixel, on the machine of Method.reference_seconds


@dataclass(frozen=True)
class FeedForwardSettings(BlendSettings):
    """Settings of every network that paints in one pass."""

    stroke_size: float = setting(
        1.0,
        0,
        4,
        0.05,
        help="1: strokes keep their share of the picture: a large photo is painted small and its "
        "finer detail put back, a small one is enlarged. More: larger strokes. 0: as the photo's pixels are.",
    )
    tile: int = setting(
        2048, 128, 4096, 8, help="Photos with a longer side are painted in tiles of it, in px.", expert=True
    )

    def side(self, long_side: int) -> int:
        """The long side at which a network paints a photo with this one, both in px."""
        if not self.stroke_size:
            return long_side
        enlarged = round(min(LEAST_SIDE / max(1, self.stroke_size), MOST_ENLARGED * long_side))
        return min(max(long_side, enlarged), round(USUAL_SIDE / self.stroke_size))

    def seconds(self, megapixels: float, painting: float) -> float:
        """Those of a photo, in which a network takes `painting` seconds per megapixel that it paints."""
        long_side = round(math.sqrt(1.5e6 * megapixels))  # as most photos are
        share = (self.side(long_side) / max(long_side, 1)) ** 2
        return megapixels * (share * painting + (ENLARGING if share < 1 else 0))


def painted(
    network: TransformerNet,
    apply: Pass,
    content: Tensor,
    settings: FeedForwardSettings,
    stop: Stop | None,
) -> Tensor:
    """The content, (1, 3, H, W), through `apply`, which uses the network, as the settings ask."""
    long_side = max(content.shape[-2:])
    side = settings.side(long_side)
    scaled = fit_long_side(content, side) if side != long_side else content
    if max(scaled.shape[-2:]) <= settings.tile:
        result = apply(scaled)
    else:  # no graph: it would go on reading the statistics of an earlier picture
        result = in_patches(network, apply.work, scaled, settings.tile, stop)
    return blend(merged(content, scaled, result), content, settings)


def in_patches(
    network: TransformerNet, apply: Callable[[Tensor], Tensor], content: Tensor, side: int, stop: Stop | None
) -> Tensor:
    """The content, (1, 3, H, W), through `apply`, which uses the network, in patches of `side` px, for which
    the network's instance norms take their statistics from the whole picture at that size.
    """
    height, width = content.shape[-2:]
    result = torch.empty_like(content)
    with fixed_statistics(network, lambda: apply(fit_long_side(content, side))):
        for patch in patches(height, width, side, MARGIN):
            if stop is not None and stop.asked():  # no rest here: others would meet these statistics
                raise Stopped
            patch.write(apply(patch.read(content)), result)
    return result
