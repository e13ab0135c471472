"""Classical multidimensional scaling: places in few dimensions that are as far apart as things are."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

LEAST = 1e-9  # of the largest eigenvalue; an axis along which nothing more is apart has no length


@dataclass(frozen=True)
class Scaling:
    """Things in a plane, or in as many dimensions as there are axes.

    Attributes:
        places: of N things, (N, axes), float64, their mean at 0.
        values: the axes' eigenvalues, the largest first: the squared places along each, added up.
        squares: the squared distances of the things to their mean in all dimensions, (N,).
    """

    places: Tensor
    values: Tensor
    squares: Tensor

    def place(self, squared: Tensor) -> Tensor:
        """Where another thing lies, (axes,), by its squared distances (N,) to those that were scaled.

        Gower 1968, "Adding a Point to Vector Diagrams in Multivariate Analysis", eq. 10: 1/2 L^-1 X^T
        (b - d), the projection of where it lies in all dimensions.
        """
        lengths = self.values.clamp_min(LEAST * float(self.values.max()))
        return self.places.mT @ (self.squares - squared.double()) / (2 * lengths)


def scaled(squared: Tensor, axes: int = 2) -> Scaling:
    """Things by their squared distances (N, N), symmetric with 0 on the diagonal.

    Torgerson 1952, "Multidimensional Scaling: I. Theory and Method": the eigenvectors of the double-centred
    -1/2 D, times the roots of their values. Of an axis' two directions that is taken in which the place
    farthest from 0 is positive.
    """
    squared = squared.double()
    products = squared - squared.mean(0) - squared.mean(1, keepdim=True) + squared.mean()
    products = -products / 2
    values, vectors = torch.linalg.eigh(products)
    values, vectors = values[-axes:].flip(0).clamp_min(0), vectors[:, -axes:].flip(1)
    farthest = vectors.abs().argmax(0, keepdim=True)
    vectors = vectors * vectors.gather(0, farthest).sign()
    return Scaling(vectors * values.sqrt(), values, products.diagonal().clone())
