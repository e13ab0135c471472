"""What every method keeps to, and that a new one needs no other file: a toy is found everywhere."""

import builtins
import io
import json
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import pytest
import torch
import torch._dynamo  # which Adam imports at its first step, reading files of many packages

import benchmarks.__main__
import methods
import weights.__main__
from compare import cli
from compare.comparison import Comparison
from compare.results import png_text, record
from compare.schema import make_request
from contributed import CODE, Moments
from core.images import Picture, open_picture, to_image, to_pixels
from core.plates import PlateIndex
from engine.inline import InlineEngine
from engine.queue import Queue
from methods import ALL
from methods.base import Frame, Method, Stop, Stopped, Style
from methods.blend import BlendSettings, blend
from methods.flags import settings_from_flags
from methods.settings import setting
from page_handlers import events_of
from picture_files import save_png
from plate_styles import frames, plate
from ui.api import Endpoint
from ui.files import FileCache
from ui.grid import Grid
from ui.language import I18N, label
from ui.page import build
from ui.restore import restored

ROOT = Path(__file__).resolve().parent.parent
CPU = torch.device("cpu")
SIZES = ((45, 67), (67, 45), (16, 33))  # heights and widths in px
EVERY = pytest.mark.parametrize("method", [*ALL, Moments], indirect=True, ids=lambda each: each.name)
LOADED: dict[str, Method] = {}


@pytest.fixture
def method(request):
    """A method of ALL, or that of CONTRIBUTING.md, loaded."""
    kind = request.param
    if reason := kind.unavailable():
        pytest.skip(reason)
    if kind.name not in LOADED:
        LOADED[kind.name] = kind()
        LOADED[kind.name].load(CPU)
    return LOADED[kind.name]


def photo(height=45, width=67):
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(0))


def quick(method, **values):
    """A method's settings at first, but few steps, and any style it has for one that it does not know."""
    names = {each.name for each in method.Settings.fields()}
    wanted = {"steps": 2, "new_style": "nearest plate"}
    return method.Settings.make(**{name: wanted[name] for name in names & wanted.keys()}, **values)


def reading(method, folder):
    """Settings that make the method read all that it can: pictures, masks and plates."""
    save_png(to_image(photo(40, 50)), folder / "picture.png", {})
    fields = method.Settings.fields()
    values = {each.name: str(folder / "picture.png") for each in fields if each.file in ("image", "mask")}
    values |= {each.name: ("waves",) for each in fields if each.name == "plates"}
    return quick(method, **values)


@contextmanager
def no_files() -> Iterator[None]:
    """Within it nothing opens a file, lists a folder or decodes a picture."""

    def refuse(*args, **options):
        raise AssertionError(f"{args[0]!r} was opened")

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in (
            *((builtins, "open"), (io, "open"), (os, "open"), (os, "scandir"), (os, "listdir")),
            *((Path, "open"), (Path, "read_bytes"), (Path, "iterdir")),
        ):
            patch.setattr(owner, name, refuse)
        for module in [*sys.modules.values()]:
            if getattr(module, "open_picture", None) is open_picture:
                patch.setattr(module, "open_picture", refuse)
        yield


def test_names_are_unique():
    assert len({method.name for method in ALL}) == len(ALL)
    assert [methods.get(method.name) for method in ALL] == list(ALL)


@pytest.mark.parametrize("kind", [*ALL, Moments], ids=lambda each: each.name)
def test_what_it_is_stands_in_its_class(kind):
    assert str(kind.year) in kind.paper
    assert "http" in kind.paper
    assert kind.summary.endswith(".")
    assert issubclass(kind.Settings, methods.settings.MethodSettings)


@EVERY
@pytest.mark.parametrize("size", SIZES)
def test_frames_have_the_photos_size_and_the_last_ends_at_the_total(method, size):
    content = photo(*size)
    before = content.clone()
    shots = list(frames(method, content, plate("udnie"), quick(method)))
    for shot in shots:
        assert (shot.image.shape, shot.image.dtype) == (content.shape, torch.float32)
        assert shot.image.device == CPU
        assert 0 <= shot.image.min() <= shot.image.max() <= 1  # and no NaN
        assert not shot.image.requires_grad
    assert [shot.step for shot in shots] == sorted(shot.step for shot in shots)
    assert shots[-1].step == shots[-1].total
    assert bool(shots[-1].losses) == method.iterative
    assert torch.equal(content, before)


@EVERY
def test_the_same_seed_gives_the_same_pixels(method):
    pictures = []
    for _ in range(2):
        *_, last = frames(method, photo(), plate("udnie"), quick(method, seed=3))
        pictures.append(to_pixels(last.image))
    assert (pictures[0] == pictures[1]).all()


@EVERY
@pytest.mark.parametrize("after", [0, 1])
def test_it_ends_within_a_second_of_a_stop(method, after):
    """Before its first frame or after it, with the steps that it takes by itself."""
    stop, style, settings = Stop(), plate("udnie"), method.Settings.make()
    method.prepare(style, settings, {}, stop)
    going = method.stylize(photo(), style, settings, stop)
    for _ in range(after):
        next(going)
    stop.set()
    begun = time.perf_counter()
    with suppress(Stopped):
        for _ in going:
            pass
    assert time.perf_counter() - begun < 1


@EVERY
@pytest.mark.parametrize("everything", [False, True])
def test_it_opens_no_file_while_it_is_timed(method, everything, tmp_path):
    style = Style(photo(60, 50)) if not everything else plate("udnie")
    settings = reading(method, tmp_path) if everything else quick(method)
    data = (tmp_path / "picture.png").read_bytes() if everything else b""
    files = {each.name: data for each in settings.fields() if each.file and getattr(settings, each.name)}
    method.prepare(style, settings, files)
    with no_files():
        for _ in range(2):  # the first run and a warm one
            *_, last = method.stylize(photo(), style, settings)
    assert last.image.shape == photo().shape


CHILD = """
import json, pickle, sys
from picture_files import save_png

class Reader(pickle.Unpickler):
    def find_class(self, module, name):
        assert module.split(".")[0] not in ("torch", "threading", "pathlib"), (module, name)
        return super().find_class(module, name)

request, tile = Reader(sys.stdin.buffer).load()
print(json.dumps([
    request.content.shape, int(request.content.sum()), int(request.style.sum()), sorted(request.files),
    request.settings[tile.method].as_dict(), tile.ended, int(tile.image.sum()), str(tile.image.dtype),
    [str(note) for note in tile.notes], tile.seconds.median > 0, len(tile.loss_history),
]))
"""


@EVERY
def test_request_and_tile_travel_to_a_fresh_process(method, tmp_path):
    content, style = (Picture(to_image(photo(*size)), None) for size in ((67, 45), (50, 50)))
    request = make_request(content, style, {method.name: reading(method, tmp_path)}, 67)
    *_, tile = Comparison([method], "cpu").run(request)
    assert (tile.state, tile.error) == ("done", "")
    child = subprocess.run(
        [sys.executable, "-c", CHILD],
        input=pickle.dumps((request, tile)),
        env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert json.loads(child.stdout) == [
        *([67, 45, 3], int(request.content.sum()), int(request.style.sum()), sorted(request.files)),
        *(request.settings[method.name].as_dict(), True, int(tile.image.sum()), "uint8"),
        *([str(note) for note in tile.notes], True, len(tile.loss_history)),
    ]


def described(*kinds):
    """What programs are told of the methods."""
    engine = InlineEngine([kind() for kind in kinds], "cpu")
    endpoint = Endpoint(Queue(engine), None, None, PlateIndex({}))
    return {each["name"]: each for each in endpoint.methods()["methods"]}


def flags(parser):
    """The flags of a parser, and of the commands beneath it."""
    found = set(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action.choices, dict):
            found = found.union(*map(flags, action.choices.values()))
    return found


@pytest.mark.parametrize("kind", ALL, ids=lambda each: each.name)
def test_every_setting_is_on_the_page_and_a_flag_and_described(kind):
    names = {each.name for each in kind.Settings.fields()}
    assert set(events_of(kind()).inputs.panels[kind.name].controls) == names
    assert {each["name"] for each in described(kind)[kind.name]["settings"]} == names
    wanted = {f"--{kind.name}.{name.replace('_', '-')}" for name in names}
    assert wanted <= flags(cli.parser())
    assert wanted <= flags(benchmarks.__main__.parser())


def test_the_method_of_contributing_is_short():
    assert CODE.count("\n") <= 60


@dataclass(frozen=True)
class ToySettings(BlendSettings):
    steps: int = setting(3, 1, 9, 1, help="How many steps it takes.")


class Toy(Method):
    name, title, year = "toy", "A toy", 2026
    paper, summary = "Nobody 2026: Toys, https://example.org", "Goes from the photo to its negative."
    Settings, weights, iterative = ToySettings, ("adain",), True

    def load(self, device):
        pass

    def stylize(self, content, style, settings, stop=None):
        for step in range(1, settings.steps + 1):
            image = content.lerp(1 - content, step / settings.steps)
            yield Frame(blend(image, content, settings), step, settings.steps, {"total": 1 / step})


@pytest.fixture
def with_toy(monkeypatch):
    """ALL with the toy, as if it were written there."""
    every = (*ALL, Toy)
    for module in [*sys.modules.values()]:
        if getattr(module, "ALL", None) is ALL:
            monkeypatch.setattr(module, "ALL", every)
    return every


def test_a_new_method_is_on_the_page(with_toy):
    page = build(InlineEngine([kind() for kind in with_toy], "cpu"))
    properties = [each["props"] for each in page.config["components"]]
    choice = next(each for each in properties if each.get("label") == label("methods"))
    assert [Toy.title, Toy.name] in [list(each) for each in choice["choices"]]
    assert Toy.name not in choice["value"]  # for it optimises the picture, which takes long on a CPU
    assert any(each.get("label") == label("settings.of", title=Toy.title) for each in properties)
    assert any("Nobody 2026" in text for text in I18N.translations["en"].values()), "in the footer"


def test_a_new_method_takes_part_in_the_settings_of_all(with_toy):
    inputs = events_of(*(kind() for kind in with_toy)).inputs
    for name in ("strength", "keep_colours", "seed"):
        assert inputs.panels["toy"].controls[name] in inputs.shared.targets(name, inputs.panels.values())
    assert inputs.panels["adain"].controls["alpha"] in inputs.shared.targets(
        "strength", inputs.panels.values()
    )


def test_a_new_method_runs_and_has_its_curve_in_its_tile():
    pictures = [Picture(to_image(photo(*size)), None) for size in ((64, 45), (50, 50))]
    request = make_request(*pictures, {"toy": ToySettings(strength=0.5)}, 64)
    *_, tile = Comparison([Toy()], "cpu").run(request)
    assert (tile.state, tile.step, len(tile.loss_history)) == ("done", 3, 3)
    with gr.Blocks():
        files = FileCache(gr.HTML())
    html = Grid(request, {"toy": Toy()}, files, lambda *_: 1.0).draw(tile)
    assert "<polyline" in html or "<path" in html
    assert record(tile)["settings"]["strength"] == 0.5


def test_a_new_methods_png_restores_its_settings(tmp_path):
    pictures = [Picture(to_image(photo(*size)), None) for size in ((64, 45), (50, 50))]
    *_, tile = Comparison([Toy()], "cpu").run(make_request(*pictures, {"toy": ToySettings(steps=5)}, 64))
    save_png(to_image(tile.image), tmp_path / "toy.png", png_text(tile))
    assert restored(str(tmp_path / "toy.png"), {"toy": Toy()}).values["steps"] == 5


def test_a_new_method_is_on_both_command_lines(with_toy, tmp_path):
    assert methods.get("toy") is Toy
    arguments = cli.parser().parse_args(["photo", "style", "--toy.steps", "2"])
    assert "toy" in arguments.methods.split(",")
    assert settings_from_flags(arguments, Toy) == ToySettings(steps=2)
    arguments = benchmarks.__main__.parser().parse_args(["run", "--toy.strength", "0.3", "--methods", "toy"])
    plan = benchmarks.__main__.plan(arguments)
    assert plan.settings == {"toy": ToySettings(strength=0.3)}


def test_a_new_method_is_described_to_programs(with_toy):
    entry = described(*with_toy)["toy"]
    assert entry["title"] == Toy.title
    assert {each["name"] for each in entry["settings"]} == {"strength", "keep_colours", "steps", "seed"}


def test_a_new_method_is_in_the_model_card(with_toy, tmp_path):
    """For it uses a network of ours."""
    assert weights.__main__.main(["publish", "me/mine", "--dry-run", "--out", str(tmp_path)]) == 0
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert Toy.summary in card
    assert Toy.paper in card
