"""The /compare endpoint, for programs: the same runs without the page."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import gradio as gr
from gradio.data_classes import FileData, FileDataDict

from compare.checks import check_bytes
from compare.comparison import waiting_tiles
from compare.limits import current
from compare.results import picture, png_text, record
from compare.schema import Plan, Request, Tile
from core.plates import PlateIndex, plates
from engine.queue import Queue
from engine.ticket import Refused, Started
from engine.visitor import Visitor
from methods.settings import MethodSettings, Setting, echo
from ui.files import DiskError, FileCache
from ui.report import packed
from ui.request import plans, read_settings
from ui.store import Finished, Store
from ui.uploads import uploads
from ui.visitors import visitor_of


class Endpoint:
    """What programs may call. `index` recognises our style pictures."""

    def __init__(self, queue: Queue, store: Store, files: FileCache, index: PlateIndex) -> None:
        self.queue, self.store, self.files, self.index = queue, store, files, index
        self.known = queue.engine.methods

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
        runs as often again, in changing order, for its warm seconds. A record holds state, steps,
        seconds, distances, losses, device, weights and error, and at the end "picture", the PNG
        file, and "files", what else came out. "run" is the key, which nobody can guess, by which
        /report gives the ZIP.
        """
        visitor, key = visitor_of(request), secrets.token_urlsafe(16)
        try:
            plan = self.plan_of(content, style, size, settings, repeats)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error
        tiles = waiting_tiles(plan.settings, self.known, plan.style_name)
        files: dict[str, dict[str, Any]] = {}
        try:
            submitted = self.queue.submit(visitor, plan.request, plan.seconds)
            with uploads().held(plan.paths), closing(submitted) as changes:
                for change in changes:
                    if isinstance(change, Started):
                        wanted = change.request
                    if isinstance(change, Tile):
                        tiles[change.method] = change
                        self.store.save(key, Finished(wanted, dict(tiles)), programs(visitor))
                        if change.ended and change.method not in files:
                            files[change.method] = self.files_of(change, wanted)
                    yield {
                        name: {"run": key, **record(tile), **files.get(name, {})}
                        for name, tile in tiles.items()
                    }
        except Refused as error:
            raise gr.Error(str(error), print_exception=False) from error

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
                for method in self.known.values()
            ],
            "plates": [plate.name for plate in plates()],
        }

    def report(self, request: gr.Request, run: str = "") -> FileDataDict:
        """A ZIP of a comparison: inputs, outputs, numbers as JSON and CSV, and a page.

        `run` is the key that the records of /compare hold. Without it, it is the newest comparison of who
        sends the cookie that the server gave, as gradio_client does.
        """
        latest = self.store.run(run) if run else self.store.latest(programs(visitor_of(request)))
        if latest is None:
            which = f"There is no comparison {echo(run)}, or no longer" if run else "No comparison was named"
            raise gr.Error(
                f'{which}: call /compare first, and give "run" from its records.', print_exception=False
            )
        try:
            return sent(packed(latest, self.files))
        except DiskError as error:
            raise gr.Error(str(error), print_exception=False) from error

    def plan_of(
        self, content: Any, style: Any, size: int, settings: dict[str, dict[str, Any]] | None, repeats: int
    ) -> Plan:
        """What a client asks for; ValueError where a picture or setting is unfit."""
        known = self.known
        check_bytes(current(), settings)
        if settings is not None and not isinstance(settings, dict):
            example = f'{{"{next(iter(known))}": {{"seed": 1}}}}'
            raise ValueError(
                f"settings is {echo(settings)}; name each method with its settings, as in {example}."
            )
        chosen = settings or {name: {} for name, method in known.items() if not method.unavailable()}
        unknown = [name for name in chosen if name not in known]
        if unknown:
            raise ValueError(f"There is no method {echo(unknown[0])}; choose from {', '.join(known)}.")
        checked = {name: read_settings(known[name], values) for name, values in chosen.items()}
        (plan,) = plans(self.queue.engine, content, style, checked, size, repeats, self.index)
        return plan

    def files_of(self, tile: Tile, request: Request) -> dict[str, Any]:
        """The tile's picture and what else came out, as files that a client downloads; empty without one, and
        an "error" in their place where the disk takes no more."""
        image = picture(tile, request)
        if image is None:
            return {}
        try:
            path = self.files.save(image, f"stylegrid-{tile.method}.png", png_text(tile))
            others = [self.files.save_bytes(data, name) for name, data in tile.files.items()]
        except DiskError as error:
            return {"error": f"{tile.error} {error}".strip()}
        return {"picture": sent(path), "files": [sent(other) for other in others]}


def programs(visitor: Visitor) -> str:
    """Whose newest comparison it is that a program asks for; nobody's where others may have the address."""
    return f"{visitor.key}/" if visitor.known else ""


def described(kind: type[MethodSettings]) -> list[dict[str, Any]]:
    """A method's settings for a program that wants to know what it may ask for."""
    defaults = kind.make().as_dict()
    return [described_setting(setting, defaults[setting.name]) for setting in kind.fields()]


def described_setting(setting: Setting, default: Any) -> dict[str, Any]:
    """One setting, with the value that a run takes where none is asked for."""
    entry: dict[str, Any] = {"name": setting.name, "kind": setting.kind.__name__, "default": default}
    if setting.choices:
        entry["choices"] = list(setting.choices)
    elif setting.kind in (int, float):
        entry |= {"low": setting.low, "high": setting.high}
    return {**entry, "help": setting.help}


def sent(path: Path) -> FileDataDict:
    """A file as Gradio hands it to a client."""
    return cast(FileDataDict, FileData(path=str(path), orig_name=path.name).model_dump())
