"""How far Magenta's style vectors and our style distance agree on which plates are near each other.

    python -m benchmarks.plate_distances

For every plate the others are ranked twice: by the Euclidean distance of their vectors, and by the style
distance with which methods find the nearest plate. Spearman's rank correlation says how alike the two are.
"""

from __future__ import annotations

import argparse
import statistics

import torch
from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from benchmarks.feedforward import plate_style
from core.device import pick_device
from core.plates import plates
from core.yardstick import style_distance
from methods.magenta import Magenta


def spearman(a: Tensor, b: Tensor) -> float:
    """Rank correlation of two (N,) tensors without equal values, from -1 to 1."""
    ranks = torch.stack([each.argsort().argsort().float() for each in (a, b)])
    return torch.corrcoef(ranks)[0, 1].item()


def main() -> None:
    """Print a row per plate, and how often both name the same one as the nearest."""
    argparse.ArgumentParser(
        prog="python -m benchmarks.plate_distances", description=__doc__.splitlines()[0]
    ).parse_args()
    device = pick_device("cpu")
    method = Magenta()
    method.load(device)
    names = [each.name for each in plates()]
    styles = [plate_style(name) for name in track(names, "Plates", console=Console(stderr=True))]
    vectors = torch.stack([method.vector(style.image) for style in styles])
    by_vector = torch.cdist(vectors, vectors)
    grams = [style.grams(device) for style in styles]
    by_style = torch.tensor([[style_distance(other, own) for other in grams] for own in grams])
    others = ~torch.eye(len(names), dtype=torch.bool)
    table = Table("plate", "nearest by vector", "nearest by style distance", "rank correlation")
    correlations, agreed = [], 0
    for index, name in enumerate(names):
        among = [other for other in names if other != name]
        near = [distances[index][others[index]] for distances in (by_vector, by_style)]
        nearest = [among[int(each.argmin())] for each in near]
        agreed += nearest[0] == nearest[1]
        correlations.append(spearman(*near))
        table.add_row(name, *nearest, f"{correlations[-1]:.2f}")
    console = Console(width=110)
    console.print(table)
    console.print(
        f"Rank correlation: mean {statistics.mean(correlations):.2f}, "
        f"from {min(correlations):.2f} to {max(correlations):.2f}; "
        f"over all pairs at once {spearman(by_vector[others], by_style[others]):.2f}. "
        f"Same nearest plate: {agreed} of {len(names)}."
    )


if __name__ == "__main__":
    main()
