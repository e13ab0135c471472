"""Why two pictures of one comparison look different, in sentences from their own numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from html import escape

from compare.schema import Tile
from core.sentence import Sentence
from core.yardstick import Distances
from methods.settings import MethodSettings, named
from ui.distance_charts import seconds_and_style
from ui.explained import idea
from ui.html import time
from ui.language import ENGLISH, Language
from ui.summary import side

SAME = 1.02  # times as far, up to which two distances are not told apart
MOST_SETTINGS = 4  # that are named

Decide = Callable[[str, MethodSettings], MethodSettings]
"""A method's settings with what they leave to the machine decided, as a tile has them."""


def as_they_are(name: str, settings: MethodSettings) -> MethodSettings:
    """Leaves nothing to the machine."""
    return settings


def measured(tiles: Mapping[str, Tile]) -> dict[str, Tile]:
    """Those that have a picture with its numbers."""
    return {name: tile for name, tile in tiles.items() if tile.distances and tile.seconds}


def why_html(
    tiles: Mapping[str, Tile],
    first: str | None,
    second: str | None,
    say: Language = ENGLISH,
    decide: Decide = as_they_are,
) -> str:
    """The sentences about two methods, by name; a request to compare where they have no pictures."""
    known = measured(tiles)
    if first == second or not {first, second} <= {*known}:
        return f'<p class="status">{say("why.none")}</p>'
    sentences = reasons(known[str(first)], known[str(second)], say, decide)
    return f'<ul class="why">{"".join(f"<li>{escape(each)}</li>" for each in sentences)}</ul>'


def reasons(
    first: Tile, second: Tile, say: Language = ENGLISH, decide: Decide = as_they_are
) -> Iterator[str]:
    """What both do, which is nearer to painting and photo, what that took, and what was set otherwise."""
    for tile in (first, second):
        if idea(tile.method):
            yield say("why.idea", title=tile.title, matches=say(f"how.{tile.method}.matches"))
    yield from nearer(first, second, "style", say)
    yield from nearer(first, second, "content", say)
    yield worked(first, second, say)
    for tile in (first, second):
        if len(tile.distance_history) > 1:
            begun, ended = tile.distance_history[0], tile.distance_history[-1]
            values = {"begun": begun.distances.style, "ended": ended.distances.style, "steps": ended.step}
            yield say("why.steps", title=tile.title, **values)
        settings = changed(tile, decide)
        if settings:
            yield say("why.settings", title=tile.title, settings=settings)
        if tile.painted_as:
            yield say("why.painted_as", title=tile.title, painting=tile.painted_as)


def worked(first: Tile, second: Tile, say: Language) -> str:
    """Which of them took longer, or that they cannot be compared."""
    if side(first) != side(second):
        sizes = {"size": side(first), "other": side(second)}
        return say("why.sizes", first=first.title, second=second.title, **sizes)
    quick, slow = sorted((first, second), key=seconds_and_style)
    seconds = {"most": time(seconds_and_style(slow)[0]), "least": time(seconds_and_style(quick)[0])}
    return say("why.seconds", slow=slow.title, quick=quick.title, **seconds)


def nearer(first: Tile, second: Tile, kind: str, say: Language) -> Iterator[str]:
    """Which of them is nearer to the painting ("style") or to the photo ("content"), if one is."""

    def distance(tile: Tile) -> float:
        value: float = getattr(tile.distances, kind)
        return value

    near, far = sorted((first, second), key=distance)
    if distance(far) <= SAME * distance(near):
        yield say(f"why.{kind}_same", first=first.title, second=second.title, distance=distance(near))
        return
    landmark = near.baseline or Distances(0.0, 0.0)
    values = {"near": near.title, "far": far.title, "least": distance(near), "most": distance(far)}
    yield say(f"why.{kind}", untouched=landmark.style, **values)


def changed(tile: Tile, decide: Decide) -> tuple[Sentence, ...]:
    """Settings that are not as usual on this machine, in words."""
    values = tile.settings.as_dict()
    preset = {"preset": values["preset"]} if "preset" in values else {}
    usual = decide(tile.method, type(tile.settings).make(**preset)).as_dict()
    names = [name for name, value in values.items() if value != usual[name]][:MOST_SETTINGS]
    aliases = {setting.name: setting.alias for setting in tile.settings.fields()}
    return tuple(
        Sentence(
            "setting_value",
            "{name} {value}",
            {"name": named(name, aliases[name]), "value": str(values[name])},
        )
        for name in names
    )
