"""What a run will take, before it is started."""

from __future__ import annotations

import math
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
    others: Mapping[str, MethodSettings] | None = None,
) -> str:
    """The predicted seconds of each method, over all sizes and so many runs, and a warning if they are many.

    Args:
        shape: the photo's width and height; None while there is none: it may then be a square, and nothing is
            warned of.
        others: methods that are left out, of which it is said what they would add.
    """

    def seconds(name: str, each: MethodSettings) -> float:
        pixels = [math.prod(working_size(*(shape or (1, 1)), size)) for size in sizes]
        return sum(runs * engine.costs.predict(name, each, count) for count in pixels)

    def listed(values: Mapping[str, float]) -> tuple[str, ...]:
        return tuple(f"{engine.methods[name].title} {time(each)}" for name, each in values.items())

    predicted = {name: seconds(name, each) for name, each in settings.items()}
    if not predicted:
        return status_html("")
    parts, total = listed(predicted), time(sum(predicted.values()))
    text = say("estimate.all" if len(parts) > 1 else "estimate.one", parts=parts, total=total)
    more = {name: seconds(name, each) for name, each in (others or {}).items()}
    if more:
        text = say("estimate.more", text=text, parts=listed(more))
    if shape is None or sum(predicted.values()) <= LONG:
        return status_html(text)
    return status_html(say("estimate.long", text=text), warned=True)
