"""The plate nearest in style to a picture: for methods that know only the styles they were trained on."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.plates import Plate, plates
from core.yardstick import style_distance, style_grams
from methods.base import Stop


class NearestPlate:
    """Finds among the named plates; their Gram matrices are computed at the first question and kept."""

    def __init__(self, names: Sequence[str], device: torch.device) -> None:
        self.plates = {plate.name: plate for plate in plates() if plate.name in names}
        self.device = device
        self._grams: dict[str, dict[str, Tensor]] = {}

    def find(self, image: Tensor, stop: Stop | None = None) -> tuple[Plate, float]:
        """The nearest plate to a (1, 3, H, W) picture in [0, 1], and its style distance by the yardstick."""
        if not self.plates:
            raise ValueError(
                "None of the trained styles has a plate in styles/, so the nearest is not known."
            )
        target = style_grams(image.to(self.device))
        distances = {name: style_distance(self._of(name, stop), target) for name in self.plates}
        name = min(distances, key=lambda name: distances[name])
        return self.plates[name], distances[name]

    def _of(self, name: str, stop: Stop | None) -> dict[str, Tensor]:
        if stop is not None:
            stop.check()
        if name not in self._grams:
            picture = to_tensor(open_picture(self.plates[name].path, "plate").rgb)
            self._grams[name] = style_grams(picture.to(self.device))
        return self._grams[name]
