"""The plates as styles, and methods run as a comparison runs them, for tests of methods."""

from collections.abc import Iterator

from torch import Tensor

from compare.schema import read_files
from core.images import open_picture, to_tensor
from core.plates import plates
from methods.base import Frame, Method, Stop, Style
from methods.settings import MethodSettings

PLATES = {plate.name: plate for plate in plates()}


def plate(name: str) -> Style:
    return Style(to_tensor(open_picture(PLATES[name].path).rgb), name)


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
