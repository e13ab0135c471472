"""The plate nearest in style to a picture: for methods that know only the styles they were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.plates import plate, plates
from core.yardstick import style_distance, style_grams
from methods.base import Stop, Style

NEAREST = "nearest trained style"  # a note that begins so says that another style was painted


def nearest_plate(
    names: Sequence[str], style: Style, device: torch.device, stop: Stop | None = None
) -> tuple[str, str]:
    """Which of the named plates is nearest to a style by the yardstick.

    Returns its name, and a sentence that says so. The style remembers both.
    """
    return style.once(("nearest", *names, device), lambda: _search(names, style, device, stop))


def _search(names: Sequence[str], style: Style, device: torch.device, stop: Stop | None) -> tuple[str, str]:
    captions = {each.name: each.caption for each in plates() if each.name in names}
    if not captions:
        raise ValueError("None of the trained styles has a plate in styles/, so the nearest is not known.")
    target = style.grams(device)
    distances = {}
    for name in captions:
        if stop is not None:
            stop.check()
        distances[name] = style_distance(_grams(name, device), target)
    name = min(distances, key=lambda name: distances[name])
    return name, f"{NEAREST}: {captions[name]} ({distances[name]:.2f} away)."


@cache
def _grams(name: str, device: torch.device) -> dict[str, Tensor]:
    return style_grams(to_tensor(open_picture(plate(name).path, "plate").rgb).to(device))
