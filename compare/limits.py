"""Every limit of a comparison, once, and the check of a request before anything is decoded or queued.

There are two profiles: LOCAL, for who runs StyleGrid on a machine of their own, and PUBLIC, for strangers.
What a single picture file may be at all is checked in core/images.py.
"""

from __future__ import annotations

import ipaddress
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NoReturn

from core.images import PAINTING, PHOTO, PictureError, picture_size, working_size
from core.sentence import Sentence
from methods.settings import MethodSettings, echo, named

SIDE = (64, 8192)  # px, long side of the content
PAGE_SIDE = (64, 1024)  # px, the same in the page and its API
SWEEP_SIDES = (256, 384, 512, 768, 1024, 1536, 2048)  # px, that a sweep of the page offers
LARGE_SIDE = 2048  # px, at which the page paints a picture once more that was chosen among small ones
REPEATS = 20  # at most, of each method after its first run
SIZE, RUNS_AGAIN = Sentence("size", "size"), Sentence("timing", "repeats")  # names for sentences
STYLE_SIZE = named("style_size")
KEPT = 16  # finished comparisons whose pictures stay in memory


@dataclass(frozen=True)
class Limits:
    """What a comparison may ask for; each is set by STYLEGRID_ and its name, as in STYLEGRID_SECONDS=60.

    Attributes:
        side: px, long side of the content, in a sweep too.
        repeats: of each method after its first run.
        seconds: predicted for all methods, repeats and sizes together.
        megapixels: of each picture file.
        style_megapixels: of the style picture at the size at which a method uses it.
        styles: that one method mixes.
        settings_bytes: of all settings as JSON.
        json_bytes: of a request's body that is no upload, and of an uploaded file that is of no known kind.
        upload_bytes: of an uploaded file; upload_files: in one request.
        requests: open at once from one address, and connections; a page holds two. connections: in all.
        visitor_runs: of a visitor, running and waiting; network_runs: of all visitors at one address.
        hourly: comparisons a visitor; network_hourly: of all at one address.
        inspections: an hour, of a visitor; network_inspections: of all at one address.
        waiting: runs in line at most; waiting_seconds: after which one leaves it.
        overtime: times `seconds`, after which a run is ended.
        reader_seconds: after which a run ends whose tiles nobody reads; message_seconds: after which
            messages go that nobody fetches.
        daily_votes: of a visitor within 24 hours.
        kept_seconds: for which results are kept.
        memory_bytes: of the process that computes, where it is one of its own; a tenth of the machine's is
            left in any case.
        disk_bytes: of all uploads and results; visitor_bytes: that a visitor uploads within an hour.
        upload_seconds: for which an upload is kept that nothing needs; see ui/uploads.py.
    """

    side: int = SIDE[1]
    repeats: int = REPEATS
    seconds: float = math.inf
    megapixels: float = 100
    style_megapixels: float = 17
    styles: int = 16
    settings_bytes: int = 64_000
    json_bytes: int = 1_000_000
    upload_bytes: int = 200_000_000  # JPEGs of 100 megapixels, the most that core.images takes, stay below
    upload_files: int = 16
    requests: int = 1000
    connections: int = 1000
    visitor_runs: int = 2
    network_runs: int = 1000
    hourly: int = 10_000
    network_hourly: int = 100_000
    inspections: int = 10_000
    network_inspections: int = 100_000
    waiting: int = 32
    waiting_seconds: float = math.inf
    overtime: float = 1.25
    reader_seconds: float = 30
    message_seconds: float = 60
    daily_votes: int = 10_000
    kept_seconds: float = math.inf
    memory_bytes: float = math.inf
    disk_bytes: float = math.inf
    visitor_bytes: float = math.inf
    upload_seconds: float = math.inf


LOCAL = Limits()
PUBLIC = Limits(
    side=1024,
    repeats=3,
    seconds=120,
    megapixels=24,
    style_megapixels=1.05,  # 1,024 x 1,024
    styles=4,
    upload_bytes=30_000_000,
    upload_files=4,
    requests=32,
    network_runs=8,
    hourly=60,
    network_hourly=240,
    inspections=120,
    network_inspections=480,
    waiting=16,
    waiting_seconds=600,
    daily_votes=200,
    kept_seconds=3600,
    memory_bytes=6e9,
    disk_bytes=2e9,
    visitor_bytes=100e6,
    upload_seconds=600,
)


class OverLimit(ValueError):
    """A request asks for too much; the message names the setting, its limit and the nearest allowed value."""


def is_public(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether strangers may come: by STYLEGRID_PUBLIC, 1 or 0; else on a Space, or with HOST not loopback."""
    choice = environment.get("STYLEGRID_PUBLIC")
    if choice:
        return choice != "0"
    host = environment.get("HOST") or ("0.0.0.0" if "SPACE_ID" in environment else "127.0.0.1")
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


def current(environment: Mapping[str, str] = os.environ) -> Limits:
    """The limits of this process by its environment; ValueError where one of them is no number above 0."""
    limits, changes = PUBLIC if is_public(environment) else LOCAL, dict[str, Any]()
    for each in fields(Limits):
        name = f"STYLEGRID_{each.name.upper()}"
        text = environment.get(name)
        if not text:
            continue
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        whole = each.type == "int"
        if not value > 0 or (whole and not value.is_integer()):
            kind = "a whole number" if whole else "a number"
            raise ValueError(f"{name} is {echo(text)}; it must be {kind} above 0.")
        changes[each.name] = int(value) if whole else value
    return replace(limits, **changes)


def large_side() -> int:
    """The largest size in px at which this process's page paints."""
    return min(LARGE_SIDE, current().side)


def page_size(size: int) -> int:
    """The nearest size in px that the page can be set to."""
    return min(max(size, PAGE_SIDE[0]), PAGE_SIDE[1])


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
