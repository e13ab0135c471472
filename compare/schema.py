"""What goes into a comparison and what comes out: plain data that can be pickled, no tensor among it."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

import numpy as np

from core.images import PAINTING, PHOTO, Picture, Pixels, open_picture, resize
from core.measures import Landmarks, Measures
from core.sentence import Sentence
from core.yardstick import Distances
from methods.base import Note, Offer, Serves
from methods.mix import bounded
from methods.settings import MethodSettings
from methods.settings import named as setting_name
from weights.catalog import WeightFile

State = Literal[
    "waiting", "loading", "running", "measuring", "timing", "done", "stopped", "declined", "failed"
]
ACTIVE: tuple[State, ...] = ("loading", "running", "timing")
ENDED: tuple[State, ...] = ("measuring", "done", "timing", "stopped", "declined", "failed")


@dataclass(frozen=True)
class Source:
    """The file that a picture came from: its name, and the SHA-256 of its bytes."""

    name: str
    sha256: str

    @classmethod
    def of(cls, path: str | None) -> Source:
        """The one at a path. OSError where it cannot be read."""
        file = Path(path or "")
        return cls(file.name, sha256(file.read_bytes()).hexdigest())


@dataclass(frozen=True, eq=False)
class Request:
    """What is to be compared; see `make_request`.

    Attributes:
        content: at its working size.
        style: at most methods.mix.STYLE_SIDE px long.
        settings: of each method that is to run, by name, in their order. Settings that are files hold a name.
        alpha: the content's, where it has one, and `straight`, its colours, of which `content` is the blend
            with white: `compare.results.picture` puts both back into the results.
        files: the contents of such files, by method and setting, as in "adain.mask".
        style_name: the plate's name where the style is one.
        repeats: how often each finished method then runs again, for warm seconds.
        content_source, style_source: the files that both came from, where they are known.
    """

    content: Pixels
    style: Pixels
    settings: Mapping[str, MethodSettings]
    alpha: Pixels | None = None
    straight: Pixels | None = None
    files: Mapping[str, bytes] = field(default_factory=dict)
    style_name: str | None = None
    repeats: int = 0
    content_source: Source | None = None
    style_source: Source | None = None

    @property
    def side(self) -> int:
        """Long side of the content, px."""
        return int(max(self.content.shape[:2]))

    @property
    def pixels(self) -> int:
        """Of the content."""
        height, width, _ = self.content.shape
        return int(height * width)

    def files_of(self, method: str) -> dict[str, bytes]:
        """A method's files by the names of its settings."""
        prefix = f"{method}."
        return {key.removeprefix(prefix): data for key, data in self.files.items() if key.startswith(prefix)}


@dataclass(frozen=True)
class Seconds:
    """Seconds of a method's own work; drawing, scoring and transport are not in them.

    load: loading and `prepare`, downloads included, in this run; next to nothing where all was there
    already. first: until the first picture. total: until the last. warm: totals of the runs repeated after
    that.
    """

    load: float
    first: float
    total: float
    warm: tuple[float, ...] = ()

    @property
    def median(self) -> float:
        """The warm median where there is one, else the first run's total."""
        return statistics.median(self.warm) if self.warm else self.total


@dataclass(frozen=True)
class Learning:
    """Seconds in which a method learns the painting here and now, and those of the picture that it painted
    then; without these the seconds are predicted."""

    seconds: float
    picture: float | None = None


@dataclass(frozen=True)
class Moment:
    """The distances that an iterative method had reached after so many seconds and steps."""

    seconds: float
    step: int
    distances: Distances


@dataclass(frozen=True, eq=False)
class Tile:
    """One method's cell in the grid, at one moment.

    Attributes:
        step, total: how far the newest picture is; 0 before the first.
        image: the newest picture; None before the first.
        losses: of that picture; loss_history: (seconds, losses) of each picture so far.
        seconds: of its own work so far; None before the first picture.
        peak_memory: bytes, once it has ended.
        distances: by the yardstick, once it is done; baseline: those of the photo itself.
        measures: all others, once it is done; landmarks: those of the photo and of the painting themselves.
        distance_history: of some pictures of an iterative method, once it is done.
        serves: how many styles one training of the method serves.
        learning: of this painting, once it is done, where the method learns it or could.
        device, dtype, weights: what it ran on and with; features, torch: of that device, and the version.
        notes: what the user should know about the result.
        offers: what the method could do next with other settings.
        files: what else came out, by file name.
        message: what goes on while it is loading, where that is a download.
        error: a sentence for a failed one, and for one that declined to paint in this style.
    """

    method: str
    title: str
    settings: MethodSettings
    iterative: bool = False
    state: State = "waiting"
    step: int = 0
    total: int = 0
    image: Pixels | None = None
    losses: Mapping[str, float] = field(default_factory=dict)
    loss_history: tuple[tuple[float, Mapping[str, float]], ...] = ()
    seconds: Seconds | None = None
    peak_memory: int | None = None
    distances: Distances | None = None
    baseline: Distances | None = None
    measures: Measures | None = None
    landmarks: Landmarks | None = None
    distance_history: tuple[Moment, ...] = ()
    serves: Serves = "any"
    learning: Learning | None = None
    device: str = ""
    dtype: str = ""
    features: tuple[str, ...] = ()
    torch: str = ""
    weights: tuple[WeightFile, ...] = ()
    notes: tuple[Note, ...] = ()
    offers: tuple[Offer, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    message: str = ""
    error: str = ""

    @property
    def active(self) -> bool:
        """Whether its method is at work."""
        return self.state in ACTIVE

    @property
    def painted_as(self) -> str:
        """The other painting in whose style the picture is; empty where it is the style picture's."""
        found: str = next(
            (each.values["painted_as"] for each in self.notes if "painted_as" in each.values), ""
        )
        return found

    @property
    def farther(self) -> bool:
        """Whether its picture is farther from the painting's style than the untouched photo."""
        return bool(self.distances and self.baseline and self.distances.style > self.baseline.style)

    @property
    def ended(self) -> bool:
        """Whether its picture, if there is one, is the last."""
        return self.state in ENDED


@dataclass(frozen=True)
class Plan:
    """A comparison that passed the checks of `compare.checks`, with files in place of pictures; `seconds` are
    predicted. The settings' files are paths."""

    content: str | None
    style: str | None
    settings: Mapping[str, MethodSettings]
    size: int
    repeats: int
    style_name: str | None
    seconds: float

    @property
    def paths(self) -> list[str]:
        """Of all its files."""
        named = [getattr(each, it.name) for each in self.settings.values() for it in each.fields() if it.file]
        return [path for path in (self.content, self.style, *named) if path]

    def request(self) -> Request:
        """Decode the pictures; ValueError, in a sentence, where a file is damaged or cannot be read."""
        content = open_picture(self.content, PHOTO)
        style = open_picture(self.style, PAINTING)
        made = make_request(content, style, self.settings, self.size, self.style_name, self.repeats)
        return replace(made, content_source=Source.of(self.content), style_source=Source.of(self.style))


def make_request(
    content: Picture,
    style: Picture,
    settings: Mapping[str, MethodSettings],
    size: int,
    style_name: str | None = None,
    repeats: int = 0,
) -> Request:
    """A request from decoded pictures, the content at a long side of `size` px, and from settings whose files
    are paths. Of a style picture, the opaque part alone counts. ValueError where one of these files cannot be
    read, or nothing of the style is opaque."""
    named, files = read_files(settings)
    return Request(
        style=np.asarray(bounded(style).opaque()),
        settings=named,
        files=files,
        style_name=style_name,
        repeats=repeats,
        **at_size(content, size),
    )


def at_size(content: Picture, size: int) -> dict[str, Any]:
    """The fields of a Request that hold its content, whose long side becomes `size` px."""
    working = resize(content, size)
    clear = working.alpha is not None
    return {
        "content": np.asarray(working.rgb),
        "alpha": np.asarray(working.alpha) if clear else None,
        "straight": np.asarray(working.colours) if clear else None,
    }


def resized_request(request: Request, photo: str, size: int) -> Request:
    """The same with its content, read from its file again, at a long side of `size` px. ValueError, in a
    sentence, where the file cannot be read."""
    return replace(request, **at_size(open_picture(photo, PHOTO), size))


def read_files(
    settings: Mapping[str, MethodSettings],
) -> tuple[dict[str, MethodSettings], dict[str, bytes]]:
    """The settings with files' names in place of their paths, and the files' contents as Request.files.

    ValueError where one cannot be read.
    """
    named, files = dict(settings), dict[str, bytes]()
    for method, each in settings.items():
        for entry in each.fields():
            if not entry.file or not getattr(each, entry.name):
                continue
            path = Path(getattr(each, entry.name))
            try:
                files[f"{method}.{entry.name}"] = path.read_bytes()
            except OSError as error:
                about = {"name": setting_name(entry.name), "file": path.name, "reason": error.strerror}
                text = "{name}: {file} cannot be read ({reason})."
                raise ValueError(Sentence("file_unread", text, about)) from error
            named[method] = named[method].with_values({entry.name: path.name})
    return named, files
