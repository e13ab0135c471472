"""The plates as styles, for tests of the methods that know them."""

from torch import Tensor

from core.images import open_picture, to_tensor
from core.plates import plates
from methods.base import Style

PLATES = {plate.name: plate for plate in plates()}


def plate(name: str) -> Style:
    return Style(to_tensor(open_picture(PLATES[name].path).rgb), name)


def far(a: Tensor, b: Tensor) -> float:
    """The mean absolute difference of two pictures."""
    return (a - b).abs().mean().item()
