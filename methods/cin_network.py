"""The network of CIN: a trunk, a row of gammas and betas for each plate, and the predictor of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor
from torch.func import functional_call

from core.transformer_net import ConditionalInstanceNorm, TransformerNet
from core.yardstick import StyleEncoding
from methods.style_predictor import StylePredictor, style_statistics
from weights.catalog import entry
from weights.formats import fill
from weights.load import load

StyleParameters = Mapping[str, Tensor]
"""Styles: every normalisation's gamma and beta, (S, C) each, by parameter name; of one style (1, C)."""

Width = Literal["full", "slim"]

SHAPES: dict[Width, dict[str, Any]] = {"full": {}, "slim": {"width": 16, "middle": 40, "halved": True}}
KEYS: dict[Width, str] = {"full": "cin", "slim": "cin-slim"}  # of their files, in the catalog
HIDDEN: dict[Width, tuple[int, int]] = {"full": (512, 256), "slim": (96, 96)}  # of the predictors
PREDICTOR = "predictor."  # how the names of its parameters begin


def conditional(styles: int, width: Width = "full") -> TransformerNet:
    """The network for `styles` styles, untrained; called with pictures and a (B, styles) mix."""
    return TransformerNet(lambda channels: ConditionalInstanceNorm(channels, styles), **SHAPES[width])


def is_style(parameter: str) -> bool:
    """Whether a parameter belongs to the styles, not to the trunk that they share."""
    return parameter.endswith((".gamma", ".beta"))


class PredictedCIN(TransformerNet):
    """The same, untrained, with a predictor of gammas and betas for any other style picture.

    Dumoulin et al. 2017 with the style prediction of Ghiasi et al. 2017.
    """

    def __init__(self, styles: int, width: Width = "full") -> None:
        super().__init__(lambda channels: ConditionalInstanceNorm(channels, styles), **SHAPES[width])
        self.predictor = StylePredictor(sum(each.shape[1] for each in self.table.values()), HIDDEN[width])

    @property
    def table(self) -> dict[str, Tensor]:
        """The known styles, (S, C) each."""
        return {name: each for name, each in self.named_parameters() if is_style(name)}

    def row(self, index: int) -> dict[str, Tensor]:
        """One of the known styles."""
        return {name: each[index : index + 1] for name, each in self.table.items()}

    @torch.no_grad()
    def predicted(self, style: StyleEncoding) -> dict[str, Tensor]:
        """A style as the predictor has it."""
        return parted(self.predictor(style_statistics(style.moments)), self.table)

    def with_row(self, row: StyleParameters) -> dict[str, Tensor]:
        """The state of `conditional(1)` that paints in one style."""
        kept = {name: each for name, each in self.state_dict().items() if not name.startswith(PREDICTOR)}
        return kept | dict(row)


def embedded_network(width: Width = "full") -> PredictedCIN:
    """Ours, frozen, in float32 on the CPU. WeightsError where its file is missing or wrong."""
    network = PredictedCIN(len(entry(KEYS[width]).styles), width)
    fill(network, load(KEYS[width]), "The weights file of the multi-style network")
    return network.requires_grad_(False)


def joined(table: StyleParameters) -> Tensor:
    """Gammas and betas by parameter name, (S, C) each, as rows (S, P), in the order of the mapping."""
    return torch.cat(list(table.values()), 1)


def parted(rows: Tensor, like: StyleParameters) -> dict[str, Tensor]:
    """Rows (B, P) as gammas and betas, (B, C) each, by the names and widths of `like`; undoes `joined`."""
    parts = torch.split(rows, [each.shape[1] for each in like.values()], 1)
    return dict(zip(like, parts, strict=True))


def apply_styles(network: TransformerNet, content: Tensor, rows: StyleParameters) -> Tensor:
    """(B, 3, H, W) pictures through the network, all in the one style of `rows`, or each in its own of B."""
    styles = len(next(iter(rows.values())))
    device = content.device
    mix = torch.ones(len(content), 1, device=device) if styles == 1 else torch.eye(styles, device=device)
    values = {name: each.to(network.dtype) for name, each in rows.items()}
    result: Tensor = functional_call(network, values, (content, mix))
    return result


def folded(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The state of a network for one style alone that paints as `conditional(1)` does with this one."""
    return {name: each[0] if is_style(name) else each for name, each in state.items()}
