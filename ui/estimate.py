"""What a run will take, said before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from compare.comparison import Comparison
from core.images import working_size
from methods.settings import MethodSettings
from ui.picture_input import said
from ui.tile import time

LONG = 60  # seconds, from which on a run is warned of


def forecast(
    comparison: Comparison,
    settings: Mapping[str, MethodSettings],
    shape: tuple[int, int] | None,
    sizes: Sequence[int],
    runs: int,
) -> str:
    """The predicted seconds of each method, over all sizes and so many runs, and a warning if they are many.

    Args:
        shape: the photo's width and height; None while there is none: it may then be a square.
    """
    predicted = dict.fromkeys(settings, 0.0)
    for size in sizes:
        width, height = working_size(*(shape or (1, 1)), size)
        for name, each in settings.items():
            predicted[name] += runs * comparison.costs.predict(name, each, width * height)
    if not predicted:
        return said("")
    total = sum(predicted.values())
    each_one = ", ".join(
        f"{comparison.methods[name].title} {time(seconds)}" for name, seconds in predicted.items()
    )
    told = f"Predicted: {each_one}" if len(predicted) > 1 else f"Predicted: {time(total)}"
    if len(predicted) > 1:
        told += f"; {time(total)} in all"
    if total <= LONG:
        return said(f"{told}.")
    return said(
        f"{told}. That is more than a minute: a smaller size or fewer steps are quicker.", warned=True
    )
