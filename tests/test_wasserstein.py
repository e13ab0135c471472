"""Wasserstein: the distance of Gaussians against what is known in closed form, and real runs."""

import math

import pytest
import torch
from torch import Tensor

from core.vgg import VGG
from core.wasserstein import Gaussian
from methods.base import Frame, Style
from methods.wasserstein import (
    CONTENT_LAYER,
    STYLE_LAYERS,
    Wasserstein,
    WassersteinLoss,
    WassersteinSettings,
    variation,
)
from plate_styles import smooth

CPU = torch.device("cpu")


CONTENT, STYLE = smooth(48, 64, seed=1), smooth(64, 56, seed=2)


def run(settings: WassersteinSettings, content: Tensor = CONTENT, style: Tensor = STYLE) -> list[Frame]:
    method = Wasserstein()
    method.load(CPU)
    return list(method.stylize(content, Style(style), settings))


def crosses(first: float, second: float, mean: float = 0.0) -> Tensor:
    """Features (1, 2, 2, 2) of two uncorrelated channels with these deviations and one mean."""
    signs = torch.tensor([[[1.0, -1.0], [1.0, -1.0]], [[1.0, 1.0], [-1.0, -1.0]]])
    return mean + torch.tensor([first, second]).view(1, 2, 1, 1) * signs


def test_along_the_axes_it_is_the_squared_difference_of_deviations_and_means() -> None:
    """For commuting covariances: |m_x - m|^2 + sum (s_x - s)^2, here by channel."""
    target = Gaussian(crosses(3.0, 1.0, mean=0.5))
    assert target.distance(crosses(2.0, 5.0, mean=2.5)).item() == pytest.approx(
        (2 * 2.0**2 + 1.0**2 + 4.0**2) / 2, rel=1e-3
    )


def test_a_turned_gaussian_is_as_far_as_the_formula_says() -> None:
    """2 x 2 matrices have trace (A^1/2) = sqrt(trace A + 2 sqrt(det A))."""
    angle = math.pi / 4
    turn = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    features = torch.einsum("ij,bjhw->bihw", turn, crosses(3.0, 1.0))
    covariances = (
        torch.tensor([[9.0, 0.0], [0.0, 1.0]]),
        turn @ torch.tensor([[9.0, 0.0], [0.0, 1.0]]) @ turn.T,
    )
    product = covariances[0] @ covariances[1]
    root = (product.trace() + 2 * product.det().sqrt()).sqrt()
    expected = (10 + 10 - 2 * root) / 2
    assert Gaussian(crosses(3.0, 1.0)).distance(features).item() == pytest.approx(expected.item(), rel=1e-3)


def test_it_is_0_at_the_target_with_a_gradient_that_is_a_number() -> None:
    features = torch.rand(1, 8, 5, 6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    distance = Gaussian(features.detach()).distance(features)
    assert distance.item() == pytest.approx(0, abs=1e-4)
    (gradient,) = torch.autograd.grad(distance, features)
    assert gradient.isfinite().all()


def test_variation_of_a_checkerboard() -> None:
    """Neighbours in rows and columns differ by 1, diagonal ones not at all; edges have themselves beyond."""
    board = (torch.arange(8).view(-1, 1) + torch.arange(8)).remainder(2).float().expand(1, 3, 8, 8)
    straight = 7 / 8  # of the positions have a neighbour
    corners = (2 * 8 - 1) / 64 / 2 - 1 / 64 / 2  # of diagonal pairs, those beyond one edge differ
    assert variation(board).item() == pytest.approx(2 * straight + 2 * corners, rel=1e-4)
    assert variation(torch.full((1, 3, 8, 8), 0.3)).item() == 0


def test_nothing_but_variation_is_left_where_photo_and_painting_are_one() -> None:
    network = VGG((*STYLE_LAYERS, CONTENT_LAYER), "average")
    loss = WassersteinLoss(network, STYLE, STYLE, 0.015)
    with torch.no_grad():
        own, other = loss(STYLE), loss(smooth(64, 56, seed=1))
    assert set(own) == {"content", "style", "total variation", "total"}
    assert own["content"] == 0
    assert own["style"].item() == pytest.approx(0, abs=1e-2 * other["style"].item())
    assert other["content"] > 0


def test_a_run_comes_nearer_to_the_painting() -> None:
    network = VGG((*STYLE_LAYERS, CONTENT_LAYER), "average")
    frames = run(WassersteinSettings(steps=30))
    loss = WassersteinLoss(network, CONTENT, STYLE, 0.015)
    with torch.no_grad():
        before, after = (loss(each)["style"].item() for each in (CONTENT, frames[-1].image))
    assert after < 0.5 * before
    assert (frames[-1].step, frames[-1].total) == (30, 30)
    assert frames[-1].image.shape == CONTENT.shape
    assert 0 <= frames[-1].image.min() < frames[-1].image.max() <= 1


def test_more_content_weight_stays_nearer_to_the_photo() -> None:
    near, far = (
        (run(WassersteinSettings(steps=20, content_weight=weight))[-1].image - CONTENT).square().mean()
        for weight in (10.0, 0.0)
    )
    assert near < 0.5 * far


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("side", [16, 70])
def test_flat_and_tiny_pictures_give_numbers(value: float, side: int) -> None:
    flat = torch.full((1, 3, side, side), value)
    for content, style in ((flat, STYLE), (CONTENT, flat), (flat, flat)):
        last = run(WassersteinSettings(steps=4), content, style)[-1]
        assert last.image.isfinite().all()
        assert all(math.isfinite(loss) for loss in last.losses.values())
