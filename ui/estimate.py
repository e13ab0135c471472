"""What a run will take, before it is started."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.images import working_size
from engine.base import Engine
from methods.settings import MethodSettings
from ui.html import status_html, time
from ui.language import ENGLISH, Language

LONG = 60  # seconds, from which on a run is warned of


def estimate(
    engine: Engine,
    settings: Mapping[str, MethodSettings],
    shape: tuple[int, int] | None,
    sizes: Sequence[int],
    runs: int,
    say: Language = ENGLISH,
) -> str:
    """The predicted seconds of each method, over all sizes and so many runs, and a warning if they are many.

    Args:
        shape: the photo's width and height; None while there is none: it may then be a square, and nothing is
            warned of.
    """
    predicted = dict.fromkeys(settings, 0.0)
    for size in sizes:
        width, height = working_size(*(shape or (1, 1)), size)
        for name, each in settings.items():
            predicted[name] += runs * engine.costs.predict(name, each, width * height)
    if not predicted:
        return status_html("")
    total = time(sum(predicted.values()))
    parts = tuple(f"{engine.methods[name].title} {time(seconds)}" for name, seconds in predicted.items())
    text = say("estimate.all" if len(parts) > 1 else "estimate.one", parts=parts, total=total)
    if shape is None or sum(predicted.values()) <= LONG:
        return status_html(text)
    return status_html(say("estimate.long", text=text), warned=True)
