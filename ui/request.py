"""From what a browser or a client sent to requests: the only place where they are made and refused.

A request is checked at once, by headers and settings, and made of pictures when it is its turn: what waits
holds the names of files alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from compare.checks import check_request, checked_picture, checked_repeats, checked_size, checked_sweep
from compare.limits import PAGE_SIDE, current
from compare.schema import Plan
from core.plates import PlateIndex
from core.sentence import Sentence, sentence_of
from engine.base import Engine
from methods.base import Method
from methods.settings import MethodSettings, Setting, echo
from ui.files import path_of


def checked_path(payload: Any, role: str) -> str:
    """The path of an uploaded picture; PictureError, which names its role, where there is none, or where its
    header says that it is unfit or too large."""
    path = path_of(payload)
    checked_picture(current(), path, role)
    return path or ""


def read_settings(method: Method, values: Any) -> MethodSettings:
    """A method's settings from values as JSON brings them; ValueError begins with the method's title."""
    entries = {setting.name: setting for setting in method.Settings.fields()}
    try:
        if not isinstance(values, Mapping):
            text = 'its settings are {values}; name each, as in {{"seed": 1}}, or give {{}}.'
            raise ValueError(Sentence("settings_unnamed", text, {"values": echo(values)}))
        unknown = [name for name in values if name not in entries]
        if unknown:
            about = {"name": echo(unknown[0]), "names": tuple(entries)}
            raise ValueError(
                Sentence("settings_unknown", "there is no setting {name}; there are {names}.", about)
            )
        return method.Settings.make(**{name: typed(entries[name], value) for name, value in values.items()})
    except (ValueError, OverflowError) as error:
        about = {"title": method.title, "problem": sentence_of(error)}
        raise ValueError(Sentence("settings_wrong", "{title}: {problem}", about)) from error


def typed(setting: Setting, value: Any) -> Any:
    """A value from JSON in the field's own type where that loses nothing, else as it is."""
    if setting.file:  # never a path as text, which could name any file of the server
        return path_of(value or None) or ""
    if setting.kind is tuple:
        return tuple(value or ()) if value is None or isinstance(value, (list, tuple)) else value
    if setting.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def checked_sizes(size: Any, sweep: Any = None) -> tuple[int, ...]:
    """The size of a run, or those of a sweep; ValueError where one is not offered."""
    return (checked_size(size, PAGE_SIDE),) if sweep is None else checked_sweep(sweep)


def plans(
    engine: Engine,
    content: Any,
    style: Any,
    settings: Mapping[str, MethodSettings],
    size: Any,
    repeats: Any,
    plates: PlateIndex,
    sweep: Any = None,
) -> list[Plan]:
    """The plan of a run at `size`, or those of a sweep, one for each of its sizes, small ones first, of
    uploads as Gradio hands them over. Nothing is decoded.

    ValueError, in a sentence, where a value is out of range or no method was chosen, OverLimit and
    PictureError among them.
    """
    if not settings:
        raise ValueError(Sentence("no_method", "No method was chosen: tick at least one."))
    sizes, repeats = checked_sizes(size, sweep), checked_repeats(repeats)
    photo, painting = path_of(content), path_of(style)
    seconds = check_request(current(), photo, painting, settings, sizes, repeats, engine.costs.predict)
    name = plates.of(painting or "")
    return [
        Plan(photo, painting, settings, each, repeats, name, predicted)
        for each, predicted in zip(sizes, seconds, strict=True)
    ]
