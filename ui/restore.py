"""The settings that a StyleGrid PNG carries, put back into the page's controls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.images import PictureError, read_png_text
from methods.settings import MethodSettings
from ui.settings_panel import Panel, settings_of


@dataclass(frozen=True)
class Restored:
    """What a PNG says about how it was made.

    Attributes:
        size: the working long side, in px.
        files: settings that are files, which a PNG cannot carry; lost: those that had been used.
    """

    method: str
    settings: MethodSettings
    size: int
    files: frozenset[str]
    lost: tuple[str, ...]


def restored(path: str, panels: Mapping[str, Panel]) -> Restored:
    """Read a PNG's text. ValueError where it carries none, or settings that do not exist any more."""
    try:
        text = read_png_text(path)
    except PictureError as error:
        raise ValueError(f"{error} Drop a PNG that was downloaded from StyleGrid.") from error
    try:
        method, size = text["stylegrid.method"], int(text["stylegrid.size"])
        values: dict[str, Any] = json.loads(text["stylegrid.settings"])
        panel = panels[method]
        files = frozenset(setting.name for setting in panel.Settings.fields() if setting.file)
        kept = {name: value for name, value in values.items() if name not in files}
        settings = settings_of(panel.title, panel.Settings, kept)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(
            "This PNG carries no settings that StyleGrid knows: drop one that was downloaded from here."
        ) from error
    return Restored(method, settings, size, files, tuple(name for name in files if values.get(name)))
