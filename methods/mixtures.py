"""Dumoulin, Shlens, Kudlur 2017, section 3.4: pictures between styles, whose gammas and betas are mixed."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from methods.base import Style
from methods.cin import CIN, CINSettings, usual_width
from methods.cin_network import apply_styles

Shares = tuple[float, ...]
"""How much of each style, adding up to 1."""


def strip_shares(count: int) -> tuple[Shares, ...]:
    """Of two styles in `count` pictures, two at least, from the first alone to the second alone."""
    return tuple((1 - place / (count - 1), place / (count - 1)) for place in range(count))


def square_shares(side: int) -> tuple[tuple[Shares, ...], ...]:
    """Of four styles in `side` rows of `side` pictures, each style alone in a corner: above left and right,
    beneath left and right. Bilinear, as the paper's figure 7."""
    ends = strip_shares(side)
    return tuple(
        tuple((top * left, top * right, bottom * left, bottom * right) for left, right in ends)
        for top, bottom in ends
    )


@torch.no_grad()
def mixtures(cin: CIN, content: Tensor, styles: Sequence[Style], shares: Sequence[Shares]) -> Tensor:
    """A picture of the content, (1, 3, H, W) in [0, 1], for each of N shares of the styles: (N, 3, H, W).

    `cin` is loaded; a plate has its own row, any other picture a predicted one.
    """
    trunk = cin.trunk(usual_width(cin.device))
    rows = [cin.row(trunk.known, style, CINSettings(), None)[0] for style in styles]
    weights = torch.tensor(shares, device=cin.device)
    mixed = {key: weights @ torch.cat([row[key] for row in rows]) for key in trunk.known.table}
    content = content.to(cin.device).expand(len(shares), -1, -1, -1)
    return apply_styles(trunk.network, content, mixed).float().clamp(0, 1).cpu()
