"""The transport method. What does not depend on training is tested with a decoder of seeded noise."""

import pytest
import torch

from core.images import open_picture, to_tensor
from core.resample import fit_long_side
from methods.autoencoder import FeatureSettings
from methods.base import Stop, Stopped, Style
from methods.wct import LEAST, LIFT, Transport, applied, joined, moments, transport
from plate_styles import last_frame, noise_decoder, seeded
from plate_styles import small_plate as plate

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def method():
    with noise_decoder():
        method = Transport()
        method.load(CPU)
    return method


@pytest.fixture(scope="module")
def content():
    return fit_long_side(to_tensor(open_picture("examples/cat.jpg").rgb), 192)


def last(method, content, style, **settings):
    return last_frame(method, content, style, FeatureSettings(**{"style_size": 128} | settings)).image


def features(channels, height, width, seed):
    mixed = torch.randn(channels, channels, generator=seeded(seed))
    return torch.einsum(
        "ij,bjhw->bihw", mixed, torch.randn(1, channels, height, width, generator=seeded(seed + 9))
    )


def test_the_output_has_the_mean_and_the_covariance_of_the_style():
    content, style = 5 + features(7, 30, 40, 1), features(7, 21, 18, 2) - 3
    (mean, covariance), wanted = moments(content), moments(style)
    matrix = transport(covariance, wanted[1])
    new_mean, _ = moments(applied(matrix, mean, wanted[0], content))
    torch.testing.assert_close(new_mean, wanted[0], rtol=1e-3, atol=1e-3)
    identity = torch.eye(7, dtype=torch.float64)
    lifted = covariance + (LIFT * covariance.diagonal().mean() + LEAST) * identity
    torch.testing.assert_close(matrix @ lifted @ matrix, wanted[1], rtol=1e-3, atol=1e-5)
    torch.testing.assert_close(matrix, matrix.mT)
    assert torch.linalg.eigvalsh(matrix).min() > 0  # symmetric and positive: the one that moves least


def test_fewer_positions_than_channels_and_a_flat_content_have_a_map():
    _, style = moments(features(12, 2, 3, 3))
    for content in (features(12, 1, 4, 4), torch.ones(1, 12, 5, 5)):
        assert transport(moments(content)[1], style).isfinite().all()


def test_moments_of_parts_are_those_of_the_whole():
    whole = 2 + features(5, 8, 20, 5)
    parts = [whole[..., :7], whole[..., 7:]]
    found = joined([(part[0, 0].numel(), *moments(part)) for part in parts])
    for actual, wanted in zip(found, moments(whole), strict=True):
        torch.testing.assert_close(actual, wanted, rtol=1e-5, atol=1e-5)


def test_alpha_goes_from_the_photo_to_the_style(method, content):
    none, half, full = (last(method, content, plate("udnie"), alpha=alpha) for alpha in (0.0, 0.5, 1.0))
    torch.testing.assert_close(none, content, rtol=0, atol=1e-5)
    assert (none - half).abs().max() > 0.01
    assert (full - half).abs().max() > 0.01


def test_tiles_paint_what_the_whole_does(method, content):
    whole, tiled = (last(method, content, plate("waves"), tile=tile) for tile in (1024, 128))
    assert (whole - tiled).abs().max() < 5e-3


@pytest.mark.parametrize(
    "picture",
    [
        torch.full((1, 3, 40, 40), 0.3),
        torch.rand(1, 3, 16, 16, generator=seeded(6)),
        torch.rand(1, 3, 20, 400, generator=seeded(7)),
        torch.rand(1, 1, 60, 60, generator=seeded(8)).expand(-1, 3, -1, -1),
    ],
    ids=["one colour", "16 x 16", "20:1", "grey"],
)
def test_odd_style_pictures_give_finite_pictures(method, content, picture):
    image = last(method, content, Style(picture), style_size=0)
    assert image.shape == content.shape
    assert image.isfinite().all()


def test_it_stops(method, content):
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        list(method.stylize(content, plate("waves"), FeatureSettings(), stop))


def test_a_style_size_that_is_too_small_is_refused():
    with pytest.raises(ValueError, match="style_size is 32; it must be 0, or a number from 64"):
        FeatureSettings(style_size=32)
