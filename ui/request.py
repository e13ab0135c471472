"""From what a browser or a client sent to requests: the only place where they are made and refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from compare.limits import PAGE_SIDE, check_request, checked_repeats, checked_size, checked_sweep, current
from compare.schema import Request, make_request
from core.images import Picture, open_picture
from core.plates import PlateIndex
from engine.base import Engine
from methods.base import Method
from methods.settings import MethodSettings, Setting, echo
from ui.files import path_of


@dataclass(frozen=True)
class Upload:
    """A picture that was sent: its file and what is in it."""

    path: str
    picture: Picture


def read_picture(payload: Any, role: str) -> Upload:
    """Decode an uploaded picture; PictureError, which names its role, where there is none or it is unfit."""
    path = path_of(payload)
    return Upload(path or "", open_picture(path, role))


def read_settings(method: Method, values: Any) -> MethodSettings:
    """A method's settings from values as JSON brings them; ValueError begins with the method's title."""
    entries = {setting.name: setting for setting in method.Settings.fields()}
    try:
        if not isinstance(values, Mapping):
            raise ValueError(
                f'its settings are {echo(values)}; name each, as in {{"seed": 1}}, or give {{}}.'
            )
        unknown = [name for name in values if name not in entries]
        if unknown:
            raise ValueError(f"there is no setting {echo(unknown[0])}; there are {', '.join(entries)}.")
        return method.Settings.make(**{name: typed(entries[name], value) for name, value in values.items()})
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{method.title}: {error}") from error


def typed(setting: Setting, value: Any) -> Any:
    """A value from JSON in the field's own type where that loses nothing, else as it is."""
    if setting.file:  # never a path as text, which could name any file of the server
        return path_of(value or None) or ""
    if setting.kind is tuple:
        return tuple(value or ()) if value is None or isinstance(value, (list, tuple)) else value
    if setting.kind is int and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def admit(
    engine: Engine,
    content: Any,
    style: Any,
    settings: Mapping[str, MethodSettings],
    size: Any,
    repeats: Any,
    sweep: Any = None,
) -> None:
    """Check a request, of uploads as Gradio hands them over, before anything is decoded: ValueError, and
    OverLimit among them, in a sentence."""
    sizes, repeats = checked_sizes(size, sweep), checked_repeats(repeats)
    predict = engine.costs.predict
    check_request(current(), path_of(content), path_of(style), settings, sizes, repeats, predict)


def checked_sizes(size: Any, sweep: Any = None) -> tuple[int, ...]:
    """The size of a run, or those of a sweep; ValueError where one is not offered."""
    return (checked_size(size, PAGE_SIDE),) if sweep is None else checked_sweep(sweep)


def build_requests(
    content: Upload,
    style: Upload,
    settings: Mapping[str, MethodSettings],
    size: Any,
    repeats: Any,
    plates: PlateIndex,
    sweep: Any = None,
) -> list[Request]:
    """The request of a run at `size`, or those of a sweep, one for each of its sizes, small ones first.

    ValueError, in a sentence, where a value is out of range or no method was chosen.
    """
    if not settings:
        raise ValueError("No method was chosen: tick at least one.")
    sizes = checked_sizes(size, sweep)
    repeats, name = checked_repeats(repeats), plates.of(style.path)
    requests = [make_request(content.picture, style.picture, settings, each, name, repeats) for each in sizes]
    return [replace(each, style=requests[0].style, files=requests[0].files) for each in requests]
