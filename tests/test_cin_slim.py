"""CIN's slim network: any style, in a file of less than 1 MB."""

from typing import get_args, get_type_hints

import pytest
import torch

from compare.comparison import Comparison
from compare.costs import CostModel
from compare.schema import make_request
from core.images import Picture, open_picture, to_image, to_tensor
from core.resample import fit_long_side, fit_short_side
from core.yardstick import Yardstick
from methods.base import Style
from methods.cin import CIN, LEARNT_FILE, CINSettings
from methods.cin import PLATES as KNOWN
from plate_styles import far, last_frame, notes, plate
from weights.catalog import entry
from weights.formats import unpack
from weights.load import EMBEDDED, load

CPU = torch.device("cpu")
WIDTHS = get_type_hints(CINSettings)["width"]


@pytest.fixture(scope="module")
def method():
    method = CIN()
    method.load(CPU)
    return method


@pytest.fixture(scope="module")
def photo():
    return fit_short_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 256)


def last(method, content, style, **settings):
    return last_frame(method, content, style, CINSettings(width="slim", **settings))


def test_the_file_is_at_most_1_mb_with_the_predictor_and_every_plates_row():
    file = EMBEDDED / "cin-slim.safetensors"
    assert file.stat().st_size <= 1e6
    tensors = load("cin-slim")
    assert {each.dtype for each in tensors.values()} == {torch.float16}
    assert any(name.startswith("predictor.") for name in tensors)
    _, about = unpack(file.read_bytes(), "slim")
    assert tuple(about["styles"]) == entry("cin-slim").styles == KNOWN


@pytest.fixture(params=["full", "slim"])
def usual(request, monkeypatch):
    """What is painted by for who does not choose, on a CPU that makes it so."""
    monkeypatch.setattr("core.device._cpu_multiplies_bfloat16", lambda: request.param == "full")
    return request.param


def test_the_width_is_left_to_the_machine_and_recorded_as_it_was_decided(usual, photo):
    comparison = Comparison([CIN()], "cpu")
    content, style = (Picture(to_image(each), None) for each in (fit_long_side(photo, 64), photo))
    request = make_request(content, style, {"cin": CINSettings()}, 64)
    *_, tile = comparison.run(request)
    assert CINSettings().width == "auto"
    assert tile.settings == CINSettings(width=usual)
    assert comparison.methods["cin"].trunks.keys() == {usual}
    assert tile.weights[0] == entry("cin" if usual == "full" else "cin-slim")
    assert {note.key for note in tile.notes} == {"predicted", *{"slim"} & {usual}}


def test_what_was_chosen_is_never_decided_otherwise(usual):
    for width in ("full", "slim"):
        assert CIN().decide(CINSettings(width=width), CPU) == CINSettings(width=width)


def test_a_gpu_always_gets_the_full_network(usual, monkeypatch):
    assert CIN().decide(CINSettings(), torch.device("mps")).width == "full"


def test_the_predicted_seconds_are_those_of_the_width_that_will_paint(usual):
    costs = CostModel({"cin": CIN()}, CPU, lambda: 2.0)
    seconds = {width: costs.predict("cin", CINSettings(width=width), 250_000) for width in get_args(WIDTHS)}
    assert seconds["auto"] == seconds[usual]
    assert seconds["slim"] < seconds["full"] / 3


def test_a_width_is_read_when_it_is_first_asked_for_and_named_as_what_painted(photo):
    method = CIN()
    method.load(CPU)
    assert len(method.trunks) == 1
    small = fit_long_side(photo, 64)
    assert last(method, small, plate("udnie")).weights[0] == entry("cin-slim")
    assert last_frame(method, small, plate("udnie"), CINSettings(width="full")).weights[0] == entry("cin")


@pytest.mark.parametrize("name", ["starry-night", "great-wave", "udnie"])
def test_the_picture_takes_the_style_and_keeps_the_content(method, photo, name):
    style = plate(name)
    yardstick = Yardstick(photo, style.image)
    before, after = yardstick.measure(photo), yardstick.measure(last(method, photo, style).image)
    assert after.style < 0.5 * before.style
    assert after.content < 1.3


def test_another_picture_gets_a_predicted_style_that_is_its_own(method, photo):
    picture = fit_short_side(plate("great-wave").image, 300).flip(-1)
    frame = last(method, photo, Style(picture))
    assert notes(frame) == ["predicted", "slim"]
    yardstick = Yardstick(photo, picture)
    assert yardstick.measure(frame.image).style < 0.5 * yardstick.measure(photo).style
    other = last(method, photo, Style(plate("the-scream").image)).image
    assert far(frame.image, other) > 0.02


def test_a_mix_interpolates_the_slim_rows(method):
    def mixed(style, **settings):
        return method.prepare(style, CINSettings(width="slim", **settings), {})[0]

    both = mixed(plate("waves"), plates=("udnie", "irises"), shares="1, 3")
    udnie, irises = mixed(plate("udnie")), mixed(plate("irises"))
    assert both.keys() == method.trunk("slim").known.table.keys()
    for name, values in both.items():
        torch.testing.assert_close(values, 0.25 * udnie[name] + 0.75 * irises[name])


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (50, 33)])
def test_odd_sizes(method, size):
    content = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    assert last(method, content, plate("waves")).image.shape == content.shape


def test_one_style_does_not_serve_both_widths(method, photo):
    """What is kept of a style in one run is kept by its settings."""
    style = plate("udnie")
    slim = last(method, photo, style).image
    full = last_frame(method, photo, style, CINSettings(width="full")).image
    assert far(slim, full) > 0.001
    assert torch.equal(last(method, photo, style).image, slim)


def test_a_style_is_learnt_and_its_file_fits_slim_alone(method, photo, tmp_path):
    small = fit_long_side(photo, 96)
    frame = last(method, small, plate("deluge"), learn_steps=3)
    assert notes(frame) == ["learnt", "slim"]
    path = tmp_path / LEARNT_FILE
    path.write_bytes(frame.files[LEARNT_FILE])
    again = last(method, small, plate("waves"), learnt=str(path))
    torch.testing.assert_close(again.image, frame.image)
    with pytest.raises(ValueError, match=r"its layers differ, as those of another width do"):
        last_frame(method, small, plate("waves"), CINSettings(width="full", learnt=str(path)))
