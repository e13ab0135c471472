"""Which colours a picture has, whatever lies where: histograms of its channels, and RGB-uv histograms, by
which two are compared. No network."""

from __future__ import annotations

import torch
from torch import Tensor

from core.resample import fit_short_side

BINS, REACH, FALLOFF = 64, 3.0, 0.02
SIDE = 96  # px, short side: colours need no more
LEAST = 1e-6  # of a channel, before its logarithm
LEVELS = 32  # of a channel's own histogram


def uv_histogram(image: Tensor) -> Tensor:
    """The RGB-uv histogram of a (1, 3, H, W) picture in [0, 1]: (3, BINS, BINS), sum 1.

    Afifi, Brubaker, Brown 2021, "HistoGAN", eq. 1 to 3: each channel's logarithm over the two others' in bins
    from -3 to 3 with an inverse-quadratic kernel, every pixel weighted by its brightness.
    """
    pixels = fit_short_side(image, SIDE)[0].float().flatten(1)
    brightness = pixels.square().sum(0).sqrt()
    red, green, blue = (pixels + LEAST).log()
    centres = torch.linspace(-REACH, REACH, BINS, device=image.device)[:, None]

    def spread(u: Tensor) -> Tensor:
        return 1 / (1 + ((u - centres) / FALLOFF).square())

    # the bins lie evenly around 0, so that what lies at -u is what lies at u, turned round
    red_green, red_blue, green_blue = map(spread, (red - green, red - blue, green - blue))
    chroma = (
        (red_green, red_blue),
        (red_green.flip(0), green_blue),
        (red_blue.flip(0), green_blue.flip(0)),
    )
    parts = [(u * brightness) @ v.mT for u, v in chroma]
    histogram = torch.stack(parts)
    return histogram / histogram.sum().clamp_min(1e-12)


def histogram_distance(histogram: Tensor, target: Tensor) -> float:
    """The Hellinger distance of two histograms: 0 where they are equal, 1 where nothing is shared; eq. 4."""
    return ((histogram.sqrt() - target.sqrt()).square().sum() / 2).sqrt().item()


def channel_histograms(image: Tensor) -> Tensor:
    """Of a (1, 3, H, W) picture in [0, 1], which share of the pixels each channel has in each of LEVELS equal
    steps: (3, LEVELS), each channel's sum 1."""
    channels = image[0].float().flatten(1)
    return torch.stack([each.histc(LEVELS, 0, 1) for each in channels]) / channels.shape[1]
