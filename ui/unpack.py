"""A ZIP that was downloaded from StyleGrid, read back: pictures, settings of all methods, and results."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from compare.checks import checked_picture
from compare.limits import PAGE_SIDE, current, large_side
from compare.results import measured
from compare.schema import Moment, Request, Seconds, State, Tile, make_request, resized_request
from core.images import Pixels, open_picture
from core.sentence import Sentence
from core.yardstick import Distances
from methods.base import Method, Note, Offer
from methods.settings import MethodSettings
from ui.files import FileCache
from ui.history import Kept
from ui.report import own_photo
from ui.request import read_settings
from ui.store import Finished
from weights.catalog import CATALOG

MOST_JSON = 5_000_000  # bytes
NOT_DONE: tuple[State, ...] = ("declined", "failed")
UNREADABLE = (
    KeyError, TypeError, ValueError, AttributeError, ArithmeticError, OSError, RuntimeError,
    NotImplementedError, RecursionError, zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True)
class Unpacked(Kept):
    """A comparison from a ZIP; `lost` are the names of settings that were files, which a ZIP only names."""

    lost: tuple[str, ...] = ()


def unpacked(path: str, methods: Mapping[str, Method], files: FileCache) -> Unpacked:
    """The comparison in a ZIP, whose pictures are put into `files`. ValueError, in a sentence, where it is
    none of ours or beyond the limits."""
    try:
        with zipfile.ZipFile(path) as packed:
            return read(packed, methods, files)
    except UNREADABLE as error:
        sentence = "This ZIP is no comparison that StyleGrid knows: drop one that was downloaded from here."
        raise ValueError(Sentence("zip_unknown", sentence)) from error


def read(packed: zipfile.ZipFile, methods: Mapping[str, Method], files: FileCache) -> Unpacked:
    """As `unpacked`, from an open ZIP; any of UNREADABLE where something is wrong."""
    records = json.loads(member(packed, "results.json", MOST_JSON))
    pictures = {name: saved(packed, f"{name}.png", files) for name in ("content", "style")}
    known = {name: records[name] for name in methods if name in records}
    settings = {name: settings_of(methods[name], record) for name, record in known.items()}
    photo, painting = (open_picture(path) for path in pictures.values())
    side = max(photo.rgb.size)
    if not known or not PAGE_SIDE[0] <= side <= large_side():
        raise ValueError("it has no methods, or another size")
    request = make_request(photo, painting, settings, side)
    tiles, own = dict[str, Tile](), dict[str, Request]()
    for name, record in known.items():
        tiles[name] = tile_of(methods[name], settings[name], record)
        if f"{name}.png" not in packed.namelist():
            continue
        pixels = np.asarray(open_picture(saved(packed, f"{name}.png", files)).rgb)
        if pixels.shape != request.content.shape:
            own[name] = at_own_size(packed, request, name, pixels, files)
        tiles[name] = replace(tiles[name], image=pixels)
    finished = Finished(request, tiles, own=own)
    files_lost = [
        each
        for name, record in known.items()
        for each in files_of(methods[name])
        if record["settings"].get(each)
    ]
    lost = tuple(dict.fromkeys(files_lost))
    return Unpacked(finished, str(pictures["content"]), str(pictures["style"]), lost)


def at_own_size(
    packed: zipfile.ZipFile, request: Request, name: str, pixels: Pixels, files: FileCache
) -> Request:
    """What a picture was painted from that is larger than the others. KeyError or ValueError where the ZIP
    lacks its photo, or that has another size."""
    side = max(pixels.shape)
    if side > large_side():
        raise ValueError(f"{name} is larger than it could be here")
    of_one = replace(request, settings={name: request.settings[name]})
    path = saved(packed, own_photo(side), files)
    found = resized_request(of_one, str(path), side)
    if found.content.shape != pixels.shape:
        raise ValueError(f"{name} has not the size of its photo")
    return found


def member(packed: zipfile.ZipFile, name: str, most: int) -> bytes:
    """A file in the ZIP, of at most so many bytes. KeyError or ValueError where that is not so."""
    if packed.getinfo(name).file_size > most:
        raise ValueError(f"{name} is too large")
    return packed.read(name)


def saved(packed: zipfile.ZipFile, name: str, files: FileCache) -> Path:
    """Where a picture of the ZIP lies now. ValueError where it has more pixels than one may have."""
    path = files.save_bytes(member(packed, name, current().upload_bytes), name)
    checked_picture(current(), path, name)
    return path


def settings_of(method: Method, record: Mapping[str, Any]) -> MethodSettings:
    """A method's settings, but for files, which a ZIP names only."""
    names = {each.name for each in method.Settings.fields() if not each.file}
    return read_settings(method, {name: value for name, value in record["settings"].items() if name in names})


def files_of(method: Method) -> list[str]:
    """The names of a method's settings that are files."""
    return [each.name for each in method.Settings.fields() if each.file]


def offer_of(method: Method, record: Mapping[str, Any]) -> Offer:
    """What the method could do next. ValueError where it does not know a setting, or that is a file."""
    if record["values"].keys() & set(files_of(method)):
        raise ValueError("an offer cannot bring a file")
    checked = read_settings(method, record["values"])
    text = Sentence(str(record["key"]), "{sentence}", {"sentence": str(record["text"])})
    return Offer(text, {name: getattr(checked, name) for name in record["values"]})


def state_of(record: Mapping[str, Any]) -> State:
    """Where the method had come to; what was still at work when the ZIP was made has stopped."""
    ended: State = "done" if record["distances"] else "stopped"
    return next((each for each in NOT_DONE if each == record.get("state")), ended)


def tile_of(method: Method, settings: MethodSettings, record: Mapping[str, Any]) -> Tile:
    """A method's tile from its record in results.json, without its picture."""
    seconds, distances, baseline = (record[key] for key in ("seconds", "distances", "untouched"))
    weights = [
        replace(CATALOG[each["key"]], sha256=each["sha256"])
        for each in record["weights"]
        if each["key"] in CATALOG and re.fullmatch("[0-9a-f]{64}", each["sha256"])
    ]
    said = [str(record["note"]), *("" for _ in record["notes"])]  # all sentences are in the first
    noted = [
        Note(str(each["key"]), "{sentence}", {**each["values"], "sentence": sentence})
        for each, sentence in zip(record["notes"], said, strict=False)
    ]
    return Tile(
        method.name,
        method.title,
        settings,
        iterative=method.iterative,
        state=state_of(record),
        step=int(record["steps"] or 0),
        total=int(record["steps"] or 0),
        seconds=seconds and seconds_of(seconds),
        peak_memory=record["peak_memory_bytes"] and int(record["peak_memory_bytes"]),
        distances=distances and distances_of(distances),
        baseline=baseline and distances_of(baseline),
        loss_history=tuple(
            (float(each["seconds"]), losses_of(each)) for each in record.get("loss_curve") or ()
        ),
        distance_history=tuple(
            Moment(float(each["seconds"]), int(each["step"]), distances_of(each)) for each in record["course"]
        ),
        serves=method.serves,
        **measured(record),
        device=str(record["device"]),
        dtype=str(record["dtype"]),
        features=tuple(map(str, record.get("features") or ())),
        torch=str(record.get("torch") or ""),
        weights=tuple(weights),
        notes=tuple(noted),
        offers=tuple(offer_of(method, each) for each in record.get("offers") or ()),
        error=str(record["error"]),
    )


def seconds_of(record: Mapping[str, Any]) -> Seconds:
    """All seconds."""
    load, first, total = (float(record[key]) for key in ("load", "first", "total"))
    return Seconds(load, first, total, tuple(map(float, record["warm"])))


def losses_of(moment: Mapping[str, Any]) -> dict[str, float]:
    """The losses at a moment of a curve, by name."""
    return {str(name): float(value) for name, value in moment.items() if name != "seconds"}


def distances_of(record: Mapping[str, Any]) -> Distances:
    """Both distances."""
    return Distances(float(record["content"]), float(record["style"]))
