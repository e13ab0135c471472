"""Every optimised pass paints what the plain one in float32 does, and copies nothing between devices."""

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.plain import PlainAdaIN, PlainCIN, PlainJohnson
from core.images import open_picture, to_tensor
from core.resample import fit_long_side
from core.vgg import VGG
from methods.adain import AdaIN
from methods.cin import CIN
from methods.cin_network import StyleParameters, apply_styles, conditional, embedded_network
from methods.johnson import Johnson
from methods.wct import Transport
from plate_styles import last_frame, plate

CPU = torch.device("cpu")
LEAST = 38  # dB


@pytest.fixture(params=[True, False], ids=["bfloat16", "float32"])
def fast(request, monkeypatch):
    """A CPU for which bfloat16 is fast, and one for which it is not."""
    monkeypatch.setattr("core.device._cpu_multiplies_bfloat16", lambda: request.param)
    return request.param


@pytest.fixture(scope="module")
def photo():
    return fit_long_side(to_tensor(open_picture("examples/flower.jpg").rgb), 144)


def psnr(a, b):
    return -10 * (a - b).square().mean().log10().item()


def painted(kind, photo, **values):
    method = kind()
    method.load(CPU)
    style, settings = plate("starry-night"), kind.Settings.make(**values)
    return last_frame(method, photo, style, settings).image


@pytest.mark.parametrize(
    ("kind", "plain", "values"),
    [
        (Johnson, PlainJohnson, {"stroke_size": 0}),
        (CIN, PlainCIN, {"width": "full", "stroke_size": 0}),
        (AdaIN, PlainAdaIN, {"grain": 0, "style_size": 512}),
    ],
    ids=["johnson", "cin", "adain"],
)
def test_it_is_the_plain_networks_picture(fast, photo, kind, plain, values):
    assert psnr(painted(kind, photo, **values), painted(plain, photo)) > (LEAST if fast else 80)


@pytest.mark.parametrize(
    ("kind", "values"),
    [(CIN, {"width": "slim"}), (Johnson, {"width": "slim"}), (Transport, {"grain": 0})],
    ids=["cin-slim", "johnson-slim", "transport"],
)
def test_bfloat16_is_as_good_as_float32(photo, kind, values, monkeypatch):
    pictures = []
    for fast in (True, False):
        monkeypatch.setattr("core.device._cpu_multiplies_bfloat16", lambda fast=fast: fast)
        pictures.append(painted(kind, photo, **values))
    assert LEAST < psnr(*pictures) < 90  # and they are not the same


def test_vgg_in_bands_is_vgg(photo):
    network, picture = VGG(["relu3_1"]), fit_long_side(photo, 300)
    with torch.no_grad():
        bands = network(picture)["relu3_1"]
        whole = network(picture, between=lambda: None)["relu3_1"]
    assert (bands - whole).square().mean() < 1e-8 * whole.square().mean()


class Copies(TorchDispatchMode):
    """Notes what is moved from one device to another."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        places = {each.device for each in args if isinstance(each, torch.Tensor)}
        result = function(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor) and places and result.device not in places:
            self.found.append(str(function))
        return result


@pytest.mark.parametrize("width", ["full", "slim"])
def test_a_pass_copies_nothing_between_devices(width):
    """Else it cannot become a CUDA graph; the device without memory stands in for a GPU."""
    known = embedded_network(width)
    row: StyleParameters = {name: each.to("meta") for name, each in known.row(0).items()}
    network = conditional(1, width).to("meta", torch.bfloat16).to(memory_format=torch.channels_last)
    picture = torch.zeros(1, 3, 64, 48, device="meta")
    with torch.no_grad():
        apply_styles(network, picture, row)  # what is kept on the device is brought there
        with Copies() as copies:
            result = apply_styles(network, picture, row)
    assert (result.shape, copies.found) == (picture.shape, [])
