"""The settings that a StyleGrid PNG carries, for the page's controls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.images import PictureError, read_text
from core.sentence import Sentence, sentence_of
from methods.base import Method
from ui.request import read_settings


@dataclass(frozen=True)
class Restored:
    """What a PNG says about how it was made.

    Attributes:
        values: of its method's settings by name, but for those that are files, which a PNG cannot carry.
        size: the working long side, in px.
        lost: names of settings that were files.
        blended: the strength in percent, and whether in the photo's colours, where the page blended it.
    """

    method: str
    values: Mapping[str, Any]
    size: int
    lost: tuple[str, ...]
    blended: tuple[float, bool] | None = None


def restored(path: str, methods: Mapping[str, Method]) -> Restored:
    """Read what a PNG, JPEG or WebP says. ValueError where that is nothing, or settings no more known."""
    try:
        text = read_text(path)
    except PictureError as error:
        about = {"problem": sentence_of(error)}
        sentence = "{problem} Drop a PNG that was downloaded from StyleGrid."
        raise ValueError(Sentence("restore_unread", sentence, about)) from error
    try:
        method, size = methods[text["stylegrid.method"]], int(text["stylegrid.size"])
        values: dict[str, Any] = json.loads(text["stylegrid.settings"])
        files = [setting.name for setting in method.Settings.fields() if setting.file]
        lost = tuple(name for name in files if values.pop(name, ""))
        values = read_settings(method, values).as_dict()
        blend = json.loads(text.get("stylegrid.blend", "null"))
        blended = blend and (100 * float(blend["strength"]), bool(blend["keep_colours"]))
        if blended and not 0 <= blended[0] <= 100:
            raise ValueError("no strength")
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        sentence = (
            "This PNG carries no settings that StyleGrid knows: drop one that was downloaded from here."
        )
        raise ValueError(Sentence("restore_unknown", sentence)) from error
    known = {name: values[name] for name in values if name not in files}
    return Restored(method.name, known, size, lost, blended)
