"""Crops of photographs, and the features that content is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from core.images import open_picture, to_tensor
from core.vgg import VGG
from core.yardstick import CONTENT_LAYER
from training.data import Pictures

SCALES = (0.6, 1.0)  # of pictures whose short side is `NATIVE` px: near the yardstick's, 256 px
NATIVE = 288


class Crops(Protocol):
    """Random crops of photographs for a training, and what content is compared with."""

    def batch(self, count: int, size: int, random: torch.Generator) -> Tensor:
        """What stands for `count` crops of `size` px."""

    def pictures(self, batch: Tensor) -> Tensor:
        """The crops of a batch, or of a part of it: (B, 3, size, size) in [0, 1]."""

    def with_features(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """`pictures`, and their features at relu4_1."""


class FreshCrops:
    """Crops at a new random place and scale each time, whose features are computed with them.

    For a GPU, where those take little.
    """

    def __init__(self, paths: Sequence[Path], device: torch.device) -> None:
        self.source = Pictures(paths, device)
        self.batch = self.source.batch
        self.network = VGG([CONTENT_LAYER], device=device)

    def pictures(self, batch: Tensor) -> Tensor:
        return batch

    @torch.no_grad()
    def with_features(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        return batch, self.network(batch)[CONTENT_LAYER]


class FixedCrops:
    """One crop of each photograph in each size, whose features are computed when first needed, then kept.

    A training that sees each photograph several times saves the content half of its work.

    Args:
        paths: photographs.
        sizes: px, multiples of 8.
    """

    def __init__(self, paths: Sequence[Path], sizes: Iterable[int], seed: int = 0) -> None:
        self.sized = {size: SizedCrops(paths, size, seed) for size in sizes}

    def batch(self, count: int, size: int, random: torch.Generator) -> Tensor:
        """Size and index of `count` random crops: (count, 2)."""
        index = torch.randint(len(self.sized[size].crops), (count,), generator=random)
        return torch.stack([torch.full_like(index, size), index], 1)

    def pictures(self, batch: Tensor) -> Tensor:
        return self.sized[int(batch[0, 0])].pictures(batch[:, 1])

    def with_features(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        sized = self.sized[int(batch[0, 0])]
        return sized.pictures(batch[:, 1]), sized.features(batch[:, 1])


class SizedCrops:
    """Those of one size. One of 128 px takes 0.3 MB with its features, kept as float16."""

    def __init__(self, paths: Sequence[Path], size: int, seed: int) -> None:
        random = torch.Generator().manual_seed(seed)
        chances = torch.rand(len(paths), 4, generator=random).tolist()
        with ThreadPoolExecutor() as threads:
            crops = list(threads.map(lambda path, chance: crop(path, size, chance), paths, chances))
        self.crops = torch.stack(crops)
        self.network = VGG([CONTENT_LAYER])
        self.known = torch.zeros(len(paths), dtype=torch.bool)
        self.kept = torch.empty(len(paths), 512, size // 8, size // 8, dtype=torch.float16)

    def pictures(self, chosen: Tensor) -> Tensor:
        """The crops of the indices (B,): (B, 3, size, size) in [0, 1]."""
        return self.crops[chosen].float() / 255

    @torch.no_grad()
    def features(self, chosen: Tensor) -> Tensor:
        """Their features at relu4_1."""
        new = chosen[~self.known[chosen]]
        if len(new):
            self.kept[new] = self.network(self.pictures(new))[CONTENT_LAYER].half()
            self.known[new] = True
        return self.kept[chosen].float()


def crop(path: Path, size: int, chance: Sequence[float]) -> Tensor:
    """A (3, size, size) uint8 crop of a photograph; four numbers in [0, 1) choose scale, place, mirroring."""
    image = to_tensor(open_picture(path).rgb)
    least, most = SCALES
    side = round((least + chance[0] * (most - least)) * NATIVE)
    scale = max(side, size) / min(image.shape[-2:])
    height, width = (max(size, round(each * scale)) for each in image.shape[-2:])
    image = F.interpolate(image, (height, width), mode="bilinear", antialias=True)
    top, left = int(chance[1] * (height - size + 1)), int(chance[2] * (width - size + 1))
    square = image[0, :, top : top + size, left : left + size]
    square = square.flip(-1) if chance[3] < 0.5 else square
    return (square * 255).round().byte()
