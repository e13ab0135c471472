"""VGG-19 and VGG-16 of torchvision as Gatys backbones, with random weights in place of the trained ones."""

from dataclasses import replace

import pytest
import torch
from torchvision import models

import core.vgg
from core.vgg import BACKBONES, ORIGINAL, VGG, layer_names
from methods.base import Style
from methods.gatys import Gatys
from methods.gatys_presets import PAPER, PRESETS, VGG16, VGG16_LAYERS, GatysSettings
from weights.catalog import entry
from weights.errors import WeightsError
from weights.load import load

CPU = torch.device("cpu")
VGG19 = "vgg19 torchvision"
PICTURE = torch.rand(1, 3, 33, 47, generator=torch.Generator().manual_seed(1))


@pytest.fixture
def networks(monkeypatch):
    """torchvision's networks by catalog key; their weights stand in for those on the Hub."""
    torch.manual_seed(0)
    networks = {entry(BACKBONES[name].weights).key: make().eval() for name, make in MAKERS.items()}

    def stored(key):
        if key == "vgg19":
            return load(key)
        if key not in networks:
            raise WeightsError("The weights are not on this machine.")
        return {f"features.{name}": each for name, each in networks[key].features.state_dict().items()}

    monkeypatch.setattr(core.vgg, "load", stored)
    core.vgg._state.cache_clear()
    yield networks
    core.vgg._state.cache_clear()


MAKERS = {
    VGG19: lambda: small(models.vgg19),
    VGG16: lambda: small(models.vgg16),
}


def small(make):
    """The network without its classifier, which would be 120 million numbers."""
    with torch.device("meta"):
        network = make(weights=None)
    network.features.to_empty(device="cpu")
    for module in network.features:
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            torch.nn.init.normal_(module.bias, std=0.1)
    return network


@torch.no_grad()
@pytest.mark.parametrize("backbone", [VGG19, VGG16])
def test_features_are_torchvisions_in_the_scale_of_0_to_255(networks, backbone):
    features = networks[BACKBONES[backbone].weights].features
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    x = (PICTURE - mean[:, None, None]) / deviation[:, None, None]
    ours = VGG(("conv1_1", "relu3_3", "relu5_3"), backbone=backbone)(PICTURE)
    for name, module in zip(layer_names(backbone), features, strict=True):
        x = module(x)
        if name in ours:
            torch.testing.assert_close(ours[name], x * 255 * 0.225, rtol=1e-4, atol=1e-3)


def test_the_layers_of_vgg16():
    names = layer_names(VGG16)
    assert len([name for name in names if name.startswith("conv")]) == 13
    assert "relu3_4" not in names
    with pytest.raises(ValueError, match=r"VGG-16 has no layer relu3_4: .* to relu5_3"):
        VGG(("relu3_4",), backbone=VGG16)
    with pytest.raises(ValueError, match=r"backbone is vgg16 torchvision, which has no layer relu4_4"):
        replace(PRESETS["d2l"], backbone=VGG16)


def test_a_file_that_does_not_fit_is_a_sentence(networks):
    networks["vgg16-torchvision"] = networks["vgg19-torchvision"]
    with pytest.raises(WeightsError, match=r"The file of VGG-16, torchvision's weights does not fit"):
        VGG(("relu1_1",), backbone=VGG16)


def last(settings: GatysSettings):
    method = Gatys()
    method.load(CPU)
    method.prepare(Style(PICTURE), settings, {})
    return list(method.stylize(PICTURE, Style(PICTURE.flip(-1)), settings))[-1]


def test_a_chosen_backbone_paints_and_is_named(networks):
    ours = last(replace(PAPER, steps=2))
    assert [weight.key for weight in ours.weights] == ["vgg19"]
    theirs = last(replace(PAPER, steps=2, backbone=VGG19))
    assert [weight.key for weight in theirs.weights] == ["vgg19-torchvision"]
    assert not torch.equal(ours.image, theirs.image)


def test_hvass_has_vgg16_when_it_can_be_had(networks):
    frame = last(replace(PRESETS["hvass"], steps=1))
    assert [weight.key for weight in frame.weights] == ["vgg16-torchvision"]
    assert [note.key for note in frame.notes] == ["backbone"]
    more = replace(PRESETS["hvass"], steps=1, style_layers=(*VGG16_LAYERS, "relu3_4"))
    assert [weight.key for weight in last(more).weights] == ["vgg19"]
    chosen = replace(PRESETS["hvass"], steps=1, backbone=ORIGINAL)
    assert [weight.key for weight in last(chosen).weights] == ["vgg19"]


def test_without_vgg16_hvass_runs_on_vgg19_and_says_why(networks):
    networks.clear()
    frame = last(replace(PRESETS["hvass"], steps=1))
    assert [weight.key for weight in frame.weights] == ["vgg19"]
    about, refused = frame.notes
    assert (about.key, refused.key) == ("backbone", "backbone_refused")
    assert str(refused) == "The weights are not on this machine."
    with pytest.raises(WeightsError, match="not on this machine"):
        last(replace(PAPER, steps=1, backbone=VGG16))


def test_a_failed_download_is_not_repeated_at_once(networks, monkeypatch):
    networks.clear()
    method, loaded, load = Gatys(), [], core.vgg.load
    monkeypatch.setattr(core.vgg, "load", lambda key: loaded.append(key) or load(key))
    method.load(CPU)
    for _ in range(3):
        method.prepare(Style(PICTURE), PRESETS["hvass"], {})
    assert loaded.count("vgg16-torchvision") == 1
    monkeypatch.setattr("methods.gatys.SECONDS_BETWEEN_REQUESTS", -1)
    method.prepare(Style(PICTURE), PRESETS["hvass"], {})
    assert loaded.count("vgg16-torchvision") == 2
