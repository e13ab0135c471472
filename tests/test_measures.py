"""Each measure against what is known in closed form, and all of them on photo and painting themselves."""

import math
from dataclasses import astuple, fields

import pytest
import torch
from torch import Tensor

from core import sliced
from core.artefacts import border_stains, meshes
from core.histogram import BINS, REACH, histogram_distance, uv_histogram
from core.measures import MEASURES, Measurer, Measures
from core.neighbours import neighbours
from core.sliced import SlicedDistribution, quantiles
from core.structure import cfsd, channel_distances, distance_correlation, self_similarity
from core.wasserstein import Gaussian
from core.yardstick import Distances, Yardstick
from plate_styles import smooth


def features(seed: int = 0, channels: int = 8, height: int = 6, width: int = 10) -> Tensor:
    return torch.rand(1, channels, height, width, generator=torch.Generator().manual_seed(seed))


def flat(*colour: float) -> Tensor:
    return torch.tensor(colour).view(1, 3, 1, 1).expand(1, 3, 96, 96)


# Structure


def test_two_channels_have_one_distance_and_correlate_fully() -> None:
    one, other = (channel_distances(features(seed, channels=2)) for seed in (0, 1))
    apart = (features(0, channels=2)[0, 0] - features(0, channels=2)[0, 1]).square().mean().sqrt()
    expected = torch.tensor([[-1.0, 1.0], [1.0, -1.0]], dtype=torch.float64) * apart / 2
    torch.testing.assert_close(one, expected, atol=1e-5, rtol=1e-4)
    assert distance_correlation(one, other).item() == pytest.approx(1)


def test_distance_correlation_of_known_distances() -> None:
    """Three channels on a line at 0, 1, 2 against the same in another order, by the definition."""
    x, y = (torch.tensor(places).view(1, 3, 1, 1) for places in ([0.0, 1.0, 2.0], [1.0, 0.0, 2.0]))
    centred = [channel_distances(each) for each in (x, y)]
    expected = [[-10, 2, 8], [2, -4, 2], [8, 2, -10]]
    torch.testing.assert_close(centred[0] * 9, torch.tensor(expected, dtype=torch.float64))
    spread = sum(value**2 for row in expected for value in row)  # the same for both
    product = -10 * -4 + 2 * 2 + 8 * 2 + 2 * 2 + -4 * -10 + 2 * 8 + 8 * 2 + 2 * 8 + -10 * -10
    assert distance_correlation(*centred).item() == pytest.approx(product / spread)


def test_neither_contrast_nor_place_changes_what_channels_are_to_one_another() -> None:
    ramp = torch.arange(1.0, 9.0).view(1, 8, 1, 1)
    photo, other = features() * ramp, features(1) * ramp.flip(1)
    order = torch.randperm(60, generator=torch.Generator().manual_seed(2))
    changed = 3 * photo.flatten(2)[..., order].view_as(photo) + 7
    found = distance_correlation(channel_distances(changed), channel_distances(photo))
    assert found.item() == pytest.approx(1, abs=1e-5)
    assert distance_correlation(channel_distances(other), channel_distances(photo)) < 0.9


def test_self_similarity_of_two_kinds_of_places() -> None:
    """Half of the places have one feature, half the opposite: cosines are 1 and -1."""
    halves = torch.ones(1, 2, 4, 8)
    halves[..., 4:] = -1
    similar = self_similarity(halves).exp()
    same, other = math.exp(10), math.exp(-10)
    assert similar.shape == (8, 8)
    assert similar[0, 0].item() == pytest.approx(same / (4 * same + 4 * other), rel=1e-4)
    assert similar[0, -1].item() == pytest.approx(other / (4 * same + 4 * other), rel=1e-3)


def test_cfsd_is_the_divergence_and_0_for_colours_that_change_alone() -> None:
    photo, picture = (self_similarity(features(seed)) for seed in (0, 1))
    p, q = photo.exp(), picture.exp()
    expected = (p * (p / q).log()).sum(1).mean()
    assert cfsd(picture, photo) == pytest.approx(expected.item(), rel=1e-4)
    assert cfsd(self_similarity(2 * features() + 5), photo) == pytest.approx(0, abs=1e-5)


def test_a_panorama_is_compared_at_no_more_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.structure.MOST_PLACES", 64)
    assert len(self_similarity(features(height=8, width=512))) <= 64


# Style


@pytest.mark.parametrize("measure", [Gaussian, SlicedDistribution])
def test_a_distribution_is_0_for_itself_in_any_order_and_1_for_nothing(
    measure: type[Gaussian] | type[SlicedDistribution],
) -> None:
    painting = 100 * features(channels=4, height=20, width=30)  # beside which EPSILON is nothing
    turned = painting.flip(3)
    assert measure(painting).relative_distance(turned) == pytest.approx(0, abs=1e-5)
    assert measure(painting).relative_distance(torch.zeros_like(painting)) == pytest.approx(1, rel=1e-3)


@pytest.mark.parametrize("measure", [Gaussian, SlicedDistribution])
def test_a_shift_counts_as_its_square(measure: type[Gaussian] | type[SlicedDistribution]) -> None:
    """A distribution of mean square 1 in each channel, moved by 0.5 in one of two: 0.25 / 2 by channel."""
    signs = torch.tensor([1.0, -1.0]).view(1, 1, 1, 2)
    painting = torch.cat([signs.expand(1, 1, 2, 2), signs.mT.expand(1, 1, 2, 2)], 1)
    found = measure(painting).relative_distance(painting + torch.tensor([0.5, 0.0]).view(1, 2, 1, 1))
    directions = sliced.directions(2)
    along = directions[:, 0].square().mean() * 0.25  # of the shift, over the directions
    energy = torch.stack([(d @ painting[0].flatten(1)).square().mean() for d in directions]).mean()
    expected = 0.125 if measure is Gaussian else (along / energy).item()
    assert found == pytest.approx(expected, rel=1e-3)


def test_sliced_sees_what_gaussians_do_not() -> None:
    """Two values and a normal distribution with the same mean and variance."""
    signs = torch.tensor([1.0, -1.0]).repeat(5000).view(1, 1, 100, 100)
    normal = torch.randn(1, 1, 100, 100, generator=torch.Generator().manual_seed(0))
    normal = (normal - normal.mean()) / normal.std(unbiased=False)
    assert Gaussian(signs).relative_distance(normal) == pytest.approx(0, abs=1e-4)
    expected = 2 - 2 * math.sqrt(2 / math.pi)  # E (|x| - 1)^2
    assert SlicedDistribution(signs).relative_distance(normal) == pytest.approx(expected, rel=0.1)


def test_quantiles_lie_between_sorted_values() -> None:
    assert quantiles(torch.tensor([[0.0, 1.0, 4.0]]), 5).tolist() == [[0.0, 0.5, 1.0, 2.5, 4.0]]
    assert quantiles(torch.tensor([[3.0]]), 2).tolist() == [[3.0, 3.0]]


def test_pictures_of_other_shapes_have_the_same_distribution() -> None:
    ramp = torch.linspace(0, 1, 2000)
    tall, wide = ramp.view(1, 1, 50, 40), ramp[::2].view(1, 1, 10, 100)
    assert SlicedDistribution(tall).relative_distance(wide) == pytest.approx(0, abs=1e-5)


def test_neighbours_of_known_patches() -> None:
    """A painting of four directions; a picture that shows two of them, one turned by 45 degrees."""
    painting = torch.tensor([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]]).view(1, 2, 2, 2)
    assert neighbours(painting, painting) == (pytest.approx(0, abs=1e-6), 1.0)
    picture = torch.tensor([[1.0, -1.0], [0.0, 0.0]]).view(1, 2, 1, 2)
    assert neighbours(picture, painting) == (pytest.approx(0, abs=1e-6), 0.5)
    half = math.sqrt(0.5)
    between = torch.tensor([[half, -half], [half, -half]]).view(1, 2, 1, 2)
    assert neighbours(between, painting)[0] == pytest.approx(1 - half, rel=1e-5)


def test_a_histogram_of_one_colour_has_its_peak_there() -> None:
    histogram = uv_histogram(flat(0.8, 0.4, 0.2))
    assert histogram.sum().item() == pytest.approx(1, rel=1e-4)
    peak = divmod(int(histogram[0].argmax()), BINS)
    step = 2 * REACH / (BINS - 1)
    expected = [round((math.log(ratio) + REACH) / step) for ratio in (2, 4)]  # red over green, over blue
    assert [*peak] == expected


def test_histograms_do_not_see_brightness_but_hue() -> None:
    bright, dark, other = flat(0.8, 0.4, 0.2), flat(0.4, 0.2, 0.1), flat(0.2, 0.4, 0.8)
    target = uv_histogram(bright)
    assert histogram_distance(uv_histogram(dark), target) == pytest.approx(0, abs=1e-2)
    assert histogram_distance(uv_histogram(other), target) > 0.8
    assert histogram_distance(target, target) == 0


# Faults


def test_a_mesh_is_found_at_its_period_alone() -> None:
    image = torch.full((1, 3, 128, 128), 0.5)
    image[..., ::8, :] += 0.2
    image[..., :, ::8] += 0.2
    found = meshes(image)
    assert found[8] > 0.4
    assert found[8] > 3 * found[4]
    assert meshes(torch.full((1, 3, 64, 64), 0.5)) == {4: 0, 8: 0, 16: 0}


def test_a_border_is_as_busy_as_it_is_painted() -> None:
    noise = torch.rand(1, 3, 128, 160, generator=torch.Generator().manual_seed(0))
    assert border_stains(noise) == pytest.approx(1, abs=0.05)
    assert border_stains(torch.full((1, 3, 64, 64), 0.2)) == 1
    calm = 0.5 + 0.25 * (noise - 0.5)
    calm[..., :8, :], calm[..., -8:, :] = noise[..., :8, :], noise[..., -8:, :]
    calm[..., :, :8], calm[..., :, -8:] = noise[..., :, :8], noise[..., :, -8:]
    assert border_stains(calm) == pytest.approx(4, rel=0.05)


# All of them


CONTENT, STYLE = smooth(64, 96, seed=1), smooth(80, 64, seed=2)


@pytest.fixture(scope="module")
def measurer() -> Measurer:
    return Measurer(CONTENT, STYLE, Yardstick(CONTENT, STYLE))


def test_the_photo_has_its_own_structure_and_the_painting_its_own_style(measurer: Measurer) -> None:
    photo, painting = measurer.landmarks.photo, measurer.landmarks.painting
    assert (photo.deepdc, photo.cfsd) == (pytest.approx(0, abs=1e-6), pytest.approx(0, abs=1e-6))
    assert min(painting.deepdc, painting.cfsd) > 1e-3
    zeros = (painting.wasserstein, painting.sliced, painting.neighbours, painting.colour)
    assert zeros == pytest.approx((0, 0, 0, 0), abs=1e-4)
    assert painting.patches > photo.patches
    assert min(photo.wasserstein, photo.sliced, photo.neighbours, photo.colour) > 1e-2


def test_one_pass_gives_the_yardsticks_distances_and_the_landmarks(measurer: Measurer) -> None:
    distances, measures = measurer.measure(CONTENT)
    own = measurer.yardstick.measure(CONTENT)
    assert (distances.content, distances.style) == pytest.approx((own.content, own.style), rel=1e-5)
    assert astuple(measures) == pytest.approx(astuple(measurer.landmarks.photo), abs=1e-6)


def test_every_number_is_listed_once() -> None:
    listed = [each.key for each in MEASURES]
    assert sorted(listed) == sorted(each.name for kind in (Distances, Measures) for each in fields(kind))
    assert len(listed) == len(set(listed))
