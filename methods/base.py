"""The contract between a style transfer method and whoever runs it."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Hashable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, ClassVar, Literal, TypeVar

import torch
from torch import Tensor

from core.sentence import Sentence
from core.yardstick import StyleEncoding, encode_style
from methods.settings import MethodSettings
from weights.catalog import WeightFile

T = TypeVar("T")
N = TypeVar("N", bound="Note")

Serves = Literal["one", "several", "any", "untrained"]
"""How many styles one training serves."""


class Stopped(Exception):
    """The work was ended from outside before it was finished."""


@dataclass(frozen=True)
class Offer:
    """What a method could do instead, or beyond what it did, with some of its settings changed.

    Attributes:
        text: what a button says.
        values: the settings that it changes.
        side: px, the long side at which it would paint then; None: as it did.
    """

    text: str
    values: Mapping[str, Any]
    side: int | None = None


class Declined(Exception):
    """A method does not paint in this style as its settings stand; the sentence says what can be done, and
    `offers` what a click can do."""

    def __init__(self, sentence: str, *offers: Offer) -> None:
        super().__init__(sentence)
        self.offers = offers


class Stop(threading.Event):
    """By which another thread ends or pauses a running method: `set()`, `pause()` and `resume()` there,
    `check()` in the method.

    Where the method is in another process, `begin_rest` and `end_rest` say here what it does there.
    """

    asked = threading.Event.is_set

    def __init__(self) -> None:
        super().__init__()
        self._going = threading.Event()
        self._going.set()
        self._rest: tuple[float, float | None] = 0.0, None  # seconds of those that ended; when this one began

    @property
    def resting(self) -> bool:
        """Whether the method waits in `check`, because of a pause."""
        return self._rest[1] is not None

    @property
    def rested(self) -> float:
        """Seconds that it has waited there in all, up to now."""
        ended, began = self._rest
        return ended if began is None else ended + time.perf_counter() - began

    def begin_rest(self) -> None:
        """It waits from now on."""
        self._rest = self.rested, time.perf_counter()

    def end_rest(self, rested: float | None = None) -> None:
        """It waits no more, and has waited so many seconds in all where they are known better."""
        self._rest = self.rested if rested is None else rested, None

    def check(self) -> None:
        """Waits while paused; raises Stopped once it is set. Methods call it often enough to end within a
        second, between steps."""
        if self.paused:
            self.rest()
        if self.is_set():
            raise Stopped

    @property
    def paused(self) -> bool:
        """Whether the method is to wait at its next check, or does so already."""
        return not self._going.is_set()

    def pause(self) -> None:
        """Let the method wait at its next check, unless it is to end."""
        if not self.is_set():
            self._going.clear()

    def resume(self) -> None:
        """Let it go on."""
        self._going.set()

    def set(self) -> None:
        """Let it end at its next check, also where it is paused."""
        super().set()
        self._going.set()

    def clock(self) -> float:
        """time.perf_counter, which stands still while the method rests; what times the method reads it."""
        return time.perf_counter() - self.rested

    def rest(self) -> None:
        """Waits until it is to go on or to end."""
        self.begin_rest()
        try:
            self._going.wait()
        finally:
            self.end_rest()


@dataclass(frozen=True)
class Style:
    """A style in one run: its picture, (1, 3, H, W) RGB in [0, 1], and its plate's name where it is one.

    `encodings` are what is known of the picture alone, from earlier runs too.
    """

    image: Tensor
    name: str | None = None
    encodings: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)
    _known: dict[Hashable, Any] = field(default_factory=dict, repr=False, compare=False)

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """The result of `work`, which is called the first time that this style meets the key."""
        return _once(self._known, key, work)

    def encoded(self, key: Hashable, work: Callable[[], T]) -> T:
        """As `once`, where the result depends on the picture and the key alone and may outlive the run."""
        return _once(self.encodings, key, work)

    def encoding(self, device: torch.device) -> StyleEncoding:
        """By VGG-19 on a device, as the yardstick, the style predictor and the search for plates share it."""
        return self.encoded(("yardstick", device), lambda: encode_style(self.image.to(device)))

    def grams(self, device: torch.device) -> Mapping[str, Tensor]:
        """The yardstick's Gram matrices of the picture on a device."""
        return self.encoding(device).grams

    def digest(self) -> bytes:
        """The hash of the picture's values."""
        return self.once("digest", lambda: sha256(self.image.cpu().numpy().tobytes()).digest())


def _once(known: dict[Hashable, Any], key: Hashable, work: Callable[[], T]) -> T:
    if key not in known:
        known[key] = work()
    found: T = known[key]
    return found


class Note(Sentence):
    """Something a user should know about a result.

    Programs go by its key, for instance "nearest". Of its values, "painted_as" names the other painting in
    whose style the picture is, where that is not the style picture's.

    Attributes:
        offers: what the method could do about it.
    """

    offers: tuple[Offer, ...]

    def __new__(
        cls: type[N],
        key: str,
        text: str,
        values: Mapping[str, Any] | None = None,
        offers: tuple[Offer, ...] = (),
    ) -> N:
        made = super().__new__(cls, key, text, values)
        made.offers = offers
        return made


@dataclass(frozen=True)
class Frame:
    """A method's picture after `step` of `total` steps; the last frame is the result.

    Attributes:
        image: (1, 3, H, W) RGB in [0, 1], float32 on the CPU, of the content's size.
        losses: what the method minimises, by name, weighted as in its objective; empty where it has none.
        notes: what the user should know about this result.
        files: what else came out, by file name, to be downloaded.
        weights: what made it, where that depends on style and settings; empty: the method's own.
    """

    image: Tensor
    step: int
    total: int
    losses: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    weights: tuple[WeightFile, ...] = ()


class Method(ABC):
    """A style transfer method. Constructing one touches neither disk nor GPU; `load` does.

    Class attributes:
        name: the key used in flags, files and results.
        title: what a person reads.
        year: of the paper.
        paper: authors, title, year and where to find it.
        summary: what it does, in one sentence.
        iterative: whether it improves one picture step by step, with losses to be shown.
        Settings: the dataclass of its settings, the type of every parameter `settings`.
        weights: keys of the catalog entries that it always needs.
        styles: None where any picture can be the style, else the names of the plates that it knows.
        serves: how many styles one training of its networks serves: one; several, and their mixes; any; or it
            optimises each picture itself, by a network that was trained to see and not to paint.
        on_the_spot: the settings by which it trains for a painting here and now, where it then needs to.
        slow: whether it takes minutes on a CPU; such methods are not ticked at first.
        settles: seconds after a run for which its threads may keep the cores busy; nothing is timed then.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    year: ClassVar[int]
    paper: ClassVar[str]
    summary: ClassVar[str]
    iterative: ClassVar[bool] = False
    slow: ClassVar[bool] = False
    Settings: ClassVar[type[MethodSettings]]
    weights: ClassVar[tuple[str, ...]] = ()
    styles: ClassVar[tuple[str, ...] | None] = None
    serves: ClassVar[Serves] = "any"
    on_the_spot: ClassVar[Mapping[str, Any]] = {}
    settles: ClassVar[float] = 0.0

    @classmethod
    def unavailable(cls) -> str:
        """What an optional method lacks and how to add it, in a sentence; empty where it can run."""
        return ""

    @abstractmethod
    def load(self, device: torch.device) -> None:
        """Read the weights and put them on `device`; raises WeightsError when they are missing or wrong."""

    def prepare(  # noqa: B027  # most methods need no more
        self, style: Style, settings: Any, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> Any:
        """Read what this style and these settings need beyond `load`; its seconds count as loading.

        All reading of files and downloading happens here and in `load`, for `stylize` is timed. What is read
        is kept by `style.once` and returned: `stylize` calls this again, without files, to get it. `files`
        maps the names of settings that are files to their contents. Raises WeightsError as `load` does, and
        ValueError for a file that is unfit.
        """

    def encode(self, content: Tensor, style: Style, settings: Any) -> None:  # noqa: B027
        """Encode the style picture as this content, (1, 3, H, W), needs it and remember that by
        `style.encoded`, where `stylize` finds it. It counts as loading: several methods may share it, and
        only the first would be charged for it."""

    @abstractmethod
    def stylize(
        self, content: Tensor, style: Style, settings: Any, stop: Stop | None = None
    ) -> Generator[Frame]:
        """Yield frames of `content`, (1, 3, H, W) RGB in [0, 1] at its working size, in the given style.

        One frame from a feed-forward method; from an iterative one a frame after at most a second of work, or
        after a step where that takes longer. Raises Stopped when `stop` was set. Closing the generator ends
        the work.
        """

    def decide(self, settings: Any, device: torch.device) -> Any:
        """The settings with what they leave to the machine decided for a device. What is painted and recorded
        are these, so that they give the same picture on another machine."""
        return settings

    def declined(self, settings: Any, style_name: str | None) -> Declined | None:
        """Why it does not paint as these settings stand in a style of this name, where that is known before
        any work; `prepare` raises it then."""
        return None

    def reference_seconds(self, settings: Any, megapixels: float) -> float:
        """About what a warm run with decided settings takes on a two-core AMD EPYC with avx512_bf16.
        Predictions for other machines are multiples of it (see compare/costs.py)."""
        return megapixels

    def dtype(self, settings: Any) -> torch.dtype:
        """The number format that the network runs in, for the record."""
        return torch.float32
