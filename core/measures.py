"""All measures of a picture at once: the yardstick's two distances, and others that no method here optimises.

Each has its formula in a file of its own, and all share one pass of VGG-19 (max pooling, float32 with all its
digits) over pictures whose short side is 256 px, as the yardstick's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import mean
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from core.artefacts import border_stains, meshes
from core.device import full_float32
from core.histogram import histogram_distance, uv_histogram
from core.neighbours import neighbours
from core.resample import fit_short_side
from core.sliced import SlicedDistribution
from core.structure import CFSD_LAYER, DEEPDC_LAYERS, cfsd, channel_distances, deepdc, self_similarity
from core.wasserstein import Gaussian
from core.yardstick import STYLE_LAYERS, Distances, Yardstick, features_of, grams_of

PAINTING_LAYERS = (*STYLE_LAYERS, "relu5_1")  # of wasserstein and sliced
NEIGHBOUR_LAYER = "relu4_1"
LAYERS = tuple(dict.fromkeys((*PAINTING_LAYERS, *DEEPDC_LAYERS, CFSD_LAYER)))


@dataclass(frozen=True)
class Measures:
    """What is measured of a picture beside its `Distances`. Field names are the keys of results.

    Attributes:
        deepdc, cfsd: how far its structure is from the photo's; 0 for the photo itself.
        wasserstein, sliced, neighbours, colour: how far it is from the painting, which itself has 0.
        patches: share of the painting's patches that it uses; 1 for the painting itself.
        mesh_4, mesh_8, mesh_16: detail that repeats itself after so many px; 0 where none does.
        border: how much busier the border is than the middle; 1 where it is not.
    """

    deepdc: float
    cfsd: float
    wasserstein: float
    sliced: float
    neighbours: float
    patches: float
    colour: float
    mesh_4: float
    mesh_8: float
    mesh_16: float
    border: float


Question = Literal["photo", "painting", "faults"]


@dataclass(frozen=True)
class Measure:
    """What is known of a measure: its key, a title, which question it answers, and whether more is better."""

    key: str
    title: str
    question: Question
    more: bool = False


MEASURES = (  # the yardstick's two first
    Measure("content", "content distance", "photo"),
    Measure("deepdc", "structure, DeepDC", "photo"),
    Measure("cfsd", "structure, CFSD", "photo"),
    Measure("style", "style distance", "painting"),
    Measure("wasserstein", "Wasserstein", "painting"),
    Measure("sliced", "sliced Wasserstein", "painting"),
    Measure("neighbours", "nearest patches", "painting"),
    Measure("patches", "patches used", "painting", more=True),
    Measure("colour", "colours", "painting"),
    Measure("mesh_4", "mesh of 4 px", "faults"),
    Measure("mesh_8", "mesh of 8 px", "faults"),
    Measure("mesh_16", "mesh of 16 px", "faults"),
    Measure("border", "border", "faults"),
)


@dataclass(frozen=True)
class Landmarks:
    """The measures of what was given: of the untouched photo, and of the painting taken for a result."""

    photo: Measures
    painting: Measures


class Measurer:
    """Measures pictures of one content photo and one style picture, whose features are computed once.

    Args:
        content, style: (1, 3, H, W) RGB in [0, 1], any size; measured on the content's device.
        yardstick: of the same pair.
    """

    @torch.no_grad()
    @full_float32()
    def __init__(self, content: Tensor, style: Tensor, yardstick: Yardstick) -> None:
        self.content, self.style, self.yardstick = content, style.to(content.device), yardstick
        photo, painting = (features_of(each, LAYERS) for each in (self.content, self.style))
        self.structure = {layer: channel_distances(photo[layer]) for layer in DEEPDC_LAYERS}
        self.similarity, self.shape = self_similarity(photo[CFSD_LAYER]), photo[CFSD_LAYER].shape[-2:]
        grams = grams_of(painting)
        self.gaussians = [Gaussian(painting[layer], grams.get(layer)) for layer in PAINTING_LAYERS]
        self.sliced = [SlicedDistribution(painting[layer]) for layer in PAINTING_LAYERS]
        self.patches = painting[NEIGHBOUR_LAYER]
        painted = as_result(self.style, self.content)
        self.colours = uv_histogram(painted)
        self.landmarks = Landmarks(
            self._measures(self.content, photo, grams_of(photo)),
            self._measures(painted, painting, grams),
        )

    @torch.no_grad()
    @full_float32()
    def measure(self, pastiche: Tensor) -> tuple[Distances, Measures]:
        """All of a (1, 3, H, W) picture in [0, 1] that has the content's aspect ratio."""
        pastiche = pastiche.to(self.content.device)
        features = features_of(pastiche, LAYERS)
        grams = grams_of(features)
        return self.yardstick.distances(features, grams), self._measures(pastiche, features, grams)

    def _measures(
        self, image: Tensor, features: Mapping[str, Tensor], grams: Mapping[str, Tensor]
    ) -> Measures:
        structure = {layer: channel_distances(features[layer]) for layer in DEEPDC_LAYERS}
        similar = features[CFSD_LAYER]
        if similar.shape[-2:] != self.shape:  # the painting, taken for a result
            similar = F.interpolate(similar, self.shape, mode="bilinear", antialias=True)
        painted = [features[layer] for layer in PAINTING_LAYERS]
        distance, used = neighbours(features[NEIGHBOUR_LAYER], self.patches)
        mesh = meshes(image)
        return Measures(
            deepdc=deepdc(structure, self.structure),
            cfsd=cfsd(self_similarity(similar), self.similarity),
            wasserstein=mean(
                map(Gaussian.relative_distance, self.gaussians, painted, map(grams.get, PAINTING_LAYERS))
            ),
            sliced=mean(map(SlicedDistribution.relative_distance, self.sliced, painted)),
            neighbours=distance,
            patches=used,
            colour=histogram_distance(uv_histogram(image), self.colours),
            mesh_4=mesh[4],
            mesh_8=mesh[8],
            mesh_16=mesh[16],
            border=border_stains(image),
        )


def as_result(style: Tensor, content: Tensor) -> Tensor:
    """The style picture no larger than a result for the content: what its faults are compared with."""
    return fit_short_side(style, min(*style.shape[-2:], *content.shape[-2:]))
