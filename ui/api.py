"""The /compare endpoint, for programs: the same runs without the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.data_classes import FileData, FileDataDict

from compare.comparison import Comparison, Tile
from compare.results import picture, png_text, record
from core.images import open_picture, resize
from core.plates import PlateIndex, plates
from methods.settings import MethodSettings, Setting
from ui.events import session_of
from ui.files import FileCache
from ui.grid import watch
from ui.picture_input import path_of
from ui.report import archive
from ui.settings_panel import settings_of, shown
from ui.store import Run, Runs, checked_repeats, checked_size
from ui.tile import ENDED


class Endpoint:
    """What /compare does."""

    def __init__(self, comparison: Comparison, runs: Runs, files: FileCache, names: PlateIndex) -> None:
        self.comparison, self.runs, self.files, self.names = comparison, runs, files, names

    def compare(
        self,
        content: FileDataDict,
        style: FileDataDict,
        request: gr.Request,
        size: int = 512,
        settings: dict[str, dict[str, Any]] | None = None,
        repeats: int = 0,
    ) -> Iterator[dict[str, Any]]:
        """Run methods on a content photo and a style picture, yielding all methods' records as they go on.

        `settings` names the methods to run, each with the settings that differ from its first preset's, as in
        {"gatys": {"preset": "paper", "steps": 100}}; without it all methods run that can. With `repeats` each
        runs as often again, in rotated order, for its warm seconds. A record holds state, steps,
        seconds, distances, losses, device, weights and error, and at the end "picture", the PNG
        file, and "files", what else came out.
        """
        try:
            run = self.run_of(content, style, size, settings, repeats)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        if not self.runs.ask(session_of(request), run):
            raise gr.Error("A run of this session is still going on.", print_exception=False)
        with self.runs.going(session_of(request)):
            files: dict[str, dict[str, Any]] = {}
            try:
                for tiles in watch(self.comparison, run):
                    self.runs.keep(session_of(request), run, tiles, {})
                    for tile in tiles.values():
                        if tile.state in ENDED and tile.method not in files:
                            files[tile.method] = self.file(tile, run)
                    yield {name: {**record(tile), **files.get(name, {})} for name, tile in tiles.items()}
            finally:
                run.stop.set()

    def methods(self) -> dict[str, Any]:
        """All methods with their settings, and the names of the plates.

        A setting has a name, a kind, a default (the first preset's), one sentence of help, and low and high
        or choices.
        """
        return {
            "methods": [
                {
                    "name": method.name,
                    "title": method.title,
                    "paper": method.paper,
                    "styles": method.styles and list(method.styles),
                    "settings": described(method.Settings),
                }
                for method in self.comparison.methods.values()
            ],
            "plates": [plate.name for plate in plates()],
        }

    def report(self, request: gr.Request) -> FileDataDict:
        """A ZIP of this session's newest comparison: inputs, outputs, numbers as JSON and CSV, and a page."""
        last = self.runs.last(session_of(request))
        if last is None:
            raise gr.Error(
                "This session has compared nothing yet: call /compare first.", print_exception=False
            )
        return sent(self.files.save_bytes(archive(*last), "stylegrid.zip"))

    def run_of(
        self, content: Any, style: Any, size: int, settings: dict[str, dict[str, Any]] | None, repeats: int
    ) -> Run:
        """The run that was asked for; ValueError where a picture or setting is unfit."""
        methods = self.comparison.methods
        if settings is not None and not isinstance(settings, dict):
            example = f'{{"{next(iter(methods))}": {{"seed": 1}}}}'
            raise ValueError(
                f"settings is {settings!r}; name each method with its settings, as in {example}."
            )
        asked = settings or {name: {} for name, method in methods.items() if not method.unavailable()}
        unknown = [name for name in asked if name not in methods]
        if unknown:
            raise ValueError(f"There is no method {unknown[0]!r}; choose from {', '.join(methods)}.")
        style_path = path_of(style)
        return Run(
            open_picture(path_of(content), "content photo"),
            open_picture(style_path, "style picture"),
            {name: settings_of(methods[name].title, methods[name].Settings, asked[name]) for name in asked},
            checked_size(size),
            self.names.of(style_path or ""),
            checked_repeats(repeats),
        )

    def file(self, tile: Tile, run: Run) -> dict[str, Any]:
        """The tile's picture as a file that a client downloads; empty where it has none."""
        image = picture(tile, resize(run.content, run.size))
        if image is None:
            return {}
        assert tile.frame is not None
        path = self.files.put(image, f"stylegrid-{tile.method}.png", png_text(tile))
        others = [self.files.save_bytes(data, name) for name, data in tile.frame.files.items()]
        return {"picture": sent(path), "files": [sent(other) for other in others]}


def described(kind: type[MethodSettings]) -> list[dict[str, Any]]:
    """A method's settings for a program that wants to know what it may ask for."""
    defaults = kind.make()
    return [described_setting(setting, getattr(defaults, setting.name)) for setting in kind.fields()]


def described_setting(setting: Setting, default: Any) -> dict[str, Any]:
    """One setting, with the value that a run takes where none is asked for."""
    told: dict[str, Any] = {"name": setting.name, "kind": setting.kind.__name__, "default": shown(default)}
    if setting.choices:
        told["choices"] = list(setting.choices)
    elif setting.kind in (int, float):
        told |= {"low": setting.low, "high": setting.high}
    return {**told, "help": setting.help}


def sent(path: Path) -> FileDataDict:
    """A file as Gradio hands it to a client."""
    return cast(FileDataDict, FileData(path=str(path), orig_name=path.name).model_dump())
