"""Several styles in one picture: each has a share, and networks interpolate between them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.images import PAINTING, Picture, open_picture, resize, to_tensor
from core.plates import plate, plates
from core.sentence import Sentence
from methods.base import Style
from methods.settings import MethodSettings, echo, named, setting

# Long side of a style picture in px: no method works on a larger one, and 100 megapixels would be a tensor of
# 1.2 GB.
STYLE_SIDE = 4096


@dataclass(frozen=True)
class MixSettings(MethodSettings):
    """Settings of methods that take any picture and can mix the style with others."""

    second: str = setting("", file="image", help="Another painting, mixed with the first.")
    plates: tuple[str, ...] = setting(
        (), choices=lambda: tuple(each.name for each in plates()), help="Paintings of ours to mix in as well."
    )
    shares: str = setting("", help="How much of each painting, in their order, as in 2, 1, 1; empty: equal.")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.proportions()

    def proportions(self) -> list[float]:
        """The shares of the style picture, the second and the plates, adding up to 1."""
        return parse_shares(self.shares, 1 + bool(self.second) + len(self.plates))

    def other_styles(self, files: Mapping[str, bytes]) -> list[Style]:
        """The second picture, from its file's content, and the plates. PictureError where it is unfit."""
        second = [second_style(files)] if self.second else []
        named = [open_picture(plate(name).path, PAINTING) for name in self.plates]
        return second + [Style(to_tensor(bounded(each).opaque())) for each in named]


def second_style(files: Mapping[str, bytes]) -> Style:
    """The style of the file under "second". PictureError where it is unfit."""
    picture = open_picture(files.get("second"), Sentence("second_painting", "second painting"))
    return Style(to_tensor(bounded(picture).opaque()))


def bounded(picture: Picture, side: int = STYLE_SIDE) -> Picture:
    """The picture, its long side at most `side` px."""
    return resize(picture, side) if max(picture.colours.size) > side else picture


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
        needed = (
            "{name} is {value}; give one number from 0 on for each of the {count} paintings, as in 2, 1, not "
            "all of them 0."
        )
        about = {"name": named("shares"), "value": echo(text), "count": count}
        raise ValueError(Sentence("shares_wrong", needed, about))
    return [share / sum(shares) for share in shares]
