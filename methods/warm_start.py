"""A picture to begin with: that of a quick method at hand that takes any picture as its style."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from core.resample import fit_long_side, merged
from methods.adain import AdaIN
from methods.base import Method, Note, Stop, Style
from methods.cin import CIN
from methods.magenta import Magenta
from methods.settings import MethodSettings
from weights.catalog import WeightFile, entry
from weights.errors import WeightsError

QUICK: tuple[type[Method], ...] = (CIN, AdaIN, Magenta)  # nearest to both pictures first
LONG_SIDE = 512  # px


class WarmStart:
    """The first method of QUICK that can run here, loaded when first needed and kept.

    Args:
        device: where it paints.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.method: Method | None = None

    def prepare(self, style: Style, stop: Stop | None = None) -> None:
        """Load the method and let it read what it needs for this style, unless that is done."""
        for method in [self.method] if self.method else [each() for each in QUICK if not each.unavailable()]:
            try:
                if method is not self.method:
                    method.load(self.device)
                self.settings = style.once(("warm start", method), partial(prepared, method, style, stop))
                self.method = method
                return
            except WeightsError:
                continue  # the next may have its weights

    def paint(
        self, content: Tensor, style: Style, stop: Stop | None = None
    ) -> tuple[Tensor, Note, tuple[WeightFile, ...]]:
        """The picture of a (1, 3, H, W) content in [0, 1], what the user should know, and what painted it.

        A large content is painted at LONG_SIDE, for which the networks were trained, and keeps its own finer
        detail, so that strokes have the same share of the picture. It is the content itself where there is no
        such method.
        """
        self.prepare(style, stop)
        if self.method is None:
            return content, Note("start_content", "Began with the photo: no quick method is at hand."), ()
        small = fit_long_side(content, min(LONG_SIDE, max(content.shape[-2:])))
        *_, last = self.method.stylize(small, style, self.settings, stop)
        note = Note("start_fast", "Began with the picture of {title}.", {"title": self.method.title})
        weights = last.weights or tuple(entry(key) for key in self.method.weights)
        return merged(content, small, last.image.to(content.device)), note, weights


def prepared(method: Method, style: Style, stop: Stop | None) -> MethodSettings:
    """Let a method read what it needs for a style with its usual settings; those settings."""
    # A start that is near is worth more than the seconds that the slim network would save.
    settings = method.Settings.make(**({"width": "full"} if isinstance(method, CIN) else {}))
    method.prepare(style, settings, {}, stop)
    return settings
