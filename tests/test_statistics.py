"""The benchmark's statistics, and the two measures beside the yardstick."""

import itertools
import statistics

import pandas as pd
import pytest
import torch
from skimage.metrics import structural_similarity

from benchmarks.statistics import Estimate, mean, median, ranks, ratio
from core.colour import colour_distance, luma, match_colours
from core.metrics import pareto_front, ssim

RANDOM = torch.Generator().manual_seed(0)
PHOTO = torch.rand(1, 3, 60, 47, generator=RANDOM)
NOISY = (PHOTO + 0.2 * torch.randn(PHOTO.shape, generator=RANDOM)).clamp(0, 1)
DULL = 0.2 + 0.3 * torch.rand(1, 3, 50, 40, generator=RANDOM)


@pytest.mark.parametrize("other", [PHOTO, NOISY, 1 - PHOTO, torch.full_like(PHOTO, 0.5), PHOTO.flip(-1)])
def test_ssim_is_that_of_scikit_image(other):
    theirs = structural_similarity(
        *(luma(each.double())[0, 0].numpy() for each in (PHOTO, other)),
        data_range=1.0,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
    )
    assert ssim(PHOTO, other) == pytest.approx(theirs, abs=1e-9)


def test_ssim_of_a_picture_with_itself_is_one():
    assert ssim(PHOTO, PHOTO) == pytest.approx(1, abs=1e-12)
    assert ssim(PHOTO, NOISY) < 0.9


def test_colours_are_as_far_apart_as_their_normal_distributions():
    assert colour_distance(PHOTO, PHOTO) == pytest.approx(0, abs=1e-6)
    assert colour_distance(PHOTO, PHOTO.flip(-1)) == pytest.approx(0, abs=1e-6)  # colours only
    assert colour_distance(PHOTO * 0.5, PHOTO * 0.5 + 0.25) == pytest.approx(0.25 * 3**0.5, abs=1e-6)
    assert colour_distance(match_colours(PHOTO, DULL), DULL) < 1e-3 < colour_distance(PHOTO, DULL)
    spread = (PHOTO.flatten(2)[0].double().var(1).sum() ** 0.5).item()  # half of it is lost
    assert colour_distance(0.5 + 0.5 * (PHOTO - PHOTO.mean((2, 3), keepdim=True)), PHOTO) > 0.5 * spread


def test_a_floor_keeps_faint_colours_from_being_amplified():
    grey, warm = luma(PHOTO), torch.tensor([1.0, 0.0, -1.0]).view(1, 3, 1, 1)
    faint = grey + warm * 2 / 255 * torch.randn(grey.shape, generator=torch.Generator().manual_seed(0))
    colourful = (grey + warm * 60 / 255 * PHOTO.flip(-1)[:, :1]).clamp(0, 1)
    spread = [(found[:, 0] - found[:, 2]).std() for found in (faint, match_colours(faint, colourful, 8.0))]
    assert spread[1] < 0.5 * (colourful[:, 0] - colourful[:, 2]).std()
    assert spread[1] > spread[0], "it is amplified, but less"


def test_the_front_has_what_nothing_beats():
    points = [(3.0, 1.0), (1.0, 3.0), (2.0, 2.0), (2.5, 2.0), (4.0, 4.0)]
    assert pareto_front(points, lambda point: point) == [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]


def crossed(values):
    """Numbers as those of three photos in as many styles as needed."""
    pairs = [(photo, str(style)) for photo, style in itertools.product("abc", range(len(values) // 3))]
    return pd.Series(dict(zip(pairs, values, strict=True)))


def test_the_median_has_its_quartiles():
    assert median([4, 1, 3, 2, 5]) == Estimate(3, 2, 4, 5)
    assert median([7]) == Estimate(7, 7, 7, 1)


def test_the_interval_of_a_mean_holds_it_and_is_repeatable():
    values = crossed(torch.rand(12, generator=torch.Generator().manual_seed(1)).tolist())
    found = mean(values)
    assert found.value == pytest.approx(statistics.mean(values))
    assert found.low < found.value < found.high
    assert found == mean(values)
    assert found == mean(values.sample(frac=1, random_state=0)), "whatever the order of the pairs"
    assert mean(pd.Series({("a", "b"): 2.0})) == Estimate(2, 2, 2, 1)


def test_pairs_that_share_a_photo_are_not_independent():
    """Nine pairs that differ between photos only say no more than the three photos do."""
    by_photo = crossed([1, 1, 1, 2, 2, 2, 3, 3, 3])
    alone = by_photo[by_photo.index.get_level_values(1) == "1"]
    assert mean(by_photo) == Estimate(2, mean(alone).low, mean(alone).high, 9)
    assert mean(by_photo).high - mean(by_photo).low > 1


def test_missing_pairs_do_not_count_as_zero():
    values = crossed([5.0] * 12)
    del values["a", "0"], values["b", "3"]
    assert mean(values) == Estimate(5, 5, 5, 10)


def test_a_ratio_is_taken_pair_by_pair():
    slow, fast = crossed([2.0, 20.0, 200.0, 2.0, 20.0, 200.0]), crossed([1.0, 10.0, 100.0, 1.0, 10.0, 100.0])
    found = ratio(slow, fast)
    assert (found.value, found.low, found.high) == pytest.approx((2, 2, 2))
    assert found.count == 6
    assert ratio(slow, pd.Series({("z", "z"): 1.0})) is None
    assert ratio(slow, pd.Series({("a", "0"): 0.5})).value == pytest.approx(4)


def test_what_overlaps_is_not_ranked():
    estimates = {
        "best": Estimate(1, 0.9, 1.1, 9),
        "second": Estimate(2, 1.5, 2.5, 9),
        "third": Estimate(2.2, 1.9, 2.6, 9),
        "last": Estimate(5, 4, 6, 9),
    }
    assert ranks(estimates) == {"best": "1", "second": "2–3", "third": "2–3", "last": "4"}
    assert ranks({"a": Estimate(1, 1, 1, 1), "b": Estimate(2, 2, 2, 1)}) == {"a": "1–2", "b": "1–2"}
