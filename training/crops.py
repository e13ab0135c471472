"""Fixed crops of photographs, whose features are computed when first needed and then kept."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from core.images import open_picture, to_tensor
from core.vgg import VGG
from core.yardstick import CONTENT_LAYER

SCALES = (0.6, 1.0)  # of pictures whose short side is `NATIVE` px: near the yardstick's, 256 px
NATIVE = 288


class Crops:
    """One square crop of each photograph, at a random place and scale, half of them mirrored.

    A training that sees each photograph several times saves the content half of its work. A crop of 128 px
    takes 0.3 MB with its features, kept as float16.

    Args:
        paths: photographs.
        size: px, a multiple of 8.
    """

    def __init__(self, paths: Sequence[Path], size: int, seed: int = 0) -> None:
        random = torch.Generator().manual_seed(seed)
        chances = torch.rand(len(paths), 4, generator=random).tolist()
        with ThreadPoolExecutor() as threads:
            crops = list(threads.map(lambda path, chance: crop(path, size, chance), paths, chances))
        self.crops = torch.stack(crops)
        self.network = VGG([CONTENT_LAYER])
        self.known = torch.zeros(len(paths), dtype=torch.bool)
        self.features = torch.empty(len(paths), 512, size // 8, size // 8, dtype=torch.float16)

    def __len__(self) -> int:
        return len(self.crops)

    @torch.no_grad()
    def __call__(self, chosen: Tensor) -> tuple[Tensor, Tensor]:
        """The crops of the indices (B,): (B, 3, size, size) in [0, 1], and their features at relu4_1."""
        crops = self.crops[chosen].float() / 255
        new = ~self.known[chosen]
        if new.any():
            self.features[chosen[new]] = self.network(crops[new])[CONTENT_LAYER].half()
            self.known[chosen] = True
        return crops, self.features[chosen].float()


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
