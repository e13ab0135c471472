"""What the feed-forward methods share: tiles, and shares of a mix."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.patches import tiles
from core.plates import plate
from core.resample import fit_long_side
from core.transformer_net import TransformerNet, fixed_statistics
from methods.base import Stop
from methods.blend import BlendSettings
from methods.settings import setting

MARGIN = 64  # px around a tile; the networks see no further


@dataclass(frozen=True)
class FeedForwardSettings(BlendSettings):
    """Settings of every network that paints in one pass."""

    tile: int = setting(
        2048, 128, 4096, 8, help="Photos with a longer side are painted in tiles of it, in px.", expert=True
    )


def parse_shares(text: str, count: int) -> list[float]:
    """The shares of `count` styles from a text such as "2, 1"; equal where it is empty. They add up to 1.

    ValueError where there are more or fewer, or where they are no numbers from 0 on, or all 0.
    """
    if not text.strip():
        return [1 / count for _ in range(count)]
    try:
        shares = [float(share) for share in text.split(",")]
    except ValueError:
        shares = []
    if len(shares) != count or not all(0 <= share < 1e6 for share in shares) or not sum(shares):
        raise ValueError(
            f"shares is {text!r}; give one number from 0 on for each of the {count} styles, as in 2, 1, "
            "not all of them 0."
        )
    return [share / sum(shares) for share in shares]


def mixed_pictures(style: Tensor, second: str, plates: Sequence[str]) -> list[Tensor]:
    """A style picture and those to be mixed with it, (1, 3, H, W) each: a second one's file, and plates.

    PictureError where the file is no picture that can be used.
    """
    pictures = [style]
    if second:
        pictures.append(to_tensor(open_picture(second, "second style picture").rgb))
    return pictures + [to_tensor(open_picture(plate(name).path, "plate").rgb) for name in plates]


def in_tiles(
    network: TransformerNet, paint: Callable[[Tensor], Tensor], content: Tensor, side: int, stop: Stop | None
) -> Tensor:
    """The content, (1, 3, H, W), as `paint` paints it with the network; where it is larger than `side` px, in
    tiles, for which the network's instance norms take their statistics from the whole picture at that size.
    """
    height, width = content.shape[-2:]
    if max(height, width) <= side:
        return paint(content)
    result = torch.empty_like(content)
    with fixed_statistics(network, lambda: paint(fit_long_side(content, side))):
        for tile in tiles(height, width, side, MARGIN):
            if stop is not None:
                stop.check()
            tile.put(paint(tile.read(content)), result)
    return result
