"""The yardstick: its anchors, its formula by hand, and that a picture's size does not matter."""

import math
from collections.abc import Iterator
from itertools import permutations
from statistics import median

import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from core.device import full_float32
from core.images import to_tensor
from core.losses import relative_error
from core.vgg import VGG
from core.yardstick import (
    CONTENT_LAYER,
    OTHER_PHOTO,
    OTHER_PHOTOS,
    Distances,
    Yardstick,
    features_of,
    style_grams,
)
from ui.examples import photos

STYLE_LAYERS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1")


def blobs(height: int, width: int, seed: int) -> Tensor:
    """A smooth random picture, (1, 3, H, W) in [0, 1]."""
    coarse = torch.rand(1, 3, 8, 10, generator=torch.Generator().manual_seed(seed))
    return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False).clamp(0, 1)


CONTENT, STYLE = blobs(64, 72, seed=1), blobs(68, 64, seed=2)


@pytest.fixture(scope="module")
def yardstick() -> Yardstick:
    return Yardstick(CONTENT, STYLE)


def by_hand(image: Tensor, content: Tensor, style: Tensor) -> tuple[float, float]:
    """Both distances, written out from their definition."""
    network = VGG(STYLE_LAYERS)

    def features(picture: Tensor) -> dict[str, Tensor]:
        height, width = picture.shape[-2:]
        size = (256, round(width * 256 / height)) if height < width else (round(height * 256 / width), 256)
        bigger = F.interpolate(picture, size, mode="bicubic", antialias=True, align_corners=False)
        return network(bigger.clamp(0, 1))

    mine, photo, painting = features(image), features(content), features(style)
    content_distance = ((mine["relu4_1"] - photo["relu4_1"]) ** 2).sum() / (photo["relu4_1"] ** 2).sum()
    errors = []
    for layer in STYLE_LAYERS:
        grams = [
            torch.einsum("chw,dhw->cd", each[layer][0], each[layer][0]) / each[layer][0, 0].numel()
            for each in (mine, painting)
        ]
        errors.append(((grams[0] - grams[1]) ** 2).sum() / (grams[1] ** 2).sum())
    return content_distance.item(), (sum(errors) / len(errors)).item()


def test_the_photo_itself_has_no_content_distance_but_a_style_distance(yardstick: Yardstick) -> None:
    distances = yardstick.measure(CONTENT)
    assert distances.content == pytest.approx(0, abs=1e-6)
    assert distances.style > 0.01


def test_another_photo_is_as_far_as_is_said() -> None:
    pictures = [ImageOps.fit(Image.open(each.path).convert("RGB"), (256, 256)) for each in photos()]
    features = [features_of(to_tensor(each), (CONTENT_LAYER,))[CONTENT_LAYER] for each in pictures]
    found = [float(relative_error(*pair)) for pair in permutations(features, 2)]
    assert (len(found), round(median(found), 1)) == (30, OTHER_PHOTO)
    assert (round(min(found), 1), round(max(found), 1)) == OTHER_PHOTOS


def test_the_style_picture_itself_has_no_style_distance_but_a_content_distance() -> None:
    style = blobs(*CONTENT.shape[-2:], seed=2)
    distances = Yardstick(CONTENT, style).measure(style)
    assert distances.style == pytest.approx(0, abs=1e-6)
    assert distances.content > 0.05


def test_values_equal_the_formula(yardstick: Yardstick) -> None:
    pastiche = 0.5 * CONTENT + 0.5 * blobs(64, 72, seed=3)
    distances = yardstick.measure(pastiche)
    content, style = by_hand(pastiche, CONTENT, STYLE)
    assert distances.content == pytest.approx(content, rel=1e-3)
    assert distances.style == pytest.approx(style, rel=1e-3)


def test_a_pastiche_measures_the_same_at_any_resolution(yardstick: Yardstick) -> None:
    small, large = (yardstick.measure(blobs(height, height * 9 // 8, seed=3)) for height in (128, 400))
    assert large.content == pytest.approx(small.content, rel=0.05)
    assert large.style == pytest.approx(small.style, rel=0.05)


def test_a_black_picture_is_far_but_bounded(yardstick: Yardstick) -> None:
    distances = yardstick.measure(torch.zeros_like(CONTENT))
    assert 0.3 < distances.content < 10
    assert 0.3 < distances.style < 10


def test_a_style_of_one_colour_gives_finite_distances() -> None:
    distances = Yardstick(CONTENT, torch.zeros_like(STYLE)).measure(CONTENT)
    assert isinstance(distances, Distances)
    assert math.isfinite(distances.content)
    assert math.isfinite(distances.style)
    assert distances.style > 0


def test_measuring_keeps_no_gradient(yardstick: Yardstick) -> None:
    image = CONTENT.clone().requires_grad_()
    yardstick.measure(image)
    assert image.grad is None
    assert not yardstick.content.requires_grad


def tf32() -> tuple[bool, bool]:
    return torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32


@pytest.fixture(params=[(True, True), (False, True), (False, False)])
def allowed(request: pytest.FixtureRequest) -> Iterator[tuple[bool, bool]]:
    """TF32 in products and in convolutions as some other part of the program left it."""
    before = tf32()
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = request.param
    yield request.param
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before


def test_full_float32_is_over_when_the_block_ends(allowed: tuple[bool, bool]) -> None:
    with full_float32():
        assert tf32() == (False, False)
    assert tf32() == allowed
    with pytest.raises(KeyError), full_float32():
        raise KeyError
    assert tf32() == allowed


class Watching(TorchDispatchMode):
    """Notes for each product and each convolution whether TF32 was allowed then."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[str, set[tuple[bool, bool]]] = {}

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = str(function).split(".")[1]
        if name in ("mm", "bmm", "convolution"):
            self.seen.setdefault(name, set()).add(tf32())
        return function(*args, **(kwargs or {}))


def test_the_yardstick_measures_alike_whatever_methods_allow(allowed: tuple[bool, bool]) -> None:
    with Watching() as watching:
        Yardstick(CONTENT, STYLE).measure(CONTENT)
        style_grams(STYLE)
    assert watching.seen == {"bmm": {(False, False)}, "convolution": {(False, False)}}
    assert tf32() == allowed
