"""How much of a photo's structure a picture keeps, whatever its colours: DeepDC and CFSD, on VGG-19."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from core.losses import gram

DEEPDC_LAYERS = ("relu1_2", "relu2_2", "relu3_4", "relu4_4", "relu5_4")
CFSD_LAYER = "relu3_1"
MOST_PLACES = 4096  # of the photo's that are compared with one another
TEMPERATURE = 0.1  # of the softmax over cosine similarities


def channel_distances(features: Tensor) -> Tensor:
    """Euclidean distances between the channels of features (1, C, H, W), double-centred: (C, C), float64.

    Of these matrices distance covariances are the mean products: Székely, Rizzo, Bakirov 2007, "Measuring and
    Testing Dependence by Correlation of Distances", eq. 2.8. Both are taken from the Gram matrix.
    """
    products = gram(features)[0].cpu().double()
    squares = products.diagonal()
    distances = (squares[:, None] + squares[None] - 2 * products).clamp_min(0).sqrt()
    return distances - distances.mean(0) - distances.mean(1, keepdim=True) + distances.mean()


def distance_correlation(x: Tensor, y: Tensor) -> Tensor:
    """The squared distance correlation of two double-centred matrices (C, C): V(x, y) / sqrt(V(x) V(y)).

    1 where one picture's channels lie as the other's do but for a common factor: Székely et al. 2007, eq.
    2.9. Where a picture's channels are all alike it is 0, of two such pictures 1.
    """
    spread = ((x * x).mean() * (y * y).mean()).sqrt()
    if spread == 0:
        return torch.tensor(float(torch.equal(x, y)))
    return (x * y).mean() / spread


def deepdc(picture: Mapping[str, Tensor], photo: Mapping[str, Tensor]) -> float:
    """1 - mean distance correlation of two pictures' `channel_distances` at DEEPDC_LAYERS; 0 if equal.

    Zhu, Chen, Zhu, Wang, Lin 2022, "DeepDC: Deep Distance Correlation as a Perceptual Image Quality
    Evaluator", eq. 6; there, too, on VGG-19, without training on people's scores. A common change of contrast
    alters it little, and positions do not count beyond what channels share of them.
    """
    each = [distance_correlation(picture[layer], photo[layer]) for layer in DEEPDC_LAYERS]
    return 1 - torch.stack(each).mean().item()


def self_similarity(features: Tensor) -> Tensor:
    """Log probabilities (N, N): how alike every place of features (1, C, H, W) is to all N places.

    A softmax over the cosine similarities of centred features, which are first averaged over 2 x 2 places, or
    over more where more than MOST_PLACES would be left, as of a panorama.
    """
    side = max(2, math.ceil(math.sqrt(features[0, 0].numel() / MOST_PLACES)))
    places = F.avg_pool2d(features.float(), side, ceil_mode=True)[0].flatten(1)
    places = F.normalize(places - places.mean(1, keepdim=True), dim=0)
    return (places.mT @ places / TEMPERATURE).log_softmax(1)


def cfsd(picture: Tensor, photo: Tensor) -> float:
    """Mean divergence KL(photo || picture) of two `self_similarity` matrices at CFSD_LAYER; 0 for equal ones.

    Content feature structural distance of Chung, Hyun, Heo 2024, "Style Injection in Diffusion", section 4.1:
    what is alike in the photo must be alike in the picture. Deviations: they take scalar products, whose
    softmax depends on the features' scale, and all places; here cosines, and a quarter of the places.
    """
    return F.kl_div(picture, photo, reduction="batchmean", log_target=True).item()
