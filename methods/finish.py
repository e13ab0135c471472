"""What any method can do with its finished picture: take back some style, keep the colours of the photo."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.colour import keep_colours
from methods.settings import MethodSettings, knob


@dataclass(frozen=True)
class FinishSettings(MethodSettings):
    """Settings that mean the same in every method that has them."""

    strength: float = knob(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.")
    keep_colours: bool = knob(False, help="Take only light and dark from the style, colours from the photo.")


def finished(pastiche: Tensor, content: Tensor, settings: FinishSettings) -> Tensor:
    """A method's picture (B, 3, H, W) in [0, 1] as the settings ask, blended with its content."""
    if settings.keep_colours:
        pastiche = keep_colours(pastiche, content)
    return content.lerp(pastiche, settings.strength)
