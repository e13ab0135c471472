"""What Gatys' method minimises: the formulas of the published recipes, and one run's objective."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from core.losses import gram, neighbour_differences, relative_error, squared_error, total_variation
from core.vgg import IMAGENET, VGG
from methods.base import Stop
from methods.gatys_presets import GatysSettings
from methods.optimisation import pixel_scale


@dataclass(frozen=True)
class LossRecipe:
    """How one source scales its losses.

    Attributes:
        gram: features (1, C, H, W) -> Gram matrix (1, C, C).
        style, content: the error of one layer, given actual and target.
        variation: total variation of the optimised picture, in its own pixel scale.
        style_sum: whether the layers' style errors are summed (else averaged).
        content_sum: whether `content` grows with the number of positions (else it is a mean).
        feature_scale: factor on all features before anything else.
        keep_detail, growth: how the levels follow each other; see `optimised` and `schedule`.
        reciprocal: whether each loss is multiplied by the reciprocal of its current value.
    """

    gram: Callable[[Tensor], Tensor]
    style: Callable[[Tensor, Tensor], Tensor]
    content: Callable[[Tensor, Tensor], Tensor]
    variation: Callable[[Tensor], Tensor] = total_variation
    style_sum: bool = False
    content_sum: bool = False
    feature_scale: float = 1.0
    reciprocal: bool = False
    keep_detail: bool = False
    growth: int = 2


def mean_squared_error(actual: Tensor, target: Tensor) -> Tensor:
    """Squared error divided by the number of elements."""
    return squared_error(actual, target) / target.numel()


def half_mean_variation(image: Tensor) -> Tensor:
    """D2L's total variation: the mean of the two directions' mean absolute differences."""
    vertical, horizontal = neighbour_differences(image)
    return (vertical.abs().mean() + horizontal.abs().mean()) / 2


LOSS_RECIPES = {
    "balanced": LossRecipe(
        gram=gram,
        style=lambda actual, target: relative_error(actual, target)[0],
        content=lambda actual, target: relative_error(actual, target)[0],
        keep_detail=True,
        growth=1,
    ),
    # Eq. 4: sum (G - A)^2 / (4 N^2 M^2); `gram` holds the division by M, N is the number of channels.
    "paper": LossRecipe(
        gram=gram,
        style=lambda actual, target: mean_squared_error(actual, target) / 4,
        content=lambda actual, target: squared_error(actual, target) / 2,
        content_sum=True,
    ),
    "tensorflow": LossRecipe(gram=gram, style=mean_squared_error, content=mean_squared_error),
    # So many times smaller are features of inputs divided by ImageNet's deviation; see core.vgg.Backbone.
    "d2l": LossRecipe(
        gram=lambda features: gram(features) / features.shape[1],
        style=mean_squared_error,
        content=mean_squared_error,
        variation=half_mean_variation,
        style_sum=True,
        feature_scale=1 / IMAGENET[2],
    ),
    "hvass": LossRecipe(
        gram=lambda features: gram(features) * features[0, 0].numel(),
        style=mean_squared_error,
        content=mean_squared_error,
        reciprocal=True,
    ),
}


class GatysLoss:
    """What one run minimises at one size, with its targets computed once.

    Args:
        settings: layers, weights and formulas.
        network: VGG with at least the settings' layers.
        content: (1, 3, H, W) RGB in [0, 1]; style likewise, any size.
        stop: checked between layers, so that even a slow step can be ended; in a CUDA graph not.
        content_factor: on the content weight; see `balance`.
    """

    def __init__(
        self,
        settings: GatysSettings,
        network: VGG,
        content: Tensor,
        style: Tensor,
        stop: Stop | None = None,
        content_factor: float = 1.0,
    ) -> None:
        self.settings = settings
        self.content_weight = content_factor * settings.content_factor * settings.content_weight
        self.formulas = LOSS_RECIPES[settings.formulas]
        self.scale = pixel_scale(settings.pixels, content.device)
        self.network = network
        self.between = stop.check if stop else None
        with torch.no_grad():
            features = self._features(content)
            self.content = {layer: features[layer] for layer in settings.content_layers}
            features = self._features(style)
            self.grams = {layer: self.formulas.gram(features[layer]) for layer in settings.style_layers}

    def __call__(self, variable: Tensor) -> dict[str, Tensor]:
        """The weighted losses of a picture in the settings' pixel scale, and under "total" their sum."""
        settings, formulas = self.settings, self.formulas
        features = self._features(self.scale.decode(variable))
        style = torch.stack([formulas.style(formulas.gram(features[k]), g) for k, g in self.grams.items()])
        content = torch.stack([formulas.content(features[k], c) for k, c in self.content.items()])
        losses = {
            "content": self.content_weight * self._balanced(content.mean()),
            "style": settings.style_weight
            * self._balanced(style.sum() if formulas.style_sum else style.mean()),
        }
        if settings.tv_weight:
            losses["total variation"] = settings.tv_weight * self._balanced(formulas.variation(variable))
        losses["total"] = torch.stack(list(losses.values())).sum()
        return losses

    def _balanced(self, loss: Tensor) -> Tensor:
        return loss / (loss.detach() + 1e-10) if self.formulas.reciprocal else loss

    def _features(self, image: Tensor) -> dict[str, Tensor]:
        features: dict[str, Tensor] = self.network(image, self.between)
        if (scale := self.formulas.feature_scale) != 1:
            features = {layer: feature * scale for layer, feature in features.items()}
        return features


def balance(settings: GatysSettings, content: Tensor, level: Tensor) -> float:
    """The factor by which a smaller pyramid level's fewer positions weigh what those of `content` do.

    It is no new setting, for the weight may well leave the range that users can choose from.
    """
    return content.numel() / level.numel() if LOSS_RECIPES[settings.formulas].content_sum else 1.0
