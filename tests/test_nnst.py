"""NNST: neighbours, hypercolumns and the pyramid, each against what is known, and real runs."""

import math

import pytest
import torch
from torch import Tensor

from core import neighbours
from core.colour import luma
from core.neighbours import nearest
from core.vgg import VGG
from methods.base import Frame, Style
from methods.nnst import (
    LAYERS,
    NNST,
    LaplacianPyramid,
    MatchingLoss,
    NNSTSettings,
    SplitLoss,
    hypercolumns,
    turned,
)
from plate_styles import smooth

CPU = torch.device("cpu")


CONTENT, STYLE = smooth(48, 64, seed=1), smooth(64, 56, seed=2)


def run(settings: NNSTSettings, content: Tensor = CONTENT, style: Tensor = STYLE) -> list[Frame]:
    method = NNST()
    method.load(CPU)
    return list(method.stylize(content, Style(style), settings))


@pytest.mark.parametrize("size", [(64, 48), (33, 17), (16, 16), (1, 5)])
def test_a_pyramid_gives_the_picture_back(size: tuple[int, int]) -> None:
    pyramid, image = LaplacianPyramid(*size), smooth(*size, seed=3)
    torch.testing.assert_close(pyramid.decode(pyramid.encode(image)), image)


def test_a_pyramid_moves_large_areas_by_its_last_numbers() -> None:
    pyramid = LaplacianPyramid(64, 64)
    assert pyramid.sizes == [(64, 64), (32, 32), (16, 16), (8, 8), (4, 4)]
    variable = pyramid.encode(torch.zeros(1, 3, 64, 64))
    variable[-3 * 4 * 4 :] = 0.25
    torch.testing.assert_close(pyramid.decode(variable), torch.full((1, 3, 64, 64), 0.25))


def test_nearest_is_by_the_angle_of_what_differs_from_the_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(neighbours, "CHUNK", 3)  # in pieces, and all the same
    random = torch.Generator().manual_seed(0)
    queries, features = torch.randn(5, 8, generator=random), torch.randn(5, 11, generator=random)
    expected = []
    for query in (queries - queries.mean(1, keepdim=True)).T:
        others = (features - features.mean(1, keepdim=True)).T
        cosines = [query @ other / (query.norm() * other.norm()) for other in others]
        expected.append(max(range(11), key=cosines.__getitem__))
    assert nearest(queries, features)[1].tolist() == expected
    assert nearest(7 * queries + 3, features)[1].tolist() == expected, "neither scale nor mean counts"


def test_hypercolumns_are_a_quarter_of_the_side_and_all_channels_deep() -> None:
    columns = hypercolumns(VGG(LAYERS), smooth(32, 48, seed=1))
    assert columns.shape == (2 * 64 + 2 * 128 + 3 * 256 + 3 * 512, 8 * 12)


def test_the_painting_itself_is_its_own_neighbour() -> None:
    network = VGG(LAYERS)
    loss = MatchingLoss(network, STYLE, [STYLE], None)
    with torch.no_grad():
        own, other = (loss(loss.scale.encode(image))["total"].item() for image in (STYLE, STYLE.flip(3)))
        split = SplitLoss(network, (64, 56), [STYLE], None)
        split_own, split_other = (
            split(split.scale.encode(image))["total"].item() for image in (STYLE, 1 - STYLE)
        )
    assert own == pytest.approx(0, abs=1e-4)
    assert other > 0.01
    assert split_own == pytest.approx(0, abs=1e-3)
    assert split_other > 0.01


def test_turned_by_quarters() -> None:
    assert [each.shape[-2:] for each in turned(STYLE, True)] == [(64, 56), (56, 64), (64, 56), (56, 64)]
    assert torch.equal(turned(STYLE, True)[2], STYLE.flip(2, 3))
    assert len(turned(STYLE, False)) == 1


def test_a_run_comes_nearer_to_its_neighbours() -> None:
    frames = run(NNSTSettings(steps=40, match_colours=False))
    loss = MatchingLoss(VGG(LAYERS), CONTENT, [STYLE], None)
    with torch.no_grad():
        before, after = (
            loss(loss.scale.encode(image))["total"].item() for image in (CONTENT, frames[-1].image)
        )
    assert after < 0.9 * before
    assert (frames[-1].step, frames[-1].total) == (40, 40)
    assert frames[-1].image.shape == CONTENT.shape


def test_colours_end_as_the_photos_moved_to_the_paintings() -> None:
    red = 0.3 + 0.4 * STYLE * torch.tensor([1.0, 0.3, 0.3]).view(1, 3, 1, 1)
    matched, own = (run(NNSTSettings(steps=4, match_colours=on), style=red)[-1].image for on in (True, False))
    wanted, found, without = ((each - luma(each)).mean((2, 3)) for each in (red, matched, own))
    torch.testing.assert_close(found, wanted, atol=0.02, rtol=0)
    assert (without - wanted).abs().max() > 0.05, "four steps alone do not get there"


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("side", [16, 70])
def test_flat_and_tiny_pictures_give_numbers(value: float, side: int) -> None:
    flat = torch.full((1, 3, side, side), value)
    for content, style in ((flat, STYLE), (CONTENT, flat), (flat, flat)):
        last = run(NNSTSettings(steps=6), content, style)[-1]
        assert last.image.isfinite().all()
        assert all(math.isfinite(loss) for loss in last.losses.values())
