"""The optimal transport distance between features taken as normal distributions."""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-4  # on the covariances' diagonals
LEAST = 1e-6  # of a covariance's largest eigenvalue; smaller ones change a distance by less than 0.1 %


class Gaussian:
    """Features (1, C, H, W) at one layer as a normal distribution: mean (C, 1), covariance (C, C).

    `gram` is that of the features, (1, C, C), where it is known already.
    """

    def __init__(self, features: Tensor, gram: Tensor | None = None) -> None:
        self.mean, self.covariance = moments(features, gram)
        values, vectors = torch.linalg.eigh(precise(self.covariance))
        kept = values > LEAST * values[-1]  # of fewer positions than channels as many as these
        self.root = vectors[:, kept] * values[kept].sqrt()  # (C, R), S = root root^T

    @property
    def energy(self) -> Tensor:
        """The mean square of the features, by channel: their distance to features that are 0 everywhere."""
        energy: Tensor = (self.mean.square().sum() + self.covariance.trace()) / len(self.mean)
        return energy

    def distance(self, features: Tensor, gram: Tensor | None = None) -> Tensor:
        """The squared 2-Wasserstein distance to the distribution of features (1, C, H, W), by channel.

        |m_x - m|^2 + trace(S_x + S - 2 (S^1/2 S_x S^1/2)^1/2): Dowson and Landau 1982, "The Fréchet Distance
        between Multivariate Normal Distributions". R^T S_x R with S = R R^T has the same eigenvalues as the
        root's argument, and where S has few of its own it is smaller. The root's trace comes from these
        eigenvalues, where Crowson's recipe has twelve Newton-Schulz iterations. They are taken in double
        precision: where a picture has fewer positions than channels most are nearly 0, and the roots of what
        float32 leaves of them add up to more than the distance.
        """
        mean, covariance = moments(features, gram)
        values = torch.linalg.eigvalsh(self.root.mT @ precise(covariance) @ self.root)
        floor = 1e-14 * values.detach().amax()
        roots = values.clamp_min(floor).sqrt().sum().to(covariance)
        spread = covariance.trace() + self.covariance.trace() - 2 * roots
        distance: Tensor = (mean - self.mean).square().sum() + spread
        return distance / len(mean)

    def relative_distance(self, features: Tensor, gram: Tensor | None = None) -> float:
        """`distance` over `energy`: 0 for the same features, 1 for features that are 0 everywhere."""
        return (self.distance(features, gram) / self.energy).clamp_min(0).item()


def precise(matrix: Tensor) -> Tensor:
    """A matrix in double precision, on the CPU where its own device (MPS) has none."""
    return (matrix.cpu() if matrix.device.type == "mps" else matrix).double()


def moments(features: Tensor, gram: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean (C, 1) and covariance (C, C) of features (1, C, H, W), over the positions; where their Gram matrix
    (1, C, C) is known, G - m m^T."""
    positions = features[0].flatten(1).mT.float()  # a view where the memory is channels_last
    mean: Tensor = positions.mean(0, keepdim=True)
    if gram is None:
        centred = positions - mean
        covariance = centred.mT @ centred / len(positions)
    else:
        covariance = gram[0] - mean.mT @ mean
    return mean.mT, covariance + EPSILON * torch.eye(mean.shape[1], device=mean.device)
