"""Strokes keep their share of a picture of any size."""

import pytest
import torch
from torch import Tensor, nn

from core.cuda_graph import Pass
from core.images import open_picture, to_tensor
from core.resample import fit_long_side
from core.transformer_net import TransformerNet
from methods.cin import CIN, CINSettings
from methods.feedforward import FeedForwardSettings, painted
from methods.johnson import Johnson, JohnsonSettings
from plate_styles import far, last_frame, plate

CPU = torch.device("cpu")
SIDE = 96  # px at which networks paint here, for speed


@pytest.fixture(params=[(CIN, {"width": "slim"}), (Johnson, {"width": "slim"})], ids=["cin", "johnson"])
def painting(request, monkeypatch):
    """A method at work: a photo and settings to its picture."""
    monkeypatch.setattr("methods.feedforward.USUAL_SIDE", SIDE)
    kind, values = request.param
    method = kind()
    method.load(CPU)

    def paint(photo, **settings):
        return last_frame(method, photo, plate("udnie"), kind.Settings.make(**values, **settings)).image

    return paint


@pytest.fixture(scope="module")
def photo():
    return fit_long_side(to_tensor(open_picture("examples/flower.jpg").rgb), 4 * SIDE)


def test_a_large_picture_has_the_strokes_of_a_small_one(painting, photo):
    small = painting(fit_long_side(photo, SIDE))
    large, fine = (fit_long_side(painting(photo, stroke_size=size), SIDE) for size in (1, 0))
    assert far(large, small) < 0.5 * far(fine, small)


def test_it_has_the_photos_edges(painting, photo):
    """Where a blunt enlargement has none."""

    def fine_detail(image):
        return (image - fit_long_side(fit_long_side(image, SIDE), 4 * SIDE)).square().mean()

    blunt = fit_long_side(painting(fit_long_side(photo, SIDE)), 4 * SIDE)
    assert fine_detail(painting(photo)) > 2 * fine_detail(blunt)


def test_up_to_the_usual_size_it_changes_nothing(painting, photo):
    small = fit_long_side(photo, SIDE)
    assert torch.equal(painting(small), painting(small, stroke_size=0))
    assert far(painting(small, stroke_size=2), painting(small)) > 0.005


def test_without_any_style_it_is_the_photo_to_the_last_pixel(painting, photo):
    assert torch.equal(painting(photo, strength=0), photo)


def test_the_side_at_which_it_is_painted():
    assert [FeedForwardSettings(stroke_size=size).side(2048) for size in (0, 0.5, 1, 2)] == [
        2048,
        1024,
        512,
        256,
    ]
    assert FeedForwardSettings(stroke_size=0.1).side(2048) == 2048
    assert [FeedForwardSettings().side(side) for side in (400, 300, 256, 100)] == [400, 384, 384, 150]
    assert [FeedForwardSettings(stroke_size=size).side(256) for size in (0, 0.5, 2)] == [256, 384, 256]
    with pytest.raises(ValueError, match=r"stroke_size is 5; it must be a number from 0 to 4"):
        FeedForwardSettings(stroke_size=5)


def test_a_small_photo_is_painted_enlarged(photo):
    small, seen = fit_long_side(photo, 64), list[Tensor]()
    network = TransformerNet(nn.InstanceNorm2d, width=2, blocks=1)

    def invert(image):
        seen.append(image)
        return 1 - image

    monochrome = small.mean().expand_as(small)
    inverted = painted(network, Pass(invert), monochrome, FeedForwardSettings(), None)
    assert torch.allclose(inverted, 1 - monochrome)
    assert max(seen[0].shape[-2:]) == 96
    untouched = painted(network, Pass(lambda image: image), small, FeedForwardSettings(), None)
    assert torch.allclose(untouched, small, atol=1e-5)


@pytest.mark.parametrize(("method", "Settings"), [(CIN(), CINSettings), (Johnson(), JohnsonSettings)])
def test_predicted_seconds_are_those_of_the_side_at_which_it_is_painted(method, Settings):
    settings, fine = Settings(width="full"), Settings(width="full", stroke_size=0)
    assert method.reference_seconds(settings, 0.1) == pytest.approx(method.reference_seconds(fine, 0.1))
    assert method.reference_seconds(settings, 2.8) < 0.3 * method.reference_seconds(fine, 2.8)
