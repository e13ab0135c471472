"""What any method can do with its blend picture: take back some style, keep the colours of the photo."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from core.colour import keep_colours
from methods.settings import MethodSettings, setting


@dataclass(frozen=True)
class BlendSettings(MethodSettings):
    """Settings that mean the same in every method that has them."""

    strength: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.")
    keep_colours: bool = setting(
        False, help="Take only light and dark from the style, colours from the photo."
    )


def blend(pastiche: Tensor, content: Tensor, settings: BlendSettings) -> Tensor:
    """A method's picture (B, 3, H, W) in [0, 1] as the settings ask, blended with its content."""
    if settings.keep_colours:
        pastiche = keep_colours(pastiche, content)
    return content.lerp(pastiche, settings.strength)
