"""Lu et al. 2019: the whitening and colouring of features that moves them least, the optimal transport."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.noise import Noise
from core.patches import Patch, patches
from core.resample import fit_short_side
from methods.adain import (
    GRAIN,
    LEAST_STYLE_SIDE,
    MARGIN,
    MULTIPLE,
    USUAL_STYLE_SIDE,
    AdaIN,
)
from methods.base import Frame, Method, Stop, Style
from methods.settings import MethodSettings, setting

Moments = tuple[Tensor, Tensor]
"""Mean (C,) and covariance (C, C) of features over their positions, float64."""

LIFT, LEAST = 0.01, 1e-5  # added to the content's variances: a share of their mean, and a constant


@dataclass(frozen=True)
class TransportSettings(MethodSettings):
    """How much style, and of which scale."""

    alpha: float = setting(1.0, 0, 1, 0.01, help="From 0, the photo, to 1, the full style.", alias="strength")
    style_size: int = setting(
        0,
        0,
        2048,
        32,
        help="Short side of the style picture in pixels, at least 64: larger, larger strokes. "
        "0 follows the photo's, up to 512.",
    )
    grain: float = setting(
        GRAIN, 0, 0.2, 0.01, help="Noise on the photo, from which flat areas take strokes.", expert=True
    )
    tile: int = setting(
        1024, 128, 4096, 8, help="A photo with a longer side is painted in tiles of it.", expert=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if 0 < self.style_size < LEAST_STYLE_SIDE:
            raise ValueError(
                f"style_size is {self.style_size}; it must be 0, or a number from {LEAST_STYLE_SIDE} to 2048."
            )


class Transport(Method):
    """Features at relu4_1 get the style's mean and whole covariance; AdaIN's decoder paints them.

    Deviation from the paper: one level with that decoder, which was not trained for it.
    """

    name = "wct"
    title = "Lu et al. (transport)"
    year = 2019
    paper = (
        "Lu, Zhao, Yao, Chen, Xu, Zhang 2019: A Closed-form Solution to Universal Style Transfer (ICCV), "
        "https://arxiv.org/abs/1906.00668"
    )
    summary = "One network for any style: VGG features take the style's covariance with the least movement."
    Settings = TransportSettings
    weights = AdaIN.weights

    def load(self, device: torch.device) -> None:
        self.device = device
        self.autoencoder = AdaIN()
        self.autoencoder.load(device)

    def dtype(self, settings: TransportSettings) -> torch.dtype:
        return self.autoencoder.encoder.dtype

    def reference_seconds(self, settings: TransportSettings, megapixels: float) -> float:
        return 0.2 + 2.6 * megapixels

    @torch.no_grad()
    def stylize(
        self, content: Tensor, style: Style, settings: TransportSettings, stop: Stop | None = None
    ) -> Generator[Frame]:
        content, stop = content.to(self.device), stop or Stop()
        height, width = content.shape[-2:]
        usual = max(LEAST_STYLE_SIDE, min(height, width, USUAL_STYLE_SIDE))
        of_style = self.of_style(style, settings.style_size or usual)
        grid = list(patches(height, width, settings.tile, MARGIN))
        noise = Noise(settings.seed, settings.alpha * settings.grain)

        def encode(patch: Patch) -> Tensor:
            stop.check()
            return self.autoencoder.features(patch.read(content) + noise.at(patch).to(self.device))

        single = encode(grid[0]) if len(grid) == 1 else None  # of several, features are made twice
        parts = [patch.valid(encode(patch) if single is None else single, MULTIPLE) for patch in grid]
        mean, _ = of_content = joined([(part[0, 0].numel(), *moments(part)) for part in parts])
        stop.check()
        matrix = transport(of_content[1], of_style[1])
        result = torch.empty_like(content)
        for patch in grid:
            features = encode(patch) if single is None else single
            moved = applied(matrix, mean, of_style[0], features)
            patch.write(self.pastiche(features, moved, patch.read(content), settings.alpha), result)
        yield Frame(result.cpu(), 1, 1)

    def of_style(self, style: Style, size: int) -> Moments:
        """Those of a style's picture at a short side of `size` px; the style remembers them."""

        def measured() -> Moments:
            return moments(self.autoencoder.features(fit_short_side(style.image.to(self.device), size)))

        return style.once(("moments", size, self.device), measured)

    def pastiche(self, features: Tensor, moved: Tensor, photo: Tensor, alpha: float) -> Tensor:
        """A patch of the result. What the decoder loses of the photo comes back by 1 - alpha, as in AdaIN."""
        image = self.autoencoder.decode(features.lerp(moved, alpha), photo)
        if alpha < 1:
            image = image + (1 - alpha) * (photo - self.autoencoder.decode(features, photo))
        return image.clamp(0, 1)


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


def transport(content: Tensor, style: Tensor) -> Tensor:
    """The symmetric T with T C T = S for covariances (N, N), float64: the optimal map between Gaussians.

    C is lifted until it has an inverse. With C = L L' it is L'^-1 (L' S L)^1/2 L^-1, which needs one
    decomposition into eigenvectors where the symmetric roots of C need another.
    """
    identity = torch.eye(len(content), dtype=content.dtype, device=content.device)
    lower = torch.linalg.cholesky(content + (LIFT * content.diagonal().mean() + LEAST) * identity)
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
