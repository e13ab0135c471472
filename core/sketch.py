"""Gram matrices in little: enough to say which of many may be near, not how near."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

RANK = 2  # eigenvectors of each matrix


def sketch(grams: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Of Gram matrices (1, C, C), by layer: the first eigenvectors times the roots of their values,
    (C, RANK), float16, and under "<layer> energy" the squared norm of the whole."""
    found = {}
    for layer, matrix in grams.items():
        values, vectors = torch.linalg.eigh(matrix[0].double())  # the largest last
        roots = vectors[:, -RANK:] * values[-RANK:].clamp_min(0).sqrt()
        found[layer] = roots.half()
        found[f"{layer} energy"] = matrix.double().square().sum().float()
    return found


def sketched_distance(sketch: Mapping[str, Tensor], target: Mapping[str, Tensor]) -> float:
    """About the yardstick's style distance of what was sketched to Gram matrices (1, C, C), by layer.

    |G - T|^2 = |G|^2 - 2 <G, T> + |T|^2, in which the product is taken with G's first eigenvectors alone: it
    is too large by what the others share with T.
    """
    errors = []
    for layer, matrix in target.items():
        roots, matrix = sketch[layer].double(), matrix[0].double().cpu()
        energy, product = matrix.square().sum(), (roots * (matrix @ roots)).sum()
        errors.append((sketch[f"{layer} energy"].double() - 2 * product + energy) / energy)
    return torch.stack(errors).mean().item()


def squared_distance(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> Tensor:
    """How far two sketches, or each of a stack of them, are apart in style, either way: 0 for the same.

    |G - T|^2 / (|G| |T|) as a mean over the layers, of what the sketches keep of the Gram matrices G and T.

    The yardstick's style distance, which is relative to one of the two, is |G - T|^2 / |T|^2: this is the
    geometric mean of both ways.
    """
    errors = []
    for layer in (name for name in one if not name.endswith(" energy")):
        g, t = one[layer].double(), other[layer].double()
        energies = [(each.mT @ each).square().sum((-2, -1)) for each in (g, t)]
        error = energies[0] + energies[1] - 2 * (g.mT @ t).square().sum((-2, -1))
        errors.append(error / (energies[0] * energies[1]).sqrt().clamp_min(1e-12))
    return torch.stack(errors).mean(0).clamp_min(0)
