"""The plate nearest in style to a picture: for methods that know only the styles they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.plates import plates
from core.yardstick import style_distance, style_grams
from methods.base import Stop


def nearest_plate(
    names: Sequence[str], image: Tensor, device: torch.device, stop: Stop | None = None
) -> tuple[str, str]:
    """Which of the named plates is nearest by the yardstick to a (1, 3, H, W) picture in [0, 1].

    Returns its name, and a sentence that says so.
    """
    captions = {plate.name: plate.caption for plate in plates() if plate.name in names}
    if not captions:
        raise ValueError("None of the trained styles has a plate in styles/, so the nearest is not known.")
    target = style_grams(image.to(device))
    distances = {}
    for name in captions:
        if stop is not None:
            stop.check()
        distances[name] = style_distance(_grams(name, device), target)
    name = min(distances, key=lambda name: distances[name])
    return name, f"nearest trained style: {captions[name]} ({distances[name]:.2f} away)."


@cache
def _grams(name: str, device: torch.device) -> dict[str, Tensor]:
    path = next(plate.path for plate in plates() if plate.name == name)
    return style_grams(to_tensor(open_picture(path, "plate").rgb).to(device))
