"""Noise: as strong as it says at both scales, seamless, and the same for a picture and for its patches."""

import torch
import torch.nn.functional as F

from core.noise import COARSE, COARSE_SHARE, FINE_SHARE, PERIOD, Noise, periodic_noise
from core.patches import patches, whole


def test_both_scales_have_their_share():
    noise = periodic_noise(8, 256, torch.Generator().manual_seed(1))
    assert noise.shape == (8, 1, 256, 256)
    assert abs(noise.mean()) < 0.02
    neighbours = (noise[..., 1:] - noise[..., :-1]).std() / 2**0.5
    assert abs(neighbours / FINE_SHARE - 1) < 0.05  # coarse noise hardly differs from pixel to pixel
    positions = F.avg_pool2d(noise, COARSE).std()
    assert 0.5 * COARSE_SHARE < positions < COARSE_SHARE
    assert positions > 3 * FINE_SHARE / COARSE  # which is all that pixels' noise would leave there


def test_it_repeats_without_a_seam():
    noise = Noise(3, 1.0).at(whole(PERIOD + 64, 96))
    torch.testing.assert_close(noise[..., PERIOD:, :], noise[..., :64, :])
    rows = F.avg_pool2d(noise, (4, 1), stride=1)  # quiets the noise of pixels
    jumps = (rows[..., 1:, :] - rows[..., :-1, :]).square().mean((0, 1, 3))
    seam = jumps[PERIOD - 6 : PERIOD + 2].mean()
    assert seam < 2 * jumps.median()


def test_patches_see_their_part_and_seeds_differ():
    everywhere = Noise(5, 0.1).at(whole(300, 200))
    for patch in patches(300, 200, 128, 16):
        torch.testing.assert_close(Noise(5, 0.1).at(patch), patch.read(everywhere), rtol=0, atol=0)
    assert abs(everywhere.std() / 0.1 - 1) < 0.15
    assert (Noise(6, 0.1).at(whole(300, 200)) != everywhere).any()
