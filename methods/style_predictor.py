"""Ghiasi, Lee, Kudlur, Dumoulin, Shlens 2017: gammas and betas for any style picture, predicted from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from core.yardstick import STYLE_LAYERS

STATISTICS = 2 * (64 + 128 + 256 + 512)  # mean and deviation of each channel of STYLE_LAYERS
LEAST_DEVIATION = 0.02  # of a gamma or beta over the plates: parameters that hardly differ must stay movable


class StylePredictor(nn.Module):
    """Statistics of style pictures (B, 1920) to rows of gammas and betas (B, P).

    The paper feeds a picture to an Inception network that learns along; here a perceptron reads statistics of
    VGG-19, which are what the style loss compares. It starts at the mean of known rows, and moves in units of
    their deviation.

    Args:
        parameters: P, the length of a row: 3,206 for the full trunk of CIN.
        hidden: units of the layers between.
    """

    def __init__(self, parameters: int, hidden: Sequence[int]) -> None:
        super().__init__()
        sizes = (STATISTICS, *hidden)
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), nn.GELU()]
        last = nn.Linear(sizes[-1], parameters)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        self.layers = nn.Sequential(*layers, last)
        for name, count in (("input", STATISTICS), ("output", parameters)):
            self.register_buffer(f"{name}_mean", torch.zeros(count))
            self.register_buffer(f"{name}_deviation", torch.ones(count))

    def standardise(self, statistics: Tensor, rows: Tensor) -> None:
        """Take mean and deviation of inputs and outputs from examples: (N, 1920) and (M, P)."""
        for name, examples, least in (("input", statistics, 1e-3), ("output", rows, LEAST_DEVIATION)):
            self.get_buffer(f"{name}_mean").copy_(examples.mean(0))
            self.get_buffer(f"{name}_deviation").copy_(examples.std(0).clamp_min(least))

    def forward(self, statistics: Tensor) -> Tensor:
        x = (statistics - self.get_buffer("input_mean")) / self.get_buffer("input_deviation")
        prediction: Tensor = self.layers(x)
        return self.get_buffer("output_mean") + self.get_buffer("output_deviation") * prediction


def style_statistics(moments: Mapping[str, tuple[Tensor, Tensor]]) -> Tensor:
    """The predictor's input: log(1 + mean) and log(1 + deviation) of STYLE_LAYERS' channels, each
    (B, C, 1, 1), to (B, 1920)."""
    parts = [each.flatten(1) for layer in STYLE_LAYERS for each in moments[layer]]
    return torch.cat(parts, 1).log1p()
