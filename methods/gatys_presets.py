"""The settings of the Gatys method, and the published recipes as values of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

from core.sentence import Sentence
from core.vgg import BACKBONES, Pooling, layer_names
from methods.blend import BlendSettings
from methods.optimisation import Kind
from methods.settings import MethodSettings, named, setting

LAYERS = tuple(name for name in layer_names() if not name.startswith("pool"))
FIRST_OF_BLOCK = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")
VGG16 = "vgg16 torchvision"
VGG16_LAYERS = tuple(name for name in layer_names(VGG16) if name.startswith("relu"))
AUTO = "auto"

Preset = Literal["balanced", "fast", "paper", "tensorflow", "d2l", "hvass", "eager"]
Formulas = Literal["balanced", "paper", "tensorflow", "d2l", "hvass"]
Start = Literal["fast", "content", "noise", "style"]
Pixels = Literal["unit", "255", "imagenet"]
Precision = Literal["auto", "float32"]

SIZES = {
    "balanced": 512,
    "paper": 512,
    "tensorflow": 512,
    "d2l": 450,
    "hvass": 512,
    "eager": 512,
    "fast": 512,
}
# Per step and megapixel, on the machine of Method.reference_seconds.
STEP_SECONDS = {
    "balanced": 2.0,
    "paper": 8.6,
    "tensorflow": 8.5,
    "d2l": 8.0,
    "hvass": 9.0,
    "eager": 8.3,
    "fast": 3.7,
}
STYLISATION = 40.0  # the content weight's greatest factor, and the reciprocal of its least


@dataclass(frozen=True)
class GatysSettings(BlendSettings):
    """Every number of a recipe. `GatysSettings.make(preset="d2l", steps=200)` changes some of a preset's."""

    presets: ClassVar[Mapping[str, MethodSettings]] = {}  # filled below

    preset: Preset = setting("balanced", help="The recipe to follow; picking one sets everything below.")
    stylisation: float = setting(
        0.5,
        0,
        1,
        0.01,
        help="From 0, much of the photo, to 1, all style; the middle is the recipe's own.",
    )
    steps: int = setting(500, 1, 5000, 1, help="Optimiser steps at most, over all pyramid levels.")
    seconds: float = setting(
        0.0, 0, 3600, 1, help="Seconds to spend instead, ending with the best picture; 0: the steps."
    )
    patience: float = setting(
        0.0,
        0,
        1,
        0.001,
        help="Stop when the losses fall by less than this part of themselves in a second; 0: never.",
    )
    content_weight: float = setting(1e-3, 0, 1e6, help="Weight of keeping the photo's objects.")
    style_weight: float = setting(1.0, 0, 1e6, help="Weight of taking the painting's texture and colours.")
    tv_weight: float = setting(0.0, 0, 1e3, help="Weight of total variation: more is smoother.")
    start: Start = setting(
        "content", help="The picture to start from; fast: what CIN, or the next quick method, paints."
    )
    optimiser: Kind = setting("lbfgs", help="L-BFGS, Adam, or plain normalised gradient steps.")
    pooling: Pooling = setting("average", help="VGG's pooling: average is smoother than max.")
    backbone: str = setting(
        AUTO,
        choices=(AUTO, *BACKBONES),
        help="Which VGG; torchvision's are downloaded first. Auto: vgg19, VGG-16 for hvass.",
    )
    content_layers: tuple[str, ...] = setting(
        ("relu4_2",), choices=LAYERS, help="VGG layers whose features the photo gives."
    )
    style_layers: tuple[str, ...] = setting(
        FIRST_OF_BLOCK, choices=LAYERS, help="VGG layers whose Gram matrices the painting gives."
    )
    style_size: int = setting(
        0, 0, 4096, 1, help="Long side of the painting in pixels; 0 follows the photo's."
    )
    levels: int = setting(
        1, 1, 5, 1, help="Pyramid levels, coarse to fine; each doubles the size.", expert=True
    )
    formulas: Formulas = setting("paper", help="Whose scaling of the losses to use.", expert=True)
    learning_rate: float = setting(1.0, 1e-4, 100, help="Step length, in units of `pixels`.", expert=True)
    decay: float = setting(1.0, 0.1, 1, 0.01, help="Factor on the learning rate, now and then.", expert=True)
    beta1: float = setting(0.9, 0, 0.999, 0.001, help="Adam's memory of the gradient.", expert=True)
    epsilon: float = setting(1e-8, 1e-12, 10, help="Adam's epsilon.", expert=True)
    pixels: Pixels = setting(
        "unit",
        help="Scale of the optimised picture: to 1, to 255, or by mean and deviation.",
        expert=True,
    )
    clip: bool = setting(True, help="Clip the picture to its range after each step.", expert=True)
    noise: float = setting(1.0, 0, 1, 0.001, help="Height of the noise start around mid-grey.", expert=True)
    keep_best: bool = setting(False, help="End with the best picture seen, not with the last.", expert=True)
    precision: Precision = setting("auto", help="auto: bfloat16 where the device is fast at it.", expert=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone != AUTO:
            missing = sorted({*self.layers} - {*layer_names(self.backbone)})
            if missing:
                about = {"name": named("backbone"), "value": self.backbone, "layers": tuple(missing)}
                text = "{name} is {value}, which has no layer {layers}."
                raise ValueError(Sentence("layer_missing", text, about))

    @property
    def size(self) -> int:
        return SIZES[self.preset]

    @property
    def most_seconds(self) -> float:
        return self.seconds or math.inf

    @property
    def content_factor(self) -> float:
        """What `stylisation` makes of the content weight: 1 in its middle."""
        return math.pow(STYLISATION, 1 - 2 * self.stylisation)

    @property
    def layers(self) -> tuple[str, ...]:
        """All layers whose features are needed."""
        return (*self.content_layers, *self.style_layers)


BALANCED = GatysSettings(
    preset="balanced",
    steps=30,
    patience=0.005,
    content_weight=3.5e3,
    style_weight=1e4,
    start="fast",
    levels=5,
    formulas="balanced",
)
"""Our own: every error is relative, so that one setting means the same for all paintings.

The style loss is the mean over relu1_1 to relu5_1 of |G - A|^2 / |A|^2, the content loss |F - P|^2 / |P|^2 at
relu4_2, with average pooling; their weights are as 1 to 0.35, on a scale on which L-BFGS works. It begins
with a quick method's picture and spends its steps on sizes from about 64 px up, so that a large picture has
the strokes of a small one, and ends by itself.
"""

PAPER = GatysSettings(preset="paper", steps=500, start="noise", precision="float32")
"""Gatys, Ecker, Bethge 2016, "Image Style Transfer Using Convolutional Neural Networks", CVPR.

Content relu4_2 (eq. 1), style relu1_1 to relu5_1 with w = 1/5 (eq. 4 and 5), alpha / beta = 1e-3, average
pooling, L-BFGS from white noise, style picture at the content's size. Deviations: the paper rescales VGG's
weights so that each mean activation is 1, these are the original weights; and each step is clipped to the
displayable range, as Johnson et al. 2016 (section 4.1) do for this baseline, because the clipping of an
unconstrained result loses much of what was gained.
"""

FAST = replace(PAPER, preset="fast", steps=52, start="content", levels=2, precision="auto")
"""The paper's objective, reached sooner: from the photo, coarse to fine, in bfloat16 where that is fast.

At the coarse level the content weight grows with the area that is missing, so that both levels strike the
same balance between content and style.
"""

TENSORFLOW = GatysSettings(
    preset="tensorflow",
    steps=1000,
    content_weight=1e4,
    style_weight=1e-2,
    tv_weight=30,
    pooling="max",
    content_layers=("relu5_2",),
    optimiser="adam",
    learning_rate=0.02,
    beta1=0.99,
    epsilon=0.1,
    clip=True,
    formulas="tensorflow",
    precision="float32",
)
"""TensorFlow tutorial "Neural style transfer" (tensorflow.org/tutorials/generative/style_transfer).

Content block5_conv2, style block1_conv1 to block5_conv1 at 1e-2 / 5, Gram over H W, mean squared errors,
total variation 30 x sum of absolute differences, Adam 0.02 (beta1 0.99, epsilon 0.1), clipped to [0, 1],
from the photo, 10 x 100 steps. Deviation: PyTorch's Adam adds epsilon after the bias correction, Keras
before it.
"""

EAGER = replace(
    TENSORFLOW,
    preset="eager",
    content_weight=1e3,
    tv_weight=0.0,
    learning_rate=5.0,
    pixels="255",
    keep_best=True,
)
"""TensorFlow's eager tutorial (Yuan 2018, "Neural Style Transfer: Creating Art with Deep Learning").

As the later tutorial, but content 1e3, no total variation, Adam 5 on 0..255 inputs, and the best picture is
kept. Same deviation in epsilon.
"""

D2L = GatysSettings(
    preset="d2l",
    steps=500,
    content_weight=1.0,
    style_weight=1e4,
    tv_weight=10.0,
    pooling="max",
    content_layers=("relu4_4",),
    style_layers=("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1"),
    optimiser="adam",
    learning_rate=0.3,
    decay=0.8,
    formulas="d2l",
    pixels="imagenet",
    precision="float32",
)
"""Zhang et al., "Dive into Deep Learning", section 14.12 Neural Style Transfer (d2l.ai).

Content conv4_4, style conv1_1 to conv5_1, Gram over C H W, mean squared errors 1 and 1e4 (summed over the
layers), total variation 10 x half the mean absolute differences, Adam 0.3 times 0.8 every 50 epochs on
mean/std inputs. Their in-place ReLUs turn all named layers into relu layers but the last, where their network
ends. Deviation: torchvision's retrained weights are replaced by the original ones, scaled (see
gatys_loss.py).
"""

HVASS = GatysSettings(
    preset="hvass",
    steps=60,
    style_size=300,
    content_weight=1.5,
    style_weight=10.0,
    tv_weight=0.3,
    start="noise",
    noise=1 / 255,
    pooling="max",
    content_layers=("relu3_1",),
    style_layers=VGG16_LAYERS,
    optimiser="gradient",
    learning_rate=10.0,
    pixels="255",
    clip=True,
    formulas="hvass",
    precision="float32",
)
"""Pedersen, "TensorFlow Tutorial #15: Style Transfer" (Hvass-Labs/TensorFlow-Tutorials).

Content conv3_1, style all 13 convolutions of VGG-16, Gram matrices unnormalised, mean squared errors weighted
1.5 / 10 / 0.3 (content, style, denoising), each multiplied by the reciprocal of its current value; gradient
steps of 10 / std(gradient) on 0..255, clipped, 60 times, from noise at 128; style picture at most 300 px.
Deviation: torchvision's VGG-16 stands in for the original one, or where it cannot be had, the original VGG-19
with its layers of the same names.
"""

PRESETS: dict[str, GatysSettings] = {
    settings.preset: settings for settings in (BALANCED, FAST, PAPER, TENSORFLOW, D2L, HVASS, EAGER)
}
GatysSettings.presets = PRESETS
