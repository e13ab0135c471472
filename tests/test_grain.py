"""Grain: as strong as it says at both scales, seamless, and the same for a picture and for its tiles."""

import torch
import torch.nn.functional as F

from core.noise import COARSE, COARSE_SHARE, FINE_SHARE, PERIOD, Grain, noise
from core.patches import tiles, whole


def test_both_scales_have_their_share():
    grain = noise(8, 256, torch.Generator().manual_seed(1))
    assert grain.shape == (8, 1, 256, 256)
    assert abs(grain.mean()) < 0.02
    neighbours = (grain[..., 1:] - grain[..., :-1]).std() / 2**0.5
    assert abs(neighbours / FINE_SHARE - 1) < 0.05  # coarse noise hardly differs from pixel to pixel
    positions = F.avg_pool2d(grain, COARSE).std()
    assert 0.5 * COARSE_SHARE < positions < COARSE_SHARE
    assert positions > 3 * FINE_SHARE / COARSE  # which is all that pixels' noise would leave there


def test_it_repeats_without_a_seam():
    grain = Grain(3, 1.0).at(whole(PERIOD + 64, 96))
    torch.testing.assert_close(grain[..., PERIOD:, :], grain[..., :64, :])
    rows = F.avg_pool2d(grain, (4, 1), stride=1)  # quiets the noise of pixels
    jumps = (rows[..., 1:, :] - rows[..., :-1, :]).square().mean((0, 1, 3))
    seam = jumps[PERIOD - 6 : PERIOD + 2].mean()
    assert seam < 2 * jumps.median()


def test_tiles_see_their_part_and_seeds_differ():
    everywhere = Grain(5, 0.1).at(whole(300, 200))
    for tile in tiles(300, 200, 128, 16):
        torch.testing.assert_close(Grain(5, 0.1).at(tile), tile.read(everywhere), rtol=0, atol=0)
    assert abs(everywhere.std() / 0.1 - 1) < 0.15
    assert (Grain(6, 0.1).at(whole(300, 200)) != everywhere).any()
