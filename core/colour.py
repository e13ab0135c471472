"""Keeping the colours of the content photo."""

from __future__ import annotations

import torch
from torch import Tensor

LUMA = (0.299, 0.587, 0.114)  # of R, G, B in YIQ (NTSC)


def luma(image: Tensor) -> Tensor:
    """The Y of YIQ: (B, 3, H, W) in [0, 1] -> (B, 1, H, W) in [0, 1]."""
    weights = torch.tensor(LUMA, device=image.device, dtype=image.dtype).view(1, 3, 1, 1)
    return (image * weights).sum(1, keepdim=True)


def match_colours(image: Tensor, target: Tensor, floor: float = 0.5) -> Tensor:
    """The image with the mean and the covariance of the target's colours: two of (1, 3, H, W) in [0, 1].

    Gatys, Bethge, Hertzmann, Shechtman 2016, section 3 (image analogies' variant: x -> A x + b with the
    symmetric roots of both covariances), there applied to a style picture before the transfer.

    Along an axis on which colours deviate by less than `floor` grey levels, in either picture, they count as
    deviating by so much: a higher floor amplifies an almost grey picture's faint colours less.
    """
    mean, covariance = _colour_statistics(image)
    wanted_mean, wanted_covariance = _colour_statistics(target)
    transform = _power(wanted_covariance, 0.5, floor) @ _power(covariance, -0.5, floor)
    matched = transform @ (image.flatten(2)[0] - mean) + wanted_mean
    return matched.view_as(image).clamp(0, 1)


def colour_distance(image: Tensor, target: Tensor) -> float:
    """How far the colours of two pictures, (1, 3, H, W) in [0, 1], lie apart, in the same units; 0 for equal.

    The Fréchet (2-Wasserstein) distance between normal distributions with their means and covariances: Dowson
    and Landau 1982, "The Fréchet Distance between Multivariate Normal Distributions".
    """
    (mean, covariance), (wanted_mean, wanted) = (
        _colour_statistics(each.cpu().double()) for each in (image, target)
    )
    shared = torch.linalg.eigvals(covariance @ wanted).real.clamp_min(0).sqrt().sum()
    squared = (mean - wanted_mean).square().sum() + covariance.trace() + wanted.trace() - 2 * shared
    return float(squared.clamp_min(0).sqrt())


def _colour_statistics(image: Tensor) -> tuple[Tensor, Tensor]:
    pixels = image.flatten(2)[0]
    return pixels.mean(1, keepdim=True), pixels.cov()


def _power(covariance: Tensor, exponent: float, floor: float) -> Tensor:
    """The symmetric power of a covariance, of deviations of at least `floor` grey levels."""
    values, vectors = torch.linalg.eigh(covariance.cpu())
    result: Tensor = vectors @ torch.diag(values.clamp_min((floor / 255) ** 2) ** exponent) @ vectors.mT
    return result.to(covariance.device)


def keep_colours(pastiche: Tensor, content: Tensor) -> Tensor:
    """The pastiche's luma with the content's colours: two of (B, 3, H, W) in [0, 1] -> another.

    Gatys, Bethge, Hertzmann, Shechtman 2016, "Preserving Color in Neural Artistic Style Transfer",
    luminance only. Deviation: they transfer style between luminance pictures, this exchanges the luma of a
    finished pastiche. Chroma is what remains beside Y, so exchanging Y adds the difference to every channel.
    """
    return (content + luma(pastiche) - luma(content)).clamp(0, 1)
