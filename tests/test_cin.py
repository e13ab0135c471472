"""The CIN method with its embedded network."""

import json
from dataclasses import replace

import pytest
import torch

from core.images import open_picture, to_image, to_tensor
from core.resample import fit_long_side, fit_short_side, resample
from core.yardstick import Yardstick
from methods.base import Stop, Stopped, Style
from methods.cin import CIN, LEARNT_FILE, CINSettings
from methods.cin import PLATES as KNOWN
from methods.cin_network import is_style
from methods.nearest import NEAREST
from plate_styles import PLATES, far, frames, last_frame, notes, plate
from weights import load
from weights.catalog import entry
from weights.errors import WeightsError
from weights.formats import pack, unpack
from weights.load import EMBEDDED

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def method():
    method = CIN()
    method.load(CPU)
    return method


@pytest.fixture(scope="module")
def content():
    return fit_long_side(to_tensor(open_picture("examples/cat.jpg").rgb), 96)


def last(method, content, style, **settings):
    return last_frame(method, content, style, CINSettings(**{"width": "full", **settings}))


def test_every_plate_is_known():
    assert set(KNOWN) == set(PLATES)
    assert CIN.styles is None  # any other picture can be the style too


def test_the_file_tells_how_it_was_trained():
    _, about = unpack((EMBEDDED / "cin.safetensors").read_bytes(), "cin")
    assert tuple(about["styles"]) == KNOWN
    assert about["steps"] > 1000
    assert 0 < about["losses"]["style"] < 1
    assert "photographs" in about["data"]
    assert set(about) >= {"seed", "version"}


def test_the_file_is_small_and_half_precise():
    assert (EMBEDDED / "cin.safetensors").stat().st_size < 10e6
    assert {each.dtype for each in load.load("cin").values()} == {torch.float16}


@pytest.mark.parametrize("name", ["starry-night", "great-wave", "stained-glass"])
def test_the_picture_takes_the_style_and_keeps_the_content(method, name):
    photo = fit_short_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 256)
    style = plate(name)
    yardstick = Yardstick(photo, style.image)
    before, after = yardstick.measure(photo), yardstick.measure(last(method, photo, style).image)
    assert after.style < 0.5 * before.style
    assert after.content < 1.3
    cat = resample(to_tensor(open_picture("examples/cat.jpg").rgb), *photo.shape[-2:])
    other = Yardstick(cat, style.image)
    assert after.content < other.measure(last(method, photo, style).image).content


def test_styles_differ(method, content):
    pictures = [last(method, content, plate(name)).image for name in ("starry-night", "the-scream", "waves")]
    assert far(pictures[0], pictures[1]) > 0.02
    assert far(pictures[1], pictures[2]) > 0.02


def test_a_mix_of_one_is_that_plate(method, content):
    alone = last(method, content, plate("udnie")).image
    one_hot = last(method, content, plate("waves"), plates=("udnie", "irises"), shares="1, 0").image
    single = last(method, content, plate("waves"), plates=("udnie",)).image
    assert torch.equal(alone, one_hot)
    assert torch.equal(alone, single)


def test_a_mix_interpolates_the_parameters(method):
    def mixed(style, **settings):
        return method.prepare(style, CINSettings(**{"width": "full", **settings}), {})[0]

    both = mixed(plate("waves"), plates=("udnie", "irises"), shares="1, 3")
    udnie, irises = mixed(plate("udnie")), mixed(plate("irises"))
    for name, values in both.items():
        torch.testing.assert_close(values, 0.25 * udnie[name] + 0.75 * irises[name])


def test_shares_are_relative():
    assert CINSettings(plates=("udnie", "irises"), shares="3,1").proportions() == [0, 0.75, 0.25]
    assert CINSettings(plates=("udnie", "irises")).proportions() == [0, 0.5, 0.5]
    assert CINSettings(plates=("udnie",), shares="3,1").proportions() == [0.75, 0.25]
    assert CINSettings(second="other.png").proportions() == [0.5, 0.5]


@pytest.mark.parametrize("shares", ["1", "1,2,3,4", "a,b", "0,0", "-1,2", "nan,1", "inf,1"])
def test_shares_that_do_not_fit_are_refused(shares):
    with pytest.raises(ValueError, match=r"shares is .*; give one number from 0 on for each of the 2"):
        CINSettings(plates=("udnie", "irises"), shares=shares)


def test_a_plate_chosen_twice_is_refused():
    with pytest.raises(ValueError, match="plates: udnie, udnie; choose each of them once"):
        CINSettings(plates=("udnie", "udnie"))


def test_a_fifth_plate_is_refused():
    with pytest.raises(ValueError, match="plates: 5 are chosen; choose at most 4"):
        CINSettings(plates=KNOWN[:5])


def test_strength_0_is_the_photo_and_half_lies_between(method, content):
    full = last(method, content, plate("udnie")).image
    assert torch.equal(last(method, content, plate("udnie"), strength=0.0).image, content)
    half = last(method, content, plate("udnie"), strength=0.5).image
    torch.testing.assert_close(half, (full + content) / 2)


def test_keep_colours_keeps_them(method, content):
    kept = last(method, content, plate("the-scream"), keep_colours=True).image
    free = last(method, content, plate("the-scream")).image
    assert far(kept.mean((2, 3)), content.mean((2, 3))) < far(free.mean((2, 3)), content.mean((2, 3)))


@pytest.mark.parametrize("size", [(16, 16), (17, 31), (50, 33)])
def test_odd_sizes(method, size):
    photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    frame = last(method, photo, plate("waves"))
    assert frame.image.shape == photo.shape
    assert (frame.step, frame.total, frame.notes) == (1, 1, ())


def test_another_picture_gets_a_predicted_style_that_is_its_own(method, content):
    # A plate at another size, turned round, has nearly its own Gram matrices.
    picture = fit_short_side(plate("great-wave").image, 300).flip(-1)
    frame = last(method, content, Style(picture))
    assert notes(frame) == ["predicted"]
    photo = fit_short_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 256)
    yardstick = Yardstick(photo, picture)
    after = yardstick.measure(last(method, photo, Style(picture)).image)
    assert after.style < 0.3 * yardstick.measure(photo).style


def test_the_nearest_plate_is_painted_where_it_is_asked_for_and_named(method, content):
    picture = fit_short_side(plate("great-wave").image, 300).flip(-1)
    frame = last(method, content, Style(picture), style_parameters="nearest plate")
    assert notes(frame) == [NEAREST]
    assert frame.notes[0].values["painted_as"] == PLATES["great-wave"].title
    assert torch.equal(frame.image, last(method, content, plate("great-wave")).image)


def test_a_plate_has_its_own_row_unless_a_predicted_one_is_asked_for(method, content):
    own, predicted = (
        last(method, content, plate("udnie"), style_parameters=each) for each in ("own row", "predicted")
    )
    assert (notes(own), notes(predicted)) == ([], ["predicted"])
    assert far(own.image, predicted.image) > 0.001


def test_two_own_pictures_are_mixed(method, content, tmp_path):
    path = tmp_path / "second.png"
    stripes = torch.zeros(3, 64, 64)
    stripes[:, :, ::8] = 1
    to_image(stripes[None]).save(path)
    rows = [
        method.prepare(Style(each), CINSettings(width="full"), {})[0]
        for each in (plate("waves").image.flip(-1), to_tensor(open_picture(path).rgb))
    ]
    settings = CINSettings(width="full", second="second.png", shares="1, 3")
    mixed, mix_notes, _ = method.prepare(
        Style(plate("waves").image.flip(-1)), settings, {"second": path.read_bytes()}
    )
    assert [note.key for note in mix_notes] == ["mix", "predicted"]
    for name, values in mixed.items():
        torch.testing.assert_close(values, 0.25 * rows[0][name] + 0.75 * rows[1][name])


ODD = {
    "one colour": torch.full((1, 3, 64, 64), 0.5),
    "black": torch.zeros(1, 3, 64, 64),
    "16 px": torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)),
    "20 to 1": torch.rand(1, 3, 16, 320, generator=torch.Generator().manual_seed(1)),
    "grey": torch.rand(1, 1, 64, 64, generator=torch.Generator().manual_seed(2)).expand(-1, 3, -1, -1),
}


@pytest.mark.parametrize("picture", [*ODD, "the photo"])
def test_odd_style_pictures_give_a_picture_and_a_note(method, content, picture):
    frame = last(method, content, Style(ODD.get(picture, content)))
    assert frame.image.isfinite().all()
    assert notes(frame) == ["predicted"]


def test_learning_brings_a_new_style_nearer_and_changes_nothing_else(method):
    photo = fit_long_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 192)
    places = torch.arange(256)
    stripes = torch.stack([(places // width % 2).float().expand(256, 256) for width in (8, 16, 32)])[None]
    known = last(method, photo, plate("udnie")).image
    network = method.trunk("full").network
    state = {name: values.clone() for name, values in network.state_dict().items()}
    *_, frame = frames(method, photo, Style(stripes), CINSettings(width="full", learn_steps=12))
    assert frame.step == frame.total == 12
    assert notes(frame) == ["learnt"]
    assert frame.notes[0].values["steps"] == 12
    yardstick = Yardstick(photo, stripes)
    predicted = last(method, photo, Style(stripes)).image
    assert yardstick.measure(frame.image).style < 0.9 * yardstick.measure(predicted).style
    for name, values in network.state_dict().items():
        assert torch.equal(values, state[name]), name
    assert torch.equal(last(method, photo, plate("udnie")).image, known)


@pytest.fixture(scope="module")
def learnt(method, content, tmp_path_factory):
    """A learnt style's frame, and its file."""
    frame = last(method, content, plate("deluge"), learn_steps=2)
    path = tmp_path_factory.mktemp("learnt") / LEARNT_FILE
    path.write_bytes(frame.files[LEARNT_FILE])
    return frame, path


def test_a_learnt_style_is_a_small_file_that_can_be_loaded_again(method, content, learnt):
    frame, path = learnt
    assert path.stat().st_size < 50_000
    again = last(method, content, plate("waves"), learnt=str(path))
    torch.testing.assert_close(again.image, frame.image)
    assert notes(again) == ["file"]


def test_a_record_names_the_file_without_its_folder(learnt):
    assert CINSettings(learnt=str(learnt[1])).as_dict()["learnt"] == LEARNT_FILE
    assert CINSettings().as_dict()["learnt"] == ""


def test_learning_is_decided_by_its_seed(method, content, learnt):
    again = last(method, content, plate("deluge"), learn_steps=2)
    assert torch.equal(again.image, learnt[0].image)


@pytest.mark.parametrize("cut", [0, 5, 2000])
def test_a_cut_learnt_style_is_refused(method, content, learnt, tmp_path, cut):
    path = tmp_path / "cut.safetensors"
    path.write_bytes(learnt[1].read_bytes()[:cut])
    with pytest.raises(ValueError, match=r"cut.safetensors is not a learnt style"):
        last(method, content, plate("waves"), learnt=str(path))


def test_another_networks_style_is_refused(method, content, learnt, tmp_path):
    tensors, about = unpack(learnt[1].read_bytes(), "learnt")
    path = tmp_path / "other.safetensors"
    path.write_bytes(pack(tensors, {**about, "trunk": "0" * 64}))
    with pytest.raises(ValueError, match="another version of the network"):
        last(method, content, plate("waves"), learnt=str(path))
    path.write_bytes(pack({name: each * float("nan") for name, each in tensors.items()}, about))
    with pytest.raises(ValueError, match="holds numbers that are not finite"):
        last(method, content, plate("waves"), learnt=str(path))
    path.write_bytes(pack({"out.norm.gamma": torch.ones(1, 3)}, about))
    with pytest.raises(ValueError, match="not a style of this network: its layers differ"):
        last(method, content, plate("waves"), learnt=str(path))


def test_stop_ends_learning(method, content):
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        list(frames(method, content, plate("deluge"), CINSettings(width="full", learn_steps=5), stop))


def test_only_the_styles_are_learnt(method):
    trunk = method.trunk("full")
    assert {name for name in trunk.network.state_dict() if is_style(name)} == set(trunk.known.table)
    assert not any(each.requires_grad for each in trunk.network.parameters())


def embedded_as(monkeypatch, tmp_path, data, sha256=None):
    """Make `data` the catalog's CIN file, under its own hash unless another is given."""
    from hashlib import sha256 as digest

    path = tmp_path / "cin.safetensors"
    path.write_bytes(data)
    changed = replace(entry("cin"), sha256=sha256 or digest(data).hexdigest())
    monkeypatch.setattr(load, "entry", lambda key: changed)
    monkeypatch.setenv("STYLEGRID_CIN", str(path))


def test_weights_with_a_wrong_hash_are_refused(monkeypatch, tmp_path):
    data = (EMBEDDED / "cin.safetensors").read_bytes()
    embedded_as(monkeypatch, tmp_path, data[:-1] + b"\x01", entry("cin").sha256)
    with pytest.raises(WeightsError, match="not the one that the catalog names"):
        CIN().load(CPU)


def test_truncated_weights_are_refused(monkeypatch, tmp_path):
    embedded_as(monkeypatch, tmp_path, (EMBEDDED / "cin.safetensors").read_bytes()[:100_000])
    with pytest.raises(WeightsError, match="holds no weights that can be read"):
        CIN().load(CPU)


@pytest.mark.parametrize("change", ["shape", "missing", "more", "styles"])
def test_weights_of_another_shape_are_refused(monkeypatch, tmp_path, change):
    tensors, about = unpack((EMBEDDED / "cin.safetensors").read_bytes(), "cin")
    name = "out.convolution.weight"
    if change == "shape":
        tensors[name] = tensors[name][:2]
    elif change == "missing":
        del tensors[name]
    elif change == "more":
        tensors["extra.weight"] = tensors[name].clone()
    else:
        tensors = {key: each[:2] if is_style(key) else each for key, each in tensors.items()}
    embedded_as(monkeypatch, tmp_path, pack(tensors, about))
    with pytest.raises(WeightsError, match=r"The weights file of .* does not fit its network"):
        CIN().load(CPU)


def test_metadata_survives_packing():
    about = {"styles": ["a", "é"], "steps": 3, "losses": {"content": 0.5}}
    tensors, read = unpack(pack({"x": torch.ones(2, dtype=torch.float16)}, about), "file")
    assert read == about
    assert json.dumps(read)
    assert torch.equal(tensors["x"], torch.ones(2, dtype=torch.float16))
