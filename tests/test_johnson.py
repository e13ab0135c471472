"""The Johnson method with its embedded networks, and networks that a user brings."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import nn

from compare.comparison import Comparison
from compare.schema import make_request
from core.images import open_picture, to_tensor
from core.resample import fit_long_side, fit_short_side
from core.transformer_net import InstanceNorm
from core.yardstick import Yardstick
from methods.base import Declined, Style
from methods.johnson import (
    BY_STYLE,
    TRAINED_FILE,
    Johnson,
    JohnsonSettings,
    johnson,
    key,
    network_of,
    published,
    trained,
)
from methods.nearest import NEAREST
from plate_styles import PLATES, far, frames, last_frame, notes, plate
from weights import user
from weights.catalog import CATALOG, entry
from weights.errors import WeightsError
from weights.formats import unpack
from weights.load import EMBEDDED, load

CPU = torch.device("cpu")
TWIN = "starry-night"


@pytest.fixture(scope="module")
def method():
    method = Johnson()
    method.load(CPU)
    return method


@pytest.fixture(scope="module")
def content():
    return fit_long_side(to_tensor(open_picture("examples/cat.jpg").rgb), 96)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(user, "FOLDER", tmp_path)
    return tmp_path


def last(method, content, style, **settings):
    return last_frame(method, content, style, JohnsonSettings(**settings))


class ReferenceConvolution(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride=1, upsample=False):
        super().__init__()
        self.upsample = upsample
        self.reflection_pad = nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x):
        if self.upsample:
            x = F.interpolate(x, mode="nearest", scale_factor=2)
        return self.conv2d(self.reflection_pad(x))


class ReferenceBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1, self.conv2 = (ReferenceConvolution(channels, channels, 3) for _ in range(2))
        self.in1, self.in2 = (nn.InstanceNorm2d(channels, affine=True) for _ in range(2))

    def forward(self, x):
        return self.in2(self.conv2(torch.relu(self.in1(self.conv1(x))))) + x


class Reference(nn.Module):
    """A network as the fast-neural-style examples write it; pictures in 0..255."""

    def __init__(self, width):
        super().__init__()
        self.conv1 = ReferenceConvolution(3, width, 9)
        self.conv2 = ReferenceConvolution(width, 2 * width, 3, stride=2)
        self.conv3 = ReferenceConvolution(2 * width, 4 * width, 3, stride=2)
        for i in range(1, 6):
            setattr(self, f"res{i}", ReferenceBlock(4 * width))
        self.deconv1 = ReferenceConvolution(4 * width, 2 * width, 3, upsample=True)
        self.deconv2 = ReferenceConvolution(2 * width, width, 3, upsample=True)
        self.deconv3 = ReferenceConvolution(width, 3, 9)
        for i, channels in enumerate((width, 2 * width, 4 * width, 2 * width, width), 1):
            setattr(self, f"in{i}", nn.InstanceNorm2d(channels, affine=True))

    def forward(self, x):
        y = torch.relu(self.in1(self.conv1(x)))
        y = torch.relu(self.in2(self.conv2(y)))
        y = torch.relu(self.in3(self.conv3(y)))
        for i in range(1, 6):
            y = getattr(self, f"res{i}")(y)
        y = torch.relu(self.in4(self.deconv1(y)))
        y = torch.relu(self.in5(self.deconv2(y)))
        return self.deconv3(y)


@pytest.fixture(scope="module")
def reference():
    torch.manual_seed(5)
    network = Reference(8)
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.InstanceNorm2d):
                module.weight.uniform_(0.5, 1.5)
                module.bias.uniform_(-0.5, 0.5)
        network.deconv3.conv2d.weight.mul_(40)  # so that the picture reaches from black to white and beyond
        network.deconv3.conv2d.bias.fill_(128)
    return network


@torch.no_grad()
@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_fast_neural_style_file_paints_as_its_reference(method, content, reference, folder, ending):
    state = dict(reference.state_dict())
    state |= {f"in{i}.running_mean": torch.zeros(8) for i in (1, 5)}
    state |= {"res1.in1.running_var": torch.ones(32), "in1.num_batches_tracked": torch.tensor(3)}
    path = folder / f"mosaic{ending}"
    if ending == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path, {"format": "pt"})
    photo = content[..., :64, :92]
    expected = (reference(photo * 255) / 255).clamp(0, 1)
    assert expected.std() > 0.02
    torch.testing.assert_close(network_of(load_own("mosaic"), "mosaic")(photo), expected, rtol=0, atol=1e-4)
    frame = last(method, photo, plate(TWIN), network="mosaic", stroke_size=0)
    assert far(frame.image, expected) < 0.02
    assert notes(frame) == ["user"]
    assert path.name in str(frame.notes[0])
    assert [(weight.file, len(weight.sha256)) for weight in frame.weights] == [(path.name, 64)]


def load_own(name):
    return user.load_user_file(name)[0]


def test_missing_and_superfluous_keys_are_named(reference):
    state = {name: each for name, each in reference.state_dict().items() if name != "res3.in2.bias"}
    with pytest.raises(WeightsError, match=r"candy.pth .* lacks res3.in2.bias and has unknown extra\.w"):
        network_of({**state, "extra.weight": torch.zeros(1)}, "candy.pth")
    ours = johnson().state_dict()
    del ours["up.1.norm.beta"]
    with pytest.raises(WeightsError, match=r"mine.*up\.1\.norm\.beta"):
        network_of(ours, "mine.safetensors")
    with pytest.raises(WeightsError, match=r"down\.0\.convolution\.weight.*conv1\.conv2d\.weight"):
        network_of({"layer.weight": torch.zeros(3)}, "other.pth")
    wrong = {**reference.state_dict(), "in2.weight": torch.zeros(5)}
    with pytest.raises(WeightsError, match=r"(?s)candy.pth.*down\.1\.norm\.gamma"):
        network_of(wrong, "candy.pth")


class Evil:
    def __reduce__(self):
        return Path.touch, (Path("evil-was-here"),)


@pytest.mark.parametrize("what", ["empty", "pickle", "code", "list", "safetensors"])
def test_a_file_that_holds_no_weights_is_a_sentence(folder, monkeypatch, tmp_path, what):
    monkeypatch.chdir(tmp_path)
    path = folder / ("bad.safetensors" if what == "safetensors" else "bad.pth")
    if what in ("empty", "pickle", "safetensors"):
        path.write_bytes(b"" if what == "empty" else b"no weights")
    else:
        torch.save(Evil() if what == "code" else [1, 2], path)
    with pytest.raises(WeightsError, match=f"{path.name} holds no weights that can be read"):
        user.load_user_file("bad")
    assert not Path("evil-was-here").exists()


def offered():
    return next(setting.choices for setting in JohnsonSettings.fields() if setting.name == "network")


def test_user_files_appear_under_their_names_at_once(folder):
    assert offered() == (BY_STYLE, *trained(), *published())
    for name in ("rain.pth", "sun.safetensors", "sun.pth", "notes.txt"):
        (folder / name).touch()
    assert list(user.user_files()) == ["rain", "sun.pth", "sun.safetensors"]
    assert offered() == (BY_STYLE, *trained(), *published(), "rain", "sun.pth", "sun.safetensors")
    JohnsonSettings(network="rain")
    with pytest.raises(ValueError, match="network is 'hail'"):
        JohnsonSettings(network="hail")


def test_a_user_file_takes_the_place_of_the_network_of_its_name(method, content, folder, reference):
    torch.save(reference.state_dict(), folder / f"{TWIN}.pth")
    frame = last(method, content, plate(TWIN), network=TWIN)
    assert notes(frame) == ["user"]
    assert f"{TWIN}.pth" in str(frame.notes[0])
    assert notes(last(method, content, plate(TWIN))) == []


def test_a_user_file_is_read_once_a_run_and_built_again_when_it_has_changed(
    method, content, folder, reference, monkeypatch
):
    built, read = [], []
    monkeypatch.setattr("methods.johnson.network_of", lambda *args: built.append(args) or network_of(*args))
    load = user.load_user_file
    monkeypatch.setattr("methods.johnson.load_user_file", lambda name: read.append(name) or load(name))
    path = folder / "mosaic.pth"
    torch.save(reference.state_dict(), path)
    first, again = (last(method, content, plate(TWIN), network="mosaic") for _ in range(2))
    assert len(built) <= 1  # none where another test had the same file
    assert torch.equal(first.image, again.image)
    assert first.weights == again.weights
    torch.save(johnson().state_dict(), path)
    style, count = plate(TWIN), len(read)
    changed, _ = (last(method, content, style, network="mosaic") for _ in range(2))
    assert len(read) == count + 1
    assert changed.weights != first.weights
    assert far(changed.image, first.image) > 0.01


def test_eight_plates_have_a_full_and_a_slim_network_and_one_a_batch_norm_twin():
    assert len(trained("instance", "full")) >= 8
    assert trained("instance", "slim") == trained("instance", "full")
    assert trained("batch", "full") == (TWIN,)
    limits = {"full": 3.5e6, "slim": 0.5e6}
    for weight in CATALOG.values():
        if weight.key.startswith("johnson/"):
            limit = limits["slim" if weight.key.endswith("-slim") else "full"]
            assert (EMBEDDED / weight.file).stat().st_size < limit
            assert weight.styles[0] in PLATES


def test_both_norms_of_a_plate_tell_how_they_were_trained():
    told = [
        unpack((EMBEDDED / entry(key(TWIN, norm, "full")).file).read_bytes(), norm)[1]
        for norm in ("instance", "batch")
    ]
    for about in told:
        assert about.pop("losses")["style"] > 0
    # The one began with CIN's trunk, the other with noise.
    assert [about.pop("steps") for about in told] == [143, 612]
    assert all(about.pop("data").startswith("1020 photographs") for about in told)
    assert told[0] == told[1]


def test_the_two_norms_differ_only_in_the_norm():
    torch.manual_seed(0)
    instance = johnson("instance")
    torch.manual_seed(0)
    batch = johnson("batch")
    ours = [module for module in instance.modules() if not isinstance(module, InstanceNorm)]
    theirs = [module for module in batch.modules() if not isinstance(module, nn.BatchNorm2d)]
    assert [type(module) for module in ours] == [type(module) for module in theirs]
    same = {name: each for name, each in batch.state_dict().items() if "norm" not in name}
    assert same.keys() == {name for name in instance.state_dict() if "norm" not in name}
    assert all(torch.equal(each, instance.state_dict()[name]) for name, each in same.items())


@torch.no_grad()
def test_batch_norm_paints_a_picture_alike_alone_and_in_a_batch(content):
    """Instance norm does so by itself; batch norm must use its running statistics."""
    network = network_of(load(key(TWIN, "batch", "full")), "batch").eval()
    others = torch.cat([content, 1 - content, content.flip(-1)])
    torch.testing.assert_close(network(others)[:1], network(content), rtol=0, atol=1e-4)
    network.train()
    assert far(network(others)[:1], network(content)) > 0.001


def test_slim_and_full_are_one_class_and_slim_is_a_quarter_as_wide(method):
    full, slim = (
        method.prepare(plate(TWIN), JohnsonSettings(width=width), {}).network for width in ("full", "slim")
    )
    assert type(full) is type(slim)
    assert full.state_dict().keys() == slim.state_dict().keys()
    assert full.residual[0].first.convolution.out_channels == 128
    assert slim.residual[0].first.convolution.out_channels == 32


@pytest.mark.parametrize("width", ["full", "slim"])
def test_every_network_paints_its_own_style(method, content, width):
    pictures = {}
    for name in trained("instance", width):
        frame = last(method, content, plate(name), width=width)
        assert frame.notes == ()
        assert frame.weights == (entry(key(name, "instance", width)),)
        assert frame.image.shape == content.shape
        assert 0 <= frame.image.min() < frame.image.max() <= 1
        pictures[name] = frame.image
    for name, picture in pictures.items():
        assert all(far(picture, other) > 0.05 for each, other in pictures.items() if each != name)


def test_a_painting_without_a_network_is_declined_in_a_sentence(method, content):
    near = Style(to_tensor(open_picture(PLATES["great-wave"].path).rgb)[..., 32:-32, 32:-32])
    untrained = plate(next(name for name in PLATES if name not in trained()))
    for style in (near, untrained):
        with pytest.raises(Declined, match="need a network for each painting"):
            last(method, content, style)


def test_that_it_declines_is_known_before_any_work():
    picture = open_picture(PLATES["great-wave"].path)
    request = make_request(picture, picture, {"johnson": JohnsonSettings()}, 64)
    states = [tile.state for tile in Comparison([Johnson()], "cpu").run(request)]
    assert states == ["declined"]
    for known in (JohnsonSettings(new_style="train"), JohnsonSettings(network="great-wave")):
        assert Johnson().declined(known, None) is None


def test_the_nearest_network_is_used_where_it_is_asked_for_and_named(method, content):
    near = Style(to_tensor(open_picture(PLATES["great-wave"].path).rgb)[..., 32:-32, 32:-32])
    frame = last(method, content, near, new_style="nearest plate")
    assert notes(frame) == [NEAREST]
    assert frame.notes[0].values["painted_as"] == PLATES["great-wave"].title
    assert torch.equal(frame.image, last(method, content, plate("great-wave")).image)


def test_a_network_is_trained_on_the_spot_and_paints_other_photos_from_its_file(method, tmp_path):
    photo = fit_long_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 128)
    style = Style(fit_short_side(plate("irises").image, 200).flip(-1))
    *_, frame = frames(method, photo, style, JohnsonSettings(new_style="train", train_steps=10))
    assert notes(frame) == ["trained"]
    assert frame.notes[0].values["steps"] == frame.step == frame.total == 10
    assert frame.notes[0].values["learning_seconds"] > 0
    yardstick = Yardstick(photo, style.image)
    assert yardstick.measure(frame.image).style < 0.5 * yardstick.measure(photo).style
    path = tmp_path / TRAINED_FILE
    path.write_bytes(frame.files[TRAINED_FILE])
    assert path.stat().st_size < 4e6
    again = last(method, photo, style, trained=str(path))
    assert torch.equal(again.image, frame.image)
    other = last(method, photo, plate("udnie"), trained=str(path))
    assert other.notes[0].values["painted_as"] == f"the style in {TRAINED_FILE}"


def test_a_file_that_is_no_network_is_a_sentence(method, content, tmp_path):
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"nothing")
    with pytest.raises(ValueError, match=r"broken\.safetensors is not a trained network"):
        last(method, content, plate(TWIN), trained=str(path))


def test_training_needs_the_full_network():
    with pytest.raises(ValueError, match="trained with instance normalisation and at full width"):
        JohnsonSettings(new_style="train", width="slim")


def test_a_network_can_be_chosen_whatever_the_style_picture(method, content):
    frame = last(method, content, plate("udnie"), network="swirls")
    assert frame.notes[0].key == "plate"
    swirls = {"plate": "swirls", "title": "Swirls, StyleGrid, 2026", "painted_as": PLATES["swirls"].title}
    assert frame.notes[0].values == swirls
    assert torch.equal(frame.image, last(method, content, plate("swirls")).image)


def test_batch_norm_serves_every_style_with_the_network_that_there_is(method, content):
    assert notes(last(method, content, plate(TWIN), norm="batch")) == []
    other = last(method, content, plate("udnie"), norm="batch", new_style="nearest plate")
    assert other.notes[0].values["plate"] == TWIN


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"norm": "batch", "network": "udnie"},
            rf"network is udnie; .* batch .* full there is {TWIN}\.",
        ),
        ({"norm": "batch", "width": "slim"}, "norm batch and width slim there is none"),
    ],
)
def test_a_network_that_was_not_trained_is_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        JohnsonSettings(**settings)


@pytest.mark.parametrize("size", [(63, 101), (64, 1200), (1200, 64), (17, 16)])
def test_any_size_is_kept(method, size):
    photo = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(2))
    for settings in ({}, {"width": "slim"}, {"norm": "batch"}):
        image = last(method, photo, plate(TWIN), **settings).image
        assert image.shape == photo.shape
        assert image.isfinite().all()


def test_strength_and_colours(method, content):
    full = last(method, content, plate(TWIN)).image
    assert torch.equal(last(method, content, plate(TWIN), strength=0.0).image, content)
    half = last(method, content, plate(TWIN), strength=0.5).image
    torch.testing.assert_close(half, (content + full) / 2)
    kept = last(method, content, plate(TWIN), keep_colours=True).image
    assert far(kept.mean(1), full.mean(1)) < far(kept, full)


def test_the_file_is_read_once(method, content, monkeypatch):
    last(method, content, plate(TWIN))
    monkeypatch.setattr("methods.johnson.load", None)
    last(method, content, plate(TWIN))


def test_a_network_that_does_not_match_its_hash_is_refused(content, monkeypatch):
    weight = entry(key(TWIN, "instance", "full"))
    monkeypatch.setitem(CATALOG, weight.key, replace(weight, sha256="0" * 64))
    method = Johnson()
    method.load(CPU)
    with pytest.raises(WeightsError, match="not the one that the catalog names"):
        last(method, content, plate(TWIN))
