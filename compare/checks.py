"""The check of a request by the limits, before anything is decoded or queued."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from compare.limits import REPEATS, SIDE, SWEEP_SIDES, Limits
from core.images import PAINTING, PHOTO, PictureError, picture_size, working_size
from core.sentence import Sentence
from methods.settings import MethodSettings, echo, named

SIZE, RUNS_AGAIN = Sentence("size", "size"), Sentence("timing", "repeats")  # names for sentences
STYLE_SIZE = named("style_size")


class OverLimit(ValueError):
    """A request asks for too much; the message names the setting, its limit and the nearest allowed value."""


Predict = Callable[[str, MethodSettings, int], float]
"""Seconds of a method, by name, with these settings for so many pixels, as CostModel.predict."""


def check_request(
    limits: Limits,
    content: str | Path | None,
    style: str | Path | None,
    settings: Mapping[str, MethodSettings],
    sizes: Sequence[int],
    repeats: int,
    predict: Predict | None = None,
) -> list[float]:
    """The predicted seconds at each size. Raise OverLimit where a request is beyond the limits, and
    PictureError where a file has no fit header, or a picture too many pixels.

    Settings that are files hold paths; of pictures only headers are read. Without `predict`, seconds are 0
    and not checked.
    """
    check_bytes(limits, {name: each.as_dict() for name, each in settings.items()})
    if max(sizes) > limits.side:
        text = "{name} is {value:,}; at most {most:,} pixels are allowed here."
        about = {"name": SIZE, "value": max(sizes), "most": limits.side}
        raise OverLimit(Sentence("size_over", text, about))
    if repeats > limits.repeats:
        text = "{name} is {value}; at most {most} are allowed here."
        about = {"name": RUNS_AGAIN, "value": repeats, "most": limits.repeats}
        raise OverLimit(Sentence("repeats_over", text, about))
    shape = checked_picture(limits, content, PHOTO)
    style_shape = checked_picture(limits, style, PAINTING)
    for name, each in settings.items():
        _check_styles(limits, name, each)
        _check_style_size(limits, name, each, style_shape, max(sizes))
    if predict is None:
        return [0.0] * len(sizes)
    pixels = [math.prod(working_size(*shape, size)) for size in sizes]
    return check_seconds(limits, settings, pixels, repeats, predict)


def check_bytes(limits: Limits, settings: Any) -> None:
    """Raise OverLimit where settings, as JSON, are larger than any that mean something."""
    size = len(json.dumps(settings, default=str))
    if size > limits.settings_bytes:
        text = "The settings are {size:,} bytes long; at most {most:,} are allowed."
        raise OverLimit(Sentence("settings_bytes", text, {"size": size, "most": limits.settings_bytes}))


def checked_picture(limits: Limits, picture: str | Path | bytes | None, role: str) -> tuple[int, int]:
    """Width and height of a file, or of a file's bytes, by its header. PictureError, which names its role,
    where there is none, or where it is unfit or has too many pixels."""
    width, height = picture_size(picture, role)
    if width * height > limits.megapixels * 1e6:
        factor = math.sqrt(limits.megapixels * 1e6 / (width * height))
        text = (
            "The {role} is {width:,} x {height:,} px; at most {most:g} megapixels are allowed here, as "
            "{fitting:,} x {fitting_height:,} px."
        )
        fitting = {"fitting": int(width * factor), "fitting_height": int(height * factor)}
        about = {"role": role, "width": width, "height": height, "most": limits.megapixels, **fitting}
        raise PictureError(Sentence("picture_over", text, about))
    return width, height


def _check_styles(limits: Limits, name: str, settings: MethodSettings) -> None:
    """Plates each once, not too many, and pictures among the settings within the megapixels."""
    plates = getattr(settings, "plates", ())
    if len(set(plates)) < len(plates):
        twice = next(plate for plate in plates if plates.count(plate) > 1)
        text = "{method}: {name} has {value} more than once; choose each once."
        about = {"method": name, "name": named("plates"), "value": twice}
        raise OverLimit(Sentence("plates_repeated", text, about))
    pictures = [entry.name for entry in settings.fields() if entry.file in ("image", "mask")]
    styles = len(plates) + bool(getattr(settings, "second", ""))
    most = limits.styles - (1 if "second" in pictures else 0)  # the style picture is one of them
    if styles > most:
        text = "{method}: {names} are {count} in all; at most {most} can be mixed in."
        about = {"method": name, "names": (named("plates"), named("second")), "count": styles, "most": most}
        raise OverLimit(Sentence("plates_over", text, about))
    for field in pictures:
        if getattr(settings, field):
            checked_picture(limits, getattr(settings, field), named(field))


def _check_style_size(
    limits: Limits, name: str, settings: MethodSettings, shape: tuple[int, int], size: int
) -> None:
    """The style picture at the size at which a method uses it: at most twice its own, and so many pixels."""
    if not hasattr(settings, "style_size"):
        return
    own = min(shape) if settings.style_side == "short" else max(shape)
    asked = settings.style_size
    room = int(own * math.sqrt(limits.style_megapixels * 1e6 / math.prod(shape)))
    most = min(max(2 * own, SIDE[0]), room)
    if asked > most:
        text = (
            "{method}: {name} is {value:,}; for this painting of {width:,} x {height:,} px at most {most:,} "
            "is allowed."
        )
        about = {"value": asked, "width": shape[0], "height": shape[1], "most": most}
        raise OverLimit(Sentence("style_size_over", text, {"method": name, "name": STYLE_SIZE, **about}))
    if not asked and settings.style_side == "long" and size > room:
        text = "{method}: {name} follows the photo's size, {value:,}; set it to {most:,} at most."
        about = {"method": name, "name": STYLE_SIZE, "value": size, "most": room}
        raise OverLimit(Sentence("style_size_follows", text, about))


def check_seconds(
    limits: Limits,
    settings: Mapping[str, MethodSettings],
    pixels: Sequence[int],
    repeats: int,
    predict: Predict,
) -> list[float]:
    """The predicted seconds of a comparison for each number of pixels; OverLimit, which says what would fit,
    where they are too many together."""
    each = [
        (1 + repeats) * sum(predict(name, values, count) for name, values in settings.items())
        for count in pixels
    ]
    if sum(each) > limits.seconds:
        _refuse_seconds(limits, settings, pixels, repeats, predict)
    return each


def _refuse_seconds(
    limits: Limits,
    settings: Mapping[str, MethodSettings],
    pixels: Sequence[int],
    repeats: int,
    predict: Predict,
) -> NoReturn:
    """Say what would fit."""
    once = {name: sum(predict(name, each, count) for count in pixels) for name, each in settings.items()}
    total = sum(once.values()) * (1 + repeats)
    found = Sentence(
        "too_long",
        "This would take about {total:,.0f} s; at most {most:,.0f} s are allowed here",
        {"total": total, "most": limits.seconds},
    )
    fitting = int(limits.seconds / sum(once.values())) - 1
    if fitting >= 0:
        text = "{found}: set {name} from {value} to {most}."
        about = {"found": found, "name": RUNS_AGAIN, "value": repeats, "most": fitting}
        raise OverLimit(Sentence("too_long_repeats", text, about))
    if len(pixels) > 1:
        text = "{found}: choose fewer or smaller sizes, or fewer methods."
        raise OverLimit(Sentence("too_long_sizes", text, {"found": found}))
    slowest = max(once, key=lambda name: once[name])
    left = limits.seconds - (sum(once.values()) - once[slowest])
    steps = getattr(settings[slowest], "steps", 0)
    if steps and left > 0 and math.isinf(settings[slowest].most_seconds):
        text = "{found}: set {method}'s {name} from {value:,} to {most:,}."
        about = {"value": steps, "most": max(1, int(steps * left / once[slowest]))}
        names = {"method": slowest, "name": named("steps")}
        raise OverLimit(Sentence("too_long_steps", text, {"found": found, **names, **about}))
    text = "{found}: set a smaller size, or fewer methods or seconds; {method} takes longest."
    raise OverLimit(Sentence("too_long_size", text, {"found": found, "method": slowest}))


def checked_size(size: Any, sides: tuple[int, int] = SIDE) -> int:
    """The working size; ValueError where it is out of range."""
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not sides[0] <= size <= sides[1]:
        text = "{name} is {value}; it must be from {low} to {high} pixels."
        about = {"name": SIZE, "value": echo(size), "low": sides[0], "high": sides[1]}
        raise ValueError(Sentence("size_range", text, about))
    return int(size)


def checked_repeats(repeats: Any) -> int:
    """How often each method runs again; ValueError where it is out of range."""
    if isinstance(repeats, bool) or not isinstance(repeats, int) or not 0 <= repeats <= REPEATS:
        text = "{name} is {value}; it must be a whole number from 0 to {most}."
        about = {"name": RUNS_AGAIN, "value": echo(repeats), "most": REPEATS}
        raise ValueError(Sentence("repeats_range", text, about))
    return repeats


def checked_sweep(sizes: Any) -> tuple[int, ...]:
    """The sizes of a sweep, small ones first; ValueError where there is none or one is not offered."""
    if not isinstance(sizes, (list, tuple)) or not sizes or not set(sizes) <= set(SWEEP_SIDES):
        text = "The sizes to compare are {value}; choose at least one of {offered}."
        about = {"value": echo(sizes), "offered": SWEEP_SIDES}
        raise ValueError(Sentence("sweep_sizes", text, about))
    return tuple(sorted(set(sizes)))
