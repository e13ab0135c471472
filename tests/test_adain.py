"""The AdaIN method. What does not depend on training is tested with a decoder of seeded noise."""

import hashlib

import pytest
import torch

from core.images import open_picture, to_image, to_tensor
from core.losses import joined_mean_std, mean_std
from core.resample import fit_long_side
from methods.adain import AdaIN, AdaINSettings, adain
from methods.autoencoder import MARGIN, MULTIPLE
from methods.base import Stop, Stopped, Style
from picture_files import save_png
from plate_styles import PLATES, last_frame, noise_decoder, seeded
from plate_styles import small_plate as plate

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def method():
    with noise_decoder():
        method = AdaIN()
        method.load(CPU)
    return method


@pytest.fixture(scope="module")
def content():
    return fit_long_side(to_tensor(open_picture("examples/cat.jpg").rgb), 192)


def last(method, content, style, **settings):
    return last_frame(method, content, style, AdaINSettings(style_size=128, **settings))


def saved(image, path):
    save_png(to_image(image), path, {})
    return str(path)


@pytest.fixture
def second(tmp_path):
    """A style and its file, which hold the same pixels."""
    file = saved(plate("waves").image, tmp_path / "second.png")
    return Style(to_tensor(open_picture(file).rgb)), file


def far(a, b):
    return (a - b).abs().max().item()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_output_has_the_mean_and_the_deviation_of_the_style(dtype):
    content = 5 + 3 * torch.randn(2, 7, 20, 30, generator=seeded(1), dtype=dtype)
    style = -2 + 9 * torch.rand(2, 7, 11, 8, generator=seeded(2), dtype=dtype)
    output = adain(content, mean_std(content), mean_std(style))
    assert output.dtype == dtype
    for actual, wanted in zip(mean_std(output), mean_std(style), strict=True):
        torch.testing.assert_close(actual, wanted, rtol=1e-4, atol=1e-4)


def test_alpha_goes_from_the_photo_to_the_style(method, content):
    none, half, full = (last(method, content, plate("udnie"), alpha=alpha).image for alpha in (0.0, 0.5, 1.0))
    torch.testing.assert_close(none, content, rtol=0, atol=1e-5)
    assert far(none, full) > 0.05
    assert far(none, half) > 0.01
    assert far(full, half) > 0.01


def test_the_style_picture_follows_the_photos_size_up_to_a_limit(method, content):
    same, larger = (
        method.target(photo, plate("udnie"), AdaINSettings()).style
        for photo in (content, torch.nn.functional.pad(content, (900, 0, 900, 0)))
    )
    short = min(content.shape[-2:])
    assert torch.equal(same[0], method.statistics(plate("udnie"), short)[0])
    assert torch.equal(larger[0], method.statistics(plate("udnie"), 512)[0])


def test_grain_stirs_flat_areas_and_alpha_0_shows_none_of_it(method):
    flat = torch.full((1, 3, 64, 64), 0.5)
    smooth, grainy, other = (
        last(method, flat, plate("waves"), grain=grain, seed=seed).image[..., 16:48, 16:48]
        for grain, seed in ((0.0, 0), (0.1, 0), (0.1, 1))
    )
    period = [far(each, each.roll(MULTIPLE, -1)) for each in (smooth, grainy)]
    assert period[0] < 1e-3 < 0.05 < period[1], "without grain a flat area repeats itself: a mesh"
    assert far(grainy, other) > 0.01
    photos = [last(method, flat, plate("waves"), alpha=0.0, grain=grain).image for grain in (0.0, 0.1)]
    torch.testing.assert_close(*photos, rtol=0, atol=1e-5)


def test_styles_are_mixed_by_their_shares(method, content, second):
    first, (waves, other) = plate("udnie"), second
    alone = last(method, content, first).image
    assert far(last(method, content, first, second=other, shares="1, 0").image, alone) < 1e-5
    switched = last(method, content, waves).image
    assert far(last(method, content, first, second=other, shares="0, 3").image, switched) < 1e-5
    half = last(method, content, first, second=other).image
    assert far(half, alone) > 0.02
    assert far(half, switched) > 0.02
    assert torch.equal(last(method, content, first, second=other, shares="2, 2").image, half)


def test_plates_are_mixed_in(method, content):
    mixed = last(method, content, plate("udnie"), plates=("waves", "swirls"), shares="0, 1, 0").image
    waves = Style(to_tensor(open_picture(PLATES["waves"].path).rgb))
    assert far(mixed, last(method, content, waves).image) < 1e-5


def test_a_mask_of_all_ones_is_the_single_style_and_of_all_zeros_the_others(
    method, content, second, tmp_path
):
    waves, other = second
    for value, style in ((1.0, plate("udnie")), (0.0, waves)):
        mask = saved(torch.full((1, 3, 40, 60), value), tmp_path / "mask.png")
        masked = last(method, content, plate("udnie"), second=other, mask=mask).image
        assert far(masked, last(method, content, style).image) < 1e-4


def test_a_mask_chooses_the_style_of_each_half(method, content, second, tmp_path):
    first, (waves, other) = plate("udnie"), second
    halves = torch.zeros(1, 3, 64, 96)
    halves[..., :48] = 1
    mask = saved(halves, tmp_path / "mask.png")
    masked = last(method, content, first, second=other, mask=mask).image
    assert far(masked[..., :48], last(method, content, first).image[..., :48]) < 0.01
    assert far(masked[..., -48:], last(method, content, waves).image[..., -48:]) < 0.01


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"shares": "1, 2"}, "shares is '1, 2'; give one number from 0 on for each of the 1 paintings"),
        ({"mask": "mask.png"}, "mask chooses between paintings; give another painting"),
        ({"mask": "m.png", "plates": ("udnie",), "shares": "1, 0"}, "mask chooses between paintings"),
        ({"style_size": 32}, "style_size is 32; it must be 0, or a number from 64 to 2048"),
        ({"alpha": 1.5}, "alpha is 1.5; it must be a number from 0 to 1"),
    ],
)
def test_settings_without_sense_are_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        AdaINSettings(**settings)


def test_files_that_are_missing_or_no_pictures_are_a_sentence(method):
    mixed = AdaINSettings(second="a.png", plates=("waves",), mask="b.png")
    for files, sentence in (
        ({}, "No second painting was chosen"),
        ({"second": b"text"}, "second painting is not a JPEG"),
        ({"second": PLATES["waves"].path.read_bytes()}, "No mask was chosen"),
    ):
        with pytest.raises(ValueError, match=sentence):
            method.prepare(plate("udnie"), mixed, files)


@pytest.mark.parametrize("size", [(200, 333), (128, 400), (257, 130)])
def test_tiles_give_what_one_piece_gives(method, size):
    photo = fit_long_side(to_tensor(open_picture("examples/coffee.jpg").rgb), 400)[..., : size[0], : size[1]]
    whole = last(method, photo, plate("udnie"), tile=4096).image
    assert whole.std() > 0.02
    tiled = last(method, photo, plate("udnie"), tile=128).image
    assert far(whole, tiled) < 2e-3


def test_statistics_of_parts_join_to_those_of_the_whole():
    features = 4 + torch.randn(1, 3, 10, 9, generator=seeded(3))
    parts = [features[..., :4, :], features[..., 4:, :5], features[..., 4:, 5:]]
    joined = joined_mean_std([(part[0, 0].numel(), *mean_std(part)) for part in parts])
    torch.testing.assert_close(joined, mean_std(features))


def test_a_style_picture_is_encoded_once(method, content, monkeypatch):
    style = plate("gray-tree")
    last(method, content, style)
    encoded = []
    features = method.autoencoder.encode
    monkeypatch.setattr(
        method.autoencoder, "encode", lambda image: encoded.append(image.shape) or features(image)
    )
    last(method, content.flip(-1), style)
    assert encoded == [content.shape]


def test_a_style_picture_is_hashed_once(method, content, monkeypatch):
    hashed = []
    sha256 = hashlib.sha256
    monkeypatch.setattr("methods.base.sha256", lambda data: hashed.append(len(data)) or sha256(data))
    style = plate("udnie")
    for photo in (content, content.flip(-1)):
        last(method, photo, style)
    assert hashed == [4 * style.image.numel()]


def test_equal_pictures_share_their_statistics_and_others_do_not(method):
    style, again, other = plate("udnie"), plate("udnie"), plate("waves")
    assert method.statistics(style, 128) is method.statistics(again, 128)
    assert method.statistics(style, 128) is not method.statistics(other, 128)


@pytest.mark.parametrize("value", [0.0, 0.37, 1.0])
def test_flat_pictures_give_numbers(method, content, value):
    flat = torch.full((1, 3, 64, 48), value)
    for keep in (False, True):
        for photo, style in ((content, flat), (flat, plate("udnie").image), (flat, flat)):
            image = last(method, photo, Style(style), keep_colours=keep).image
            assert image.isfinite().all()
            assert image.shape == photo.shape


@pytest.mark.parametrize("size", [(63, 101), (64, 1200), (17, 16), (16, 300)])
def test_any_size_is_kept(method, size):
    photo = torch.rand(1, 3, *size, generator=seeded(5))
    assert last(method, photo, plate("udnie")).image.shape == photo.shape


def test_colours_are_kept_either_way(method, content):
    style = plate("the-scream")
    luminance = last(method, content, style, keep_colours=True, colours="luminance").image
    chroma = [image - image.mean(1, keepdim=True) for image in (luminance, content)]
    assert (chroma[0] - chroma[1]).abs().mean() < 0.02
    recoloured = last(method, content, style, keep_colours=True).image
    assert far(recoloured, last(method, content, style).image) > 0.01
    assert far(recoloured, luminance) > 0.01


def test_stop_ends_the_work(method, content):
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        next(method.stylize(content, plate("udnie"), AdaINSettings(), stop))


def test_the_margin_is_as_far_as_the_network_sees(method):
    photo = torch.rand(1, 3, 16, 512, generator=seeded(6))
    changed = photo.clone()
    changed[..., 256:] = 0.5
    with torch.no_grad():
        pictures = [method.autoencoder.decoder(method.autoencoder.encode(each)) for each in (photo, changed)]
    reach = (pictures[0] - pictures[1]).abs().amax((0, 1, 2)).nonzero().min().item()
    assert 256 - MARGIN <= reach < 256 - MARGIN // 2
