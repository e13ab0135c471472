"""A training's style pictures: their statistics and Gram matrices, computed once and kept on disk."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.yardstick import STYLE_LAYERS, encode_style
from methods.style_predictor import style_statistics

SHARD = 100  # pictures a file: so much is lost where the computing is interrupted


class StyleBank:
    """Style pictures, each measured whole at a short side of 256 px, as the yardstick does.

    The Gram matrices are kept as float16, 0.7 MB a picture, which is why each is divided by its norm.

    Args:
        paths: the pictures.
        cache: folder of files <name>-NNN.pt, used where they hold these pictures and written where not.
        device: where they are measured and kept.

    Attributes:
        statistics: (N, 1920), the predictor's input.
    """

    def __init__(
        self, paths: Sequence[Path], cache: Path, name: str, device: torch.device | str = "cpu"
    ) -> None:
        cache.mkdir(parents=True, exist_ok=True)
        shards = []
        for number, start in enumerate(range(0, len(paths), SHARD)):
            measured = shard(paths[start : start + SHARD], cache / f"{name}-{number:03}.pt", device)
            shards.append({key: each.to(device) for key, each in measured.items()})
            print(
                f"{name}: {min(start + SHARD, len(paths)):,} of {len(paths):,}", file=sys.stderr, flush=True
            )
        self.statistics = torch.cat([each["statistics"] for each in shards])
        self._norms = {
            layer: torch.cat([each[f"{layer} norms"] for each in shards]) for layer in STYLE_LAYERS
        }
        self._shapes = {layer: torch.cat([each[layer] for each in shards]) for layer in STYLE_LAYERS}

    def __len__(self) -> int:
        return len(self.statistics)

    def grams(self, chosen: Tensor) -> dict[str, Tensor]:
        """By layer, the Gram matrices (B, C, C) of the pictures with the indices (B,)."""
        return {
            layer: shapes[chosen].float() * self._norms[layer][chosen, None, None]
            for layer, shapes in self._shapes.items()
        }


def shard(paths: Sequence[Path], file: Path, device: torch.device | str) -> dict[str, Tensor]:
    """Statistics, Gram matrices over their norms, and the norms, of the file or of the pictures."""
    names = [path.name for path in paths]
    if file.exists():
        kept: dict[str, Any] = torch.load(file, weights_only=True)
        if kept.pop("names") == names:
            return kept
    with ThreadPoolExecutor() as threads:
        pictures = threads.map(lambda path: to_tensor(open_picture(path).rgb), paths)
        measured = [measure(picture.to(device)) for picture in pictures]
    tensors = {key: torch.cat([each[key] for each in measured]).cpu() for key in measured[0]}
    torch.save({"names": names, **tensors}, file)
    return tensors


def measure(picture: Tensor) -> dict[str, Tensor]:
    """The same of one picture, (1, 3, H, W) in [0, 1]."""
    encoding = encode_style(picture)
    tensors = {"statistics": style_statistics(encoding.moments)}
    for layer in STYLE_LAYERS:
        matrix = encoding.grams[layer]
        norm = matrix.flatten(1).norm(dim=1).clamp_min(1e-12)
        tensors[layer], tensors[f"{layer} norms"] = (matrix / norm[:, None, None]).half(), norm
    return tensors
