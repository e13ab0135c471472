"""Enlarging a picture along the edges of another."""

import torch

from core.resample import guided, resample


def test_a_guided_picture_has_the_guides_sharp_edge():
    guide = torch.full((1, 1, 60, 90), 0.2)
    guide[..., 37:] = 0.9
    small = resample((0.8 - 0.6 * guide) * torch.tensor([1.0, 0.5, 0.25]).view(1, 3, 1, 1), 20, 30)
    enlarged = guided(small, guide)
    assert enlarged.shape == (1, 3, 60, 90)
    step = enlarged[0, 0, 30, 36] - enlarged[0, 0, 30, 37]
    blurred = resample(small, 60, 90)[0, 0, 30]
    assert step > 0.9 * 0.6 * 0.7
    assert blurred[36] - blurred[37] < 0.5 * step


def test_where_the_guide_is_flat_the_picture_is_enlarged_smoothly():
    small = torch.rand(1, 3, 10, 12, generator=torch.Generator().manual_seed(0))
    enlarged = guided(small, torch.full((1, 1, 30, 36), 0.5))
    assert (enlarged.diff(dim=-1).abs()).max() < small.diff(dim=-1).abs().max() / 3
    torch.testing.assert_close(enlarged.mean(), small.mean(), rtol=0, atol=0.02)
