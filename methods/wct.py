"""Lu et al. 2019: the whitening and colouring of features that moves them least, the optimal transport."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import torch
from torch import Tensor

from core.patches import Patch
from methods.autoencoder import WEIGHTS, Autoencoder, FeatureSettings
from methods.base import Frame, Method, Stop, Style

Moments = tuple[Tensor, Tensor]
"""Mean (C,) and covariance (C, C) of features over their positions, float64."""

LIFT, LEAST = 0.01, 1e-5  # added to the content's variances: a share of their mean, and a constant


class Transport(Method):
    """Features at relu4_1 get the style's mean and whole covariance; AdaIN's decoder paints them.

    Deviation from the paper: one level with that decoder, which was trained for both.
    """

    name = "wct"
    title = "Lu et al. (transport)"
    year = 2019
    paper = (
        "Lu, Zhao, Yao, Chen, Xu, Zhang 2019: A Closed-form Solution to Universal Style Transfer (ICCV), "
        "https://arxiv.org/abs/1906.00668"
    )
    summary = "One network for any style: VGG features take the style's covariance with the least movement."
    Settings = FeatureSettings
    weights = WEIGHTS

    def load(self, device: torch.device) -> None:
        self.device = device
        self.autoencoder = Autoencoder(device)

    def dtype(self, settings: FeatureSettings) -> torch.dtype:
        return self.autoencoder.dtype

    def reference_seconds(self, settings: FeatureSettings, megapixels: float) -> float:
        return 0.2 + 2.6 * megapixels

    def encode(self, content: Tensor, style: Style, settings: FeatureSettings) -> None:
        self.moments(style, settings.side(content, style))

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: FeatureSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content = content.to(self.device)
        new_mean, covariance = self.moments(style, settings.side(content, style))

        def join(parts: Sequence[tuple[int, Tensor, Tensor]]) -> Moments:
            """The content's mean, and the map that its features go by."""
            mean, of_content = joined(parts)
            return mean, transport(of_content, covariance)

        def change(features: Tensor, whole: Moments, _: Patch) -> Tensor:
            mean, matrix = whole
            return applied(matrix, mean, new_mean, features)

        image = self.autoencoder.transfer(content, settings, stop or Stop(), moments, join, change)
        yield Frame(image.cpu(), 1, 1)

    def moments(self, style: Style, side: int) -> Moments:
        """Those of a style's picture at a short side of `side` px; the style remembers them."""
        key = ("moments", side, self.device)
        return style.encoded(key, lambda: moments(self.autoencoder.encode_style(style, side)))


def moments(features: Tensor) -> Moments:
    """Those of features (1, C, H, W)."""
    positions = features[0].flatten(1).float()
    mean = positions.mean(1)
    centred = positions - mean[:, None]
    return mean.double(), (centred @ centred.mT).double() / positions.shape[1]


def joined(parts: Sequence[tuple[int, Tensor, Tensor]]) -> Moments:
    """`moments` of features from those of their parts: (positions, mean, covariance) of each."""
    counts = torch.tensor([count for count, _, _ in parts], dtype=torch.float64)
    shares = (counts / counts.sum()).to(parts[0][1].device)
    means, covariances = (torch.stack(list(each)) for each in list(zip(*parts, strict=True))[1:])
    mean = shares @ means
    apart = means - mean
    within = torch.einsum("n,nij->ij", shares, covariances)
    return mean, within + torch.einsum("n,ni,nj->ij", shares, apart, apart)


def lifted(covariance: Tensor) -> Tensor:
    """A content's covariances (..., N, N), each raised until it has an inverse."""
    share = LIFT * covariance.diagonal(dim1=-2, dim2=-1).mean(-1) + LEAST
    identity = torch.eye(covariance.shape[-1], dtype=covariance.dtype, device=covariance.device)
    return covariance + share[..., None, None] * identity


def transport(content: Tensor, style: Tensor) -> Tensor:
    """The symmetric T with T C T = S for covariances (N, N), float64: the optimal map between Gaussians.

    C is lifted until it has an inverse. With C = L L' it is L'^-1 (L' S L)^1/2 L^-1, which needs one
    decomposition into eigenvectors where the symmetric roots of C need another.
    """
    lower = torch.linalg.cholesky(lifted(content))
    values, vectors = torch.linalg.eigh(lower.mT @ style @ lower)
    half = torch.linalg.solve_triangular(lower.mT, vectors * values.clamp_min(0) ** 0.25, upper=True)
    matrix: Tensor = half @ half.mT
    return matrix


def applied(matrix: Tensor, mean: Tensor, new_mean: Tensor, features: Tensor) -> Tensor:
    """T (x - m) + n at every position: (1, C, H, W) to the same, in its format."""
    shift = (new_mean - matrix @ mean).float()
    positions = torch.addmm(shift[:, None], matrix.float(), features[0].flatten(1).float())
    moved: Tensor = positions.reshape(features.shape).to(features.dtype)
    return moved
