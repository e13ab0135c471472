"""Quality, speed and flexibility: what a method was trained for, what a picture costs, and from how many on
training has paid.

Surveys of the field end on this trade-off between three: Jing, Yang, Feng, Ye, Yu, Song 2020, "Neural Style
Transfer: A Review", section 7.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from compare.checks import Predict
from compare.schema import Learning, Tile
from methods.base import Method, Serves
from methods.settings import MethodSettings
from weights.catalog import Training, WeightFile


def break_even(training: float, picture: float, other: float) -> int | None:
    """After how many pictures `training` seconds and then `picture` for each are less than `other` for each;
    None where they never are."""
    if not picture < other:
        return None
    return math.floor(training / (other - picture)) + 1


@dataclass(frozen=True)
class Tradeoff:
    """One method's side of it.

    Attributes:
        serves: how many styles one training serves; styles: how many it was trained for, 0 for any.
        training: once and for all, by our trainers; nothing where there was none or others did it.
        learning: of a painting here and now, where the method needs or was given that.
        picture: seconds of one picture, without learning.
    """

    serves: Serves
    styles: int
    training: tuple[Training, ...]
    learning: Learning | None
    picture: float

    @property
    def painting(self) -> float | None:
        """Seconds that a painting costs before its first picture; None where that is not known."""
        if self.learning is not None:
            return self.learning.seconds
        return None if self.serves == "one" else 0.0

    def after(self, pictures: float) -> float:
        """Seconds of so many pictures in one new painting."""
        return (self.painting or 0.0) + pictures * self.picture

    def cheaper_than(self, other: Tradeoff) -> int | None:
        """From which picture in one new painting on it has cost less than another method; None: never, or not
        known."""
        return None if self.painting is None else break_even(self.painting, self.picture, other.picture)


def tradeoff(tile: Tile) -> Tradeoff:
    """Of a tile that has its seconds."""
    assert tile.seconds is not None
    weights = () if tile.serves == "untrained" else tile.weights
    learnt = tile.learning.picture if tile.learning else None
    return Tradeoff(
        tile.serves,
        max((len(weight.styles) for weight in weights), default=0),
        training_of(weights),
        tile.learning,
        tile.seconds.median if learnt is None else learnt,
    )


def training_of(weights: Iterable[WeightFile]) -> tuple[Training, ...]:
    """What it took to train some networks, a part for each machine; its seconds are None where one was not
    measured."""
    parts = dict.fromkeys(part for weight in weights for part in weight.training)  # of shared ones once
    by_machine: dict[str, list[float | None]] = {}
    for part in parts:
        by_machine.setdefault(part.machine, []).append(part.seconds)
    return tuple(
        Training(machine, None if None in seconds else sum(filter(None, seconds)))
        for machine, seconds in by_machine.items()
    )


def learning_of(tile: Tile, method: Method, predicted: Predict) -> Learning | None:
    """What it took a finished tile's method to learn the painting, or what that would take."""
    for note in tile.notes:
        if "learning_seconds" in note.values:
            return Learning(note.values["learning_seconds"], note.values["painting_seconds"])
    if tile.image is None:
        return None
    height, width, _ = tile.image.shape
    return predicted_learning(method, tile.settings, height * width, predicted)


def predicted_learning(
    method: Method, settings: MethodSettings, pixels: int, predicted: Predict
) -> Learning | None:
    """What it would take a method to train for a painting of so many pixels; None where it does not."""
    if not method.on_the_spot:
        return None
    taught = settings.with_values(method.on_the_spot)
    trained, painted = (predicted(method.name, each, pixels) for each in (taught, settings))
    return Learning(max(0.0, trained - painted))
