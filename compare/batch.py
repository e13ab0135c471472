"""Every photo in every style: which pairs there are, which are finished, and what is made of the others.

What may run elsewhere, a `Task`, is plain data, and so is what comes of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from compare.batch_folder import BatchFolder, Painted, Pair, digest, painted
from compare.checks import check_request
from compare.comparison import Comparison
from compare.limits import LOCAL
from compare.schema import Request, make_request, read_files
from core.images import PAINTING, PHOTO, Kind, Picture, PictureError, open_picture, resize
from core.plates import plates
from core.version import VERSION
from methods import get
from methods.base import Method, Stop
from methods.mix import bounded
from methods.settings import MethodSettings
from weights.catalog import entry
from weights.user import user_files

STYLES_KEPT = 32  # decoded, from one photo to the next


@dataclass(frozen=True)
class Recipe:
    """What is the same for every pair.

    Attributes:
        settings: of each method by name; those that are files hold paths.
        size: px, the photo's long side.
        repeats: after a method's first run, for warm seconds.
        kind: of the pictures that are written; quality: of jpg and webp.
    """

    settings: Mapping[str, MethodSettings]
    size: int
    repeats: int = 0
    kind: Kind = "png"
    quality: int = 90

    @cached_property
    def keys(self) -> dict[str, str]:
        """By method, a hash of all that its picture depends on beside photo and style. ValueError where one
        of the settings' files cannot be read."""
        named, files = read_files(self.settings)
        hashes = {name: sha256(data).hexdigest() for name, data in files.items()}
        own = user_files()
        return {
            name: digest(
                VERSION,
                name,
                each.as_dict(),
                {file: value for file, value in hashes.items() if file.startswith(f"{name}.")},
                [entry(key).sha256 for key in get(name).weights],
                [
                    sha256(own[value].read_bytes()).hexdigest()
                    for value in map(str, each.as_dict().values())
                    if value in own
                ],
                [self.size, self.repeats, self.kind, self.quality],
            )
            for name, each in named.items()
        }


@dataclass(frozen=True, eq=False)
class Task:
    """A pair whose pictures are to be made: those of the methods in `request`."""

    pair: Pair
    request: Request
    kind: Kind
    quality: int


class Pool(Protocol):
    """Who makes the pictures."""

    def run(self, tasks: Iterable[Task], stop: Stop) -> Iterator[tuple[Task, list[Painted]]]:
        """Each task with what came of it, in any order, and without what `stop` ended. Tasks are taken when
        there is somebody for them, not before."""
        ...


class LocalPool:
    """This process and its device."""

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        self.comparison = Comparison(methods, device)

    def run(self, tasks: Iterable[Task], stop: Stop) -> Iterator[tuple[Task, list[Painted]]]:
        """See `Pool`."""
        for task in tasks:
            yield task, paint(self.comparison, task, stop)
            if stop.asked():
                return


def paint(comparison: Comparison, task: Task, stop: Stop) -> list[Painted]:
    """What the methods of a task make; nothing of those that were stopped."""
    tiles = {tile.method: tile for tile in comparison.run(task.request, stop)}
    if stop.asked() and task.request.repeats:
        return []  # some would have fewer warm seconds than were asked for
    ended = (tile for tile in tiles.values() if tile.state != "stopped")
    return [painted(tile, task.request, task.kind, task.quality) for tile in ended]


class Unfit(ValueError):
    """A picture that is none, or beyond what is allowed; the message says why."""


class Pictures:
    """The files of one role by name, each hashed once, and decoded when it is needed.

    Attributes:
        unfit: why a picture cannot be used, of those that turned out to be so.
    """

    def __init__(
        self, paths: Mapping[str, Path], role: str, fit: Callable[[Picture], Picture], kept: int
    ) -> None:
        self.paths, self.role, self.fit = paths, role, fit
        self.unfit: dict[str, str] = {}
        self.sha256 = lru_cache(maxsize=None)(self._sha256)
        self.open = lru_cache(maxsize=kept)(self._open)

    def fit_paths(self) -> dict[str, Path]:
        """Of those that can be used, as far as is known."""
        return {name: path for name, path in self.paths.items() if name not in self.unfit}

    def _sha256(self, name: str) -> str:
        """Of the file. Raises Unfit."""
        try:
            with self.paths[name].open("rb") as file:
                whole = sha256()
                while part := file.read(2**20):
                    whole.update(part)
                return whole.hexdigest()
        except OSError as error:
            raise self._refused(name, f"The {self.role} cannot be read ({error.strerror}).") from error

    def _open(self, name: str) -> Picture:
        """Decoded, and no larger than it is used. Raises Unfit."""
        try:
            return self.fit(open_picture(self.paths[name], self.role))
        except PictureError as error:
            raise self._refused(name, str(error)) from error

    def _refused(self, name: str, sentence: str) -> Unfit:
        self.unfit[name] = sentence
        return Unfit(sentence)


class Batch:
    """All pairs of some photos and some styles.

    Attributes:
        total: pairs; past: of these, those that are made, were finished before, or cannot be made.
        made: pairs that were made by this run.
    """

    def __init__(
        self, photos: Mapping[str, Path], styles: Mapping[str, Path], recipe: Recipe, folder: BatchFolder
    ) -> None:
        self.photos = Pictures(photos, PHOTO, lambda each: resize(each, recipe.size), 1)
        self.styles = Pictures(styles, PAINTING, bounded, STYLES_KEPT)
        self.recipe, self.folder = recipe, folder
        self.total, self.past, self.made = len(photos) * len(styles), 0, 0
        self._keys = recipe.keys
        self._plates = {sha256(plate.path.read_bytes()).hexdigest(): plate.name for plate in plates()}
        self._began = time.perf_counter()

    @property
    def rate(self) -> float:
        """Pairs a second, of those that were made; 0 before the first."""
        return self.made / (time.perf_counter() - self._began)

    @property
    def left(self) -> float | None:
        """Seconds until all is made, at the rate so far; None before the first."""
        return (self.total - self.past) / self.rate if self.made else None

    def run(self, pool: Pool, stop: Stop) -> Iterator[Pair]:
        """Make what is not finished, yielding each pair that is. OSError where a result cannot be written."""
        for task, results in pool.run(self.tasks(), stop):
            for each in results:
                self.folder.add(task.pair, self.key(task.pair, each.method), each, task.kind)
            if not stop.asked():
                self.past += 1
                self.made += 1
                yield task.pair

    def key(self, pair: Pair, method: str) -> str:
        """A hash of all that a method's picture of this pair depends on."""
        return digest(self._keys[method], pair.photo_sha256, pair.style_sha256)

    def tasks(self) -> Iterator[Task]:
        """What is left to make. A picture that is none costs one row, and no other picture."""
        for photo in self.photos.paths:
            for style in self.styles.paths:
                task = None
                if photo not in self.photos.unfit and style not in self.styles.unfit:
                    try:
                        task = self.task(photo, style)
                    except Unfit:
                        pass  # told by `Pictures.unfit`
                    except ValueError as error:  # of the pair, such as a style too small for the settings
                        self.folder.refuse(photo, style, str(error))
                if task is None:
                    self.past += 1
                    continue
                if not self.made:
                    self._began = time.perf_counter()
                yield task

    def task(self, photo: str, style: str) -> Task | None:
        """What is left to make of a pair; None where that is nothing."""
        pair = Pair(photo, style, self.photos.sha256(photo), self.styles.sha256(style))
        left = {
            name: each
            for name, each in self.recipe.settings.items()
            if not self.folder.finished(pair, self.key(pair, name), name)
        }
        if not left:
            return None
        content, painting = self.photos.open(photo), self.styles.open(style)
        paths = self.photos.paths[photo], self.styles.paths[style]
        size, repeats = self.recipe.size, self.recipe.repeats
        check_request(LOCAL, *paths, left, (size,), repeats)
        plate = self._plates.get(pair.style_sha256)
        request = make_request(content, painting, left, size, plate, repeats)
        return Task(pair, request, self.recipe.kind, self.recipe.quality)

    def finish(self) -> None:
        """Write the table and the contact sheets. OSError where they cannot be."""
        for photo, sentence in self.photos.unfit.items():
            self.folder.refuse(photo, "", sentence)
        for style, sentence in self.styles.unfit.items():
            self.folder.refuse("", style, sentence)
        self.folder.write_table()
        self.folder.write_sheets(self.photos.fit_paths(), self.styles.fit_paths(), list(self.recipe.settings))
