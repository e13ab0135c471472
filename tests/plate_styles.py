"""The plates as styles, and methods run as a comparison runs them, for tests of methods."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from compare.schema import read_files
from core.images import open_picture, to_tensor
from core.plates import plates
from core.resample import fit_long_side
from methods.autoencoder import Decoder
from methods.base import Frame, Method, Stop, Style
from methods.settings import MethodSettings

PLATES = {plate.name: plate for plate in plates()}


def plate(name: str) -> Style:
    return Style(to_tensor(open_picture(PLATES[name].path).rgb), name)


def small_plate(name: str) -> Style:
    return Style(fit_long_side(plate(name).image, 128), name)


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def smooth(height: int, width: int, seed: int) -> Tensor:
    """A smooth random picture, (1, 3, H, W) in [0, 1]."""
    return F.interpolate(torch.rand(1, 3, 6, 6, generator=seeded(seed)), (height, width), mode="bilinear")


@contextmanager
def noise_decoder() -> Iterator[None]:
    """Within it methods load a decoder of noise with some contrast, in float32 wherever they run, so that
    small differences can be seen."""
    torch.manual_seed(4)
    state = {name: 2.2 * each for name, each in Decoder().state_dict().items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("methods.autoencoder.load", lambda key: state)
        patch.setattr("methods.autoencoder.fast_dtype", lambda device: torch.float32)
        yield


def far(a: Tensor, b: Tensor) -> float:
    """The mean absolute difference of two pictures."""
    return (a - b).abs().mean().item()


def frames(
    method: Method, content: Tensor, style: Style, settings: MethodSettings, stop: Stop | None = None
) -> Iterator[Frame]:
    """Those of a loaded method, prepared with the files whose paths are in the settings."""
    named, files = read_files({method.name: settings})
    files = {key.split(".")[1]: data for key, data in files.items()}
    method.prepare(style, named[method.name], files, stop)
    yield from method.stylize(content, style, named[method.name], stop)


def last_frame(method: Method, content: Tensor, style: Style, settings: MethodSettings) -> Frame:
    *_, frame = frames(method, content, style, settings)
    return frame


def notes(frame: Frame) -> list[str]:
    """What programs know of a frame's notes."""
    return [note.key for note in frame.notes]
