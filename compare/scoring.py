"""The distances of finished pictures, measured when no method's seconds are counted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

import torch
from torch import Tensor

from compare.schema import Moment, Tile
from core.measures import Measurer
from core.resample import fit_short_side
from core.sentence import Sentence, sentence_of
from core.yardstick import SHORT_SIDE, Yardstick
from methods.base import Frame, Stop, Stopped, Style

SAMPLE_GROWTH = 1.3  # in seconds, from one sample of a history to the next

log = logging.getLogger(__name__)


@dataclass
class Samples:
    """A method's last picture, and small copies of those before it, ever farther apart in seconds."""

    last: Tensor | None = None
    earlier: list[tuple[float, int, Tensor]] = field(default_factory=list)

    def add(self, frame: Frame, seconds: float) -> None:
        """Remember a frame that was there after so many seconds of work."""
        self.last = frame.image
        due = not self.earlier or seconds >= SAMPLE_GROWTH * self.earlier[-1][0]
        if frame.total > 1 and due:
            self.earlier.append((seconds, frame.step, fit_short_side(frame.image, SHORT_SIDE)))


class Scorer:
    """Measures the pictures of one comparison, by what is made when it is first needed."""

    def __init__(self, content: Tensor, style: Style, device: torch.device, stop: Stop) -> None:
        self.content, self.style, self.device, self.stop = content, style, device, stop

    @cached_property
    def yardstick(self) -> Yardstick:
        """Of this photo and this painting."""
        return Yardstick(self.content.to(self.device), self.style.image, self.style.grams(self.device))

    @cached_property
    def measurer(self) -> Measurer:
        """All measures of the same two."""
        return Measurer(self.content.to(self.device), self.style.image, self.yardstick)

    def history(self, samples: Samples) -> Iterator[Moment]:
        """The distances of the earlier pictures, as far as the run is not stopped; between two it rests where
        it is paused."""
        with suppress(Stopped):
            for seconds, step, image in samples.earlier:
                self.stop.check()
                yield Moment(seconds, step, self.yardstick.measure(image))

    def scored(self, tile: Tile, samples: Samples) -> Tile:
        """The tile, done, with its pictures' distances, or with an error that says why there are none."""
        assert samples.last is not None
        assert tile.seconds is not None
        total = tile.seconds.total
        tile = replace(tile, state="done")
        try:
            distances, measures = self.measurer.measure(samples.last)
            history = list(self.history(samples))
            if history and history[-1].seconds < total:
                history.append(Moment(total, tile.step, distances))
            return replace(
                tile,
                distances=distances,
                baseline=self.yardstick.baseline,
                measures=measures,
                landmarks=self.measurer.landmarks,
                distance_history=tuple(history),
            )
        except Exception as error:
            log.exception("scoring %s failed", tile.title)
            problem = error_message(error, Sentence("the_measure", "the measure"))
            text = "The distances could not be measured: {problem}"
            return replace(tile, error=Sentence("unmeasured", text, {"problem": problem}))


def error_message(error: Exception, title: str) -> str:
    """A sentence for a person; the traceback goes to the log."""
    out_of_memory = isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "can't allocate" in str(error)
    if out_of_memory:
        text = "{title} needs more memory than there is: choose a smaller size."
        return Sentence("failed_memory", text, {"title": title})
    if isinstance(error, ValueError) or type(error).__module__.startswith("weights"):
        return sentence_of(error)
    if isinstance(error, OSError):  # whose own text names a path of the server
        about = {"title": title, "reason": error.strerror or type(error).__name__}
        return Sentence("failed_file", "{title} failed: {reason}.", about)
    about = {"title": title, "reason": f"{type(error).__name__}: {error}"}
    return Sentence("failed", "{title} failed: {reason}", about)
