"""Large pictures in patches: the geometry, and the feed-forward networks' shared statistics."""

from itertools import pairwise

import pytest
import torch

from core.images import open_picture, to_tensor
from core.patches import covering, feathered, in_bands, patches, whole
from core.plates import plates
from core.resample import fit_long_side
from core.transformer_net import FixableNorm, InstanceNorm, TransformerNet, fixed_statistics
from methods.base import Stop, Stopped, Style
from methods.cin import CIN, CINSettings
from methods.feedforward import MARGIN, in_patches

CPU = torch.device("cpu")
SHAPES = [{}, {"halved": True}]


@pytest.fixture(scope="module")
def photo():
    return fit_long_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 400)


@pytest.mark.parametrize("size", [(100, 37), (32, 32), (16, 400)])
def test_patches_count_every_pixel_once(size):
    counts = torch.zeros(1, 1, *size)
    for patch in patches(*size, 32, 16):
        before = counts.clone()
        patch.write(patch.read(before) + 1, counts)
    assert torch.equal(counts, torch.ones_like(counts))


@pytest.mark.parametrize("height", [64, 130, 201])
@pytest.mark.parametrize(
    ("scale", "layer"), [(0.5, torch.nn.MaxPool2d(2)), (2, torch.nn.Upsample(scale_factor=2))]
)
def test_bands_are_the_whole(height, scale, layer):
    convolution = torch.nn.Conv2d(3, 4, 3, padding=1, padding_mode="reflect").double()
    network = torch.nn.Sequential(convolution, layer)
    x = torch.randn(2, 3, height, 9, dtype=torch.double, generator=torch.Generator().manual_seed(0))
    seen = []

    def record(rows):
        seen.append(rows.shape[-2])
        return network(rows)

    with torch.no_grad():
        torch.testing.assert_close(in_bands(record, x, 64, 4, scale), network(x))
    assert max(seen) <= 64 + 2 * 4
    in_bands(record, x, 64, 4, scale)
    assert seen[-1] == height, "with a gradient in one piece"


def test_patches_read_the_same_place_at_another_scale():
    image = torch.arange(96 * 64, dtype=torch.float32).view(1, 1, 96, 64)
    small = image[..., ::8, ::8]
    for patch in patches(96, 64, 32, 16):
        assert torch.equal(patch.read(small, 8), patch.read(image)[..., ::8, ::8])
        valid = patch.valid(patch.read(image))
        assert torch.equal(patch.valid(patch.read(small, 8), 8), valid[..., ::8, ::8])


@torch.no_grad()
def test_fixed_statistics_are_those_that_were_met():
    torch.manual_seed(0)
    network = TransformerNet(InstanceNorm, width=4)
    one, other = torch.rand(2, 1, 3, 64, 48)
    own, others = network(one), network(other)
    with fixed_statistics(network, lambda: network(one)):
        torch.testing.assert_close(network(one), own, rtol=0, atol=1e-4)
        assert (network(other) - others).abs().max() > 1e-3
    torch.testing.assert_close(network(other), others)


@torch.no_grad()
def test_statistics_are_free_again_after_an_error():
    network = TransformerNet(InstanceNorm, width=4)
    with (
        pytest.raises(ZeroDivisionError),
        fixed_statistics(network, lambda: network(torch.rand(1, 3, 32, 32))),
    ):
        raise ZeroDivisionError
    assert all(each.fixed is None for each in network.modules() if isinstance(each, FixableNorm))


@torch.no_grad()
@pytest.mark.parametrize("shape", SHAPES)
def test_patches_fit_together_without_a_seam(photo, shape):
    """The tiled picture is what the whole picture gives with the same statistics."""
    torch.manual_seed(1)
    network = TransformerNet(InstanceNorm, width=4, **shape)
    tiled = in_patches(network, network, photo, 128, None)
    with fixed_statistics(network, lambda: network(fit_long_side(photo, 128))):
        whole = network(photo)
    torch.testing.assert_close(tiled, whole, rtol=0, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_margin_is_as_far_as_the_network_sees(shape):
    """Instance norm sees everything; with fixed statistics the convolutions alone are left."""
    torch.manual_seed(2)
    network = TransformerNet(InstanceNorm, width=4, **shape).double()
    strip = torch.rand(1, 3, 16, 512, dtype=torch.double)
    changed = strip.clone()
    changed[..., 256:] = 0.5
    with torch.no_grad(), fixed_statistics(network, lambda: network(strip)):
        differs = (network(strip) - network(changed)).abs().amax((0, 1, 2)).nonzero().min().item()
    assert 256 - MARGIN <= differs < 256 - MARGIN // 2


def test_a_tiled_picture_looks_like_the_whole_one(photo):
    method = CIN()
    method.load(CPU)
    plate = next(plate for plate in plates() if plate.name == "the-scream")
    style = Style(to_tensor(open_picture(plate.path).rgb), plate.name)
    whole, tiled = (next(method.stylize(photo, style, CINSettings(tile=tile))).image for tile in (2048, 256))
    assert -10 * (whole - tiled).square().mean().log10() > 25


def test_stop_ends_between_patches(photo):
    network = TransformerNet(InstanceNorm, width=4)
    stop = Stop()

    def apply(image):
        stop.set()
        return network(image)

    with torch.no_grad(), pytest.raises(Stopped):
        in_patches(network, apply, photo, 128, stop)


@pytest.mark.parametrize("size", [(100, 37), (64, 65), (50, 300), (20, 64)])
def test_covering_patches_are_full_and_overlap(size):
    met = torch.zeros(size)
    for patch in covering(*size, 64, 16):
        assert patch.read(met).shape == tuple(min(64, side) for side in size)
        patch.write(patch.read(met) + 1, met)
    assert torch.equal(met, torch.ones(size))
    for axis in (0, 1):
        spans = {(patch.rows, patch.columns)[axis] for patch in covering(*size, 64, 16)}
        ends = sorted((span.start, span.stop) for span in spans)
        assert all(stop - start >= 16 for (_, stop), (start, _) in pairwise(ends))


def test_feathered_patches_give_back_what_they_read(photo):
    parts = ((patch, patch.read(photo)) for patch in covering(*photo.shape[-2:], 128, 32))
    torch.testing.assert_close(feathered(parts, photo, 32), photo)


def test_feathered_patches_fade_into_each_other():
    image = torch.zeros(1, 3, 10, 112)
    first, second = covering(10, 112, 64, 16)
    parts = [(first, first.read(image)), (second, second.read(image) + 1)]
    row = feathered(parts, image, 16)[0, 0, 5]
    assert torch.equal(row[:48], torch.zeros(48))
    assert torch.equal(row[64:], torch.ones(48))
    assert row.diff().max() < 1 / 16
    assert (row[47:65].diff() > 0).all()


def test_the_whole_is_the_only_patch_of_a_large_side():
    assert list(patches(50, 70, 70, 0)) == [whole(50, 70)]
