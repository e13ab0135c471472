"""Methods that need no weights, for tests of what surrounds them."""

import os
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.resample import resample
from core.yardstick import Distances
from methods.base import Frame, Method, Note, Stop, Style
from methods.settings import MethodSettings, setting


class FixedYardstick:
    """In the place of a yardstick, for who does not care what it says: at once the same of every picture."""

    baseline = Distances(0.0, 1.0)

    def __init__(self, content: Tensor, style: Tensor, grams: Any) -> None:
        pass

    def measure(self, pastiche: Tensor) -> Distances:
        return Distances(0.25, 0.5)


class YardstickAlone:
    """In the place of all measures: what a yardstick says, and nothing else."""

    landmarks = None

    def __init__(self, content: Tensor, style: Tensor, yardstick: Any) -> None:
        self.yardstick = yardstick

    def measure(self, pastiche: Tensor) -> tuple[Any, None]:
        return self.yardstick.measure(pastiche), None


@dataclass(frozen=True)
class FakeSettings(MethodSettings):
    strength: float = setting(0.5, 0, 1, 0.1, help="How much of the style is taken.")
    bold: bool = setting(False, help="Whether it is bold.")


@dataclass(frozen=True)
class SteppedSettings(FakeSettings):
    steps: int = setting(3, 1, 10_000, 1, help="How many steps it takes.")


class Quick(Method):
    """One frame: the photo's negative."""

    name, title, paper = "quick", "Quick", "Nobody 2020: Negatives, https://example.org/negatives"
    Settings, weights = FakeSettings, ()

    def load(self, device: torch.device) -> None:
        pass

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        yield Frame(1 - content, 1, 1, notes=(Note("negative", "A <b>negative</b>."),))


class Stepped(Quick):
    """As many frames as asked for, each darker, with losses, 50 ms apart."""

    name, title = "stepped", "Stepped"
    Settings = SteppedSettings

    def reference_seconds(self, settings: SteppedSettings, megapixels: float) -> float:
        return settings.steps * megapixels

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        for step in range(1, settings.steps + 1):
            time.sleep(0.05)
            stop.check()
            losses = {"content": 10.0 * step, "style": 1e6 / step, "total": 1.0}
            yield Frame(content / (1 + step), step, settings.steps, losses)


@dataclass(frozen=True)
class MaskedSettings(MethodSettings):
    mask: str = setting("", file="mask", help="What is shown.")


class Masked(Quick):
    """One frame: the mask."""

    name, title = "masked", "Masked"
    Settings = MaskedSettings

    def prepare(
        self, style: Style, settings: MaskedSettings, files: Mapping[str, bytes], stop: Stop | None = None
    ) -> Tensor:
        return style.once(settings, lambda: to_tensor(open_picture(files.get("mask"), "mask").rgb))

    def stylize(
        self, content: Tensor, style: Style, settings: MaskedSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        mask = self.prepare(style, settings, {}, stop)
        yield Frame(resample(mask, *content.shape[-2:]), 1, 1)


class Failing(Quick):
    """No picture but a message for people."""

    name, title = "failing", "Failing"

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        raise ValueError("The weights <file> is damaged.")
        yield


class Silent(Quick):
    """Works for a minute without a frame; tells by events when it is at work and when it was stopped."""

    name, title = "silent", "Silent"

    def __init__(self) -> None:
        self.working, self.stopped = threading.Event(), threading.Event()

    def stylize(
        self, content: Tensor, style: Style, settings: FakeSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        self.working.set()
        self.stopped.clear()
        try:
            for _ in range(3000):
                time.sleep(0.02)
                stop.check()
        finally:
            self.working.clear()
            self.stopped.set()
        yield Frame(content, 1, 1)


class Clocked(Stepped):
    """Writes its process and when it began and ended, as a line of the file STYLEGRID_TEST_CLOCK."""

    name, title = "clocked", "Clocked"

    def stylize(
        self, content: Tensor, style: Style, settings: SteppedSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        began = time.monotonic()
        try:
            yield from super().stylize(content, style, settings, stop)
        finally:
            if "STYLEGRID_TEST_CLOCK" in os.environ:
                with open(os.environ["STYLEGRID_TEST_CLOCK"], "a", encoding="utf-8") as file:
                    file.write(f"{os.getpid()} {began} {time.monotonic()}\n")
