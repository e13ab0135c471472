"""The Gatys method: each preset's first gradient step against its published formula, and real runs."""

import json
import math
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from core.images import open_picture, to_tensor
from core.lbfgs import LBFGS
from core.resample import fit_short_side
from core.vgg import VGG
from core.yardstick import Yardstick
from methods.base import Frame, Method, Stop, Stopped, Style
from methods.budget import pyramid, schedule
from methods.gatys import Gatys, optimiser_settings, starting_picture
from methods.gatys_loss import LOSS_RECIPES as LOSS_RECIPES_OF_METHOD
from methods.gatys_loss import GatysLoss, balance
from methods.gatys_presets import BALANCED, PAPER, PRESETS, GatysSettings
from methods.optimisation import ImageOptimiser, pixel_scale
from methods.settings import MethodSettings
from methods.warm_start import WarmStart
from weights.errors import WeightsError

CPU = torch.device("cpu")
ROOT = Path(__file__).parent.parent
BLOCKS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1")


def picture(height: int, width: int, seed: int) -> Tensor:
    """A smooth random picture, (1, 3, H, W) in [0, 1]."""
    coarse = torch.rand(1, 3, 6, 6, generator=torch.Generator().manual_seed(seed))
    return torch.nn.functional.interpolate(coarse, (height, width), mode="bilinear")


CONTENT, STYLE = picture(48, 64, seed=1), picture(64, 56, seed=2)


def run(settings: GatysSettings, content: Tensor = CONTENT, stop: Stop | None = None) -> list[Frame]:
    method = Gatys()
    method.load(CPU)
    return list(method.stylize(content, Style(STYLE), settings, stop))


def flat(features: Tensor) -> Tensor:
    """N x M, as the papers write a layer's features."""
    return features[0].flatten(1)


def tensorflow_loss(image: Tensor, content_weight: float) -> Tensor:
    """The TensorFlow tutorials' content and style loss, written out; total variation apart."""
    network = VGG((*BLOCKS, "relu5_2"))
    features, content, style = network(image), network(CONTENT), network(STYLE)
    loss = content_weight * (features["relu5_2"] - content["relu5_2"]).square().mean()
    for layer in BLOCKS:
        grams = [
            torch.einsum("ip,jp->ij", flat(f), flat(f)) / flat(f).shape[1]
            for f in (features[layer], style[layer])
        ]
        loss = loss + 1e-2 / 5 * (grams[0] - grams[1]).square().mean()
    return loss


def paper_formula(image: Tensor) -> Tensor:
    network = VGG((*BLOCKS, "relu4_2"), "average")
    features, content, style = network(image), network(CONTENT), network(STYLE)
    loss = 1e-3 * 0.5 * (features["relu4_2"] - content["relu4_2"]).square().sum()
    for layer in BLOCKS:
        f, s = flat(features[layer]), flat(style[layer])
        n, m = f.shape
        # The pictures differ in size here, which the paper avoids by resizing: compare at M of each.
        loss = loss + 1 / 5 * ((f @ f.T / m - s @ s.T / s.shape[1]) * m).square().sum() / (4 * n**2 * m**2)
    return loss


def tensorflow_formula(image: Tensor) -> Tensor:
    vertical, horizontal = image[:, :, 1:] - image[:, :, :-1], image[..., 1:] - image[..., :-1]
    return tensorflow_loss(image, 1e4) + 30 * (vertical.abs().sum() + horizontal.abs().sum())


def eager_formula(variable: Tensor) -> Tensor:
    return tensorflow_loss(variable / 255, 1e3)


def d2l_formula(variable: Tensor) -> Tensor:
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    layers = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "conv5_1")
    network = VGG((*layers, "relu4_4"))
    scale = 255 * 0.225

    def features_of(image: Tensor) -> dict[str, Tensor]:
        return {layer: feature / scale for layer, feature in network(image).items()}

    features, content, style = (
        features_of(variable * deviation + mean),
        features_of(CONTENT),
        features_of(STYLE),
    )
    loss = (features["relu4_4"] - content["relu4_4"]).square().mean()
    for layer in layers:
        f, s = flat(features[layer]), flat(style[layer])
        loss = loss + 1e4 * (f @ f.T / f.numel() - s @ s.T / s.numel()).square().mean()
    vertical, horizontal = variable[:, :, 1:] - variable[:, :, :-1], variable[..., 1:] - variable[..., :-1]
    return loss + 10 * 0.5 * (vertical.abs().mean() + horizontal.abs().mean())


def hvass_formula(variable: Tensor) -> Tensor:
    layers = [f"relu{block}_{layer}" for block in (1, 2, 3, 4, 5) for layer in (1, 2, 3)][:]
    layers = [layer for layer in layers if layer not in ("relu1_3", "relu2_3")]
    assert len(layers) == 13
    network = VGG(layers)
    features, content, style = network(variable / 255), network(CONTENT), network(STYLE)
    content_loss = (features["relu3_1"] - content["relu3_1"]).square().mean()
    errors = [
        (flat(features[layer]) @ flat(features[layer]).T - flat(style[layer]) @ flat(style[layer]).T)
        .square()
        .mean()
        for layer in layers
    ]
    style_loss = torch.stack(errors).mean()
    vertical, horizontal = variable[:, :, 1:] - variable[:, :, :-1], variable[..., 1:] - variable[..., :-1]
    denoise_loss = vertical.abs().sum() + horizontal.abs().sum()
    weighted = ((1.5, content_loss), (10.0, style_loss), (0.3, denoise_loss))
    return torch.stack([w * loss / (loss.detach() + 1e-10) for w, loss in weighted]).sum()


def adam_step(variable: Tensor, gradient: Tensor, rate: float, beta1: float, epsilon: float) -> Tensor:
    """Kingma and Ba's first step, the bias corrections written out."""
    mean = (1 - beta1) * gradient / (1 - beta1)
    square = (1 - 0.999) * gradient**2 / (1 - 0.999)
    return variable - rate * mean / (square.sqrt() + epsilon)


def first_lbfgs_step(variable: Tensor, gradient: Tensor) -> Tensor:
    return variable - 0.01 * gradient / gradient.square().mean().sqrt()


def balanced_formula(image: Tensor) -> Tensor:
    network = VGG((*BLOCKS, "relu4_2"), "average")
    features, content, style = network(image), network(CONTENT), network(STYLE)
    photo = content["relu4_2"]
    loss = 3.5e3 * (features["relu4_2"] - photo).square().sum() / photo.square().sum()
    for layer in BLOCKS:
        f, s = flat(features[layer]), flat(style[layer])
        actual, target = f @ f.T / f.shape[1], s @ s.T / s.shape[1]
        loss = loss + 1e4 / 5 * (actual - target).square().sum() / target.square().sum()
    return loss


LOSS_RECIPES = {
    "balanced": (balanced_formula, first_lbfgs_step, (0.0, 1.0)),
    "fast": (paper_formula, first_lbfgs_step, (0.0, 1.0)),
    "paper": (paper_formula, first_lbfgs_step, (0.0, 1.0)),
    "tensorflow": (tensorflow_formula, lambda v, g: adam_step(v, g, 0.02, 0.99, 0.1), (0.0, 1.0)),
    "eager": (eager_formula, lambda v, g: adam_step(v, g, 5.0, 0.99, 0.1), (0.0, 255.0)),
    "d2l": (d2l_formula, lambda v, g: adam_step(v, g, 0.3, 0.9, 1e-8), None),
    "hvass": (hvass_formula, lambda v, g: v - 10 / (g.std(correction=0) + 1e-8) * g, (0.0, 255.0)),
}


@pytest.mark.parametrize("preset", PRESETS)
def test_first_step_follows_the_published_formula(preset: str) -> None:
    settings = replace(PRESETS[preset], precision="float32")
    layers = (*settings.content_layers, *settings.style_layers)
    objective = GatysLoss(settings, VGG(layers, settings.pooling), CONTENT, STYLE)
    # Neither content nor grey: at the content some losses have a kink or vanish.
    start = (0.7 * CONTENT + 0.3 * picture(48, 64, seed=3)).clamp(0.05, 0.95)
    descent = ImageOptimiser(objective, start, optimiser_settings(settings))
    before = descent.variable.detach().clone()
    losses = descent.step()

    formula, move, limits = LOSS_RECIPES[preset]
    variable = before.clone().requires_grad_()
    loss = formula(variable)
    (gradient,) = torch.autograd.grad(loss, variable)
    assert losses["total"].item() == pytest.approx(loss.item(), rel=1e-4)
    expected = move(before, gradient)
    if limits:
        expected = expected.clamp(*limits)
    moved = (expected - before).abs().mean()
    assert moved > 0
    # The mean, because Adam's first step is the gradient's sign, which rounding turns where it is zero.
    assert ((descent.variable.detach() - expected).abs().mean() / moved).item() < 1e-2


@pytest.mark.parametrize("preset", PRESETS)
def test_a_real_run_lowers_the_loss(preset: str) -> None:
    settings = replace(PRESETS[preset], steps=60, style_size=64)
    method = Gatys()
    method.load(CPU)
    layers = (*settings.content_layers, *settings.style_layers)
    content = picture(64, 64, seed=1)
    plain = GatysLoss(settings, VGG(layers, settings.pooling), content, STYLE)
    # hvass rescales its losses to constants at every step: measure what it descends on, unscaled.
    plain.formulas = replace(plain.formulas, reciprocal=False)

    def loss(image: Tensor) -> float:
        with torch.no_grad():
            return plain(plain.scale.encode(image))["style"].item()

    frames = list(method.stylize(content, Style(STYLE), settings))
    start = starting_picture(settings, content, STYLE)
    assert loss(frames[-1].image) < 0.7 * loss(start)
    assert (frames[-1].step, frames[-1].total) == (60, 60)


@pytest.mark.parametrize(("height", "width"), [(65, 97), (33, 16), (16, 320), (64, 64)])
def test_odd_sizes_keep_their_size_and_frames_stay_in_range(height: int, width: int) -> None:
    frames = run(replace(PRESETS["fast"], steps=7), content=picture(height, width, seed=4))
    assert frames[-1].step == 7
    for frame in frames:
        assert frame.image.shape == (1, 3, height, width)
        assert frame.image.dtype is torch.float32
        assert 0 <= frame.image.min() < frame.image.max() <= 1
        assert set(frame.losses) == {"content", "style", "total"}
        assert frame.losses["total"] == pytest.approx(
            frame.losses["content"] + frame.losses["style"], rel=1e-4
        )


def test_same_seed_same_picture_other_seed_other_picture() -> None:
    settings = replace(PAPER, steps=6)
    first, again, other = (run(replace(settings, seed=seed))[-1].image for seed in (7, 7, 8))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_inputs_are_left_alone() -> None:
    content, style = CONTENT.clone(), STYLE.clone()
    run(replace(PRESETS["fast"], steps=3))
    assert torch.equal(CONTENT, content)
    assert torch.equal(STYLE, style)


def test_starts() -> None:
    settings = replace(PAPER, noise=0.2)
    noise = starting_picture(settings, CONTENT, STYLE)
    assert noise.shape == CONTENT.shape
    assert 0.4 <= noise.min() < 0.41 < 0.59 < noise.max() <= 0.6
    assert starting_picture(replace(settings, start="style"), CONTENT, STYLE).shape == CONTENT.shape
    assert torch.equal(starting_picture(replace(settings, start="content"), CONTENT, STYLE), CONTENT)


def test_pyramid_spends_all_steps_and_ends_at_full_size() -> None:
    settings = replace(PAPER, steps=100, levels=3)
    plan = pyramid(settings.steps, settings.levels, 513, 300)
    assert [size for size, _ in plan] == [(128, 75), (256, 150), (513, 300)]
    assert [steps for _, steps in plan] == [14, 28, 58]
    assert pyramid(settings.steps, settings.levels, 100, 100) == [((100, 100), 100)]
    # A few steps all go to the finest level rather than to none.
    assert pyramid(1, settings.levels, 512, 512) == [((512, 512), 1)]


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        ("unit", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
        ("255", (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255)),
        ("imagenet", (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    ],
)
def test_pixel_scales_are_the_published_ones(
    name: str, mean: tuple[float, ...], deviation: tuple[float, ...]
) -> None:
    scale = pixel_scale(name, CPU)
    assert torch.equal(scale.mean.flatten(), torch.tensor(mean))
    assert torch.equal(scale.deviation.flatten(), torch.tensor(deviation))


def test_the_greatest_content_weight_serves_every_level_of_a_pyramid() -> None:
    settings = replace(PRESETS["fast"], content_weight=1e6, steps=3, precision="float32")
    frames = run(settings, content=picture(128, 128, seed=1))
    assert frames[-1].step == 3


def test_a_smaller_level_weighs_the_content_as_the_full_size_does() -> None:
    full, level = picture(128, 96, seed=1), picture(64, 48, seed=1)
    assert balance(PAPER, full, level) == 4
    assert balance(PAPER, full, full) == 1
    assert balance(PRESETS["tensorflow"], full, level) == 1
    network, start = VGG(PAPER.layers, "average"), picture(64, 48, seed=3)
    plain, weighed = (
        GatysLoss(PAPER, network, level, STYLE, content_factor=factor)(start) for factor in (1.0, 4.0)
    )
    torch.testing.assert_close(weighed["content"], 4 * plain["content"])
    torch.testing.assert_close(weighed["style"], plain["style"])


def balanced_loss(features: float, target: Tensor) -> tuple[float, float]:
    """The balanced recipe's style and content error of a multiple of the target features."""
    recipe = LOSS_RECIPES_OF_METHOD["balanced"]
    actual = features * target
    style = recipe.style(recipe.gram(actual), recipe.gram(target))
    return style.item(), recipe.content(actual, target).item()


def test_relative_errors_are_1_at_zero_features_and_0_at_the_target() -> None:
    target = torch.rand(1, 8, 5, 6, generator=torch.Generator().manual_seed(0))
    assert balanced_loss(0.0, target) == pytest.approx((1, 1))
    assert balanced_loss(1.0, target) == (0, 0)


def test_relative_errors_do_not_know_the_features_scale() -> None:
    target = torch.rand(1, 8, 5, 6, generator=torch.Generator().manual_seed(0))
    assert balanced_loss(0.7, 300 * target) == pytest.approx(balanced_loss(0.7, target), rel=1e-4)


def quick_method(**values: object) -> Method:
    """A method that paints grey in one pass, with other class attributes."""

    def stylize(self: Method, content: Tensor, *others: object) -> Iterator[Frame]:
        yield Frame(torch.full_like(content, 0.5), 1, 1)

    members = {
        "name": "grey",
        "title": "Grey",
        "weights": (),
        "Settings": MethodSettings,
        "load": lambda self, device: None,
        "stylize": stylize,
        **values,
    }
    return type("Grey", (Method,), members)  # type: ignore[return-value]


def start_of(methods: tuple[object, ...], monkeypatch: pytest.MonkeyPatch) -> Frame:
    monkeypatch.setattr("methods.warm_start.QUICK", methods)
    return run(replace(BALANCED, steps=1))[-1]


def test_a_fast_start_is_the_first_quick_methods_that_can_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(self: Method, device: torch.device) -> None:
        raise WeightsError("It has no weights.")

    methods = (
        quick_method(title="Missing", unavailable=lambda: "It is missing."),
        quick_method(title="Refused", load=refused),
        quick_method(title="First"),
        quick_method(title="Second"),
    )
    last = start_of(methods, monkeypatch)
    assert [(note.key, note.values["title"]) for note in last.notes] == [("start_fast", "First")]
    assert (last.image - 0.5).abs().max() < 0.2  # after one small step


def test_a_large_picture_is_painted_smaller_and_keeps_its_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("methods.warm_start.QUICK", (quick_method(),))
    monkeypatch.setattr("methods.warm_start.LONG_SIDE", 32)
    fine = 0.5 + 0.2 * ((torch.arange(64)[:, None] + torch.arange(96)) % 2 - 0.5)  # too fine for 32 px
    content = (fine + torch.linspace(-0.2, 0.2, 96)).expand(1, 3, -1, -1)
    start, note, _ = WarmStart(CPU).paint(content, Style(STYLE))
    assert note.key == "start_fast"
    torch.testing.assert_close(start, fine.expand_as(start), atol=0.03, rtol=0)


def test_a_fast_start_without_a_fast_method_is_the_photo_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    last = start_of((), monkeypatch)
    assert [note.key for note in last.notes] == ["start_content"]
    assert (last.image - CONTENT).abs().mean() < 0.02


def test_the_quick_method_is_loaded_when_the_run_is_prepared(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    quick = quick_method(load=lambda self, device: loaded.append(self.name))
    monkeypatch.setattr("methods.warm_start.QUICK", (quick,))
    method, style = Gatys(), Style(STYLE)
    method.load(CPU)
    method.prepare(style, PAPER, {})
    assert loaded == []
    method.prepare(style, BALANCED, {})
    assert loaded == ["grey"]
    list(method.stylize(CONTENT, style, replace(BALANCED, steps=1)))
    assert loaded == ["grey"]


def test_more_stylisation_is_nearer_to_the_painting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.yardstick.SHORT_SIDE", 128)
    content, style = (
        fit_short_side(to_tensor(open_picture(ROOT / file).rgb), 128)
        for file in ("examples/cat.jpg", "styles/starry-night.jpg")
    )
    yardstick = Yardstick(content, style)
    method = Gatys()
    method.load(CPU)
    distances = []
    for amount in (0.0, 0.25, 0.5, 0.75, 1.0):
        settings = replace(BALANCED, stylisation=amount, steps=15, start="content", patience=0.0)
        *_, last = method.stylize(content, Style(style), settings)
        distances.append(yardstick.measure(last.image).style)
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 2 * distances[-1]


@pytest.mark.parametrize("value", [0.0, 1.0])
@pytest.mark.parametrize("side", [16, 70])
def test_flat_and_tiny_pictures_give_numbers(value: float, side: int) -> None:
    flat_picture = torch.full((1, 3, side, side), value)
    method = Gatys()
    method.load(CPU)
    settings = replace(BALANCED, steps=6, start="content")
    for content, style in ((flat_picture, STYLE), (CONTENT, flat_picture), (flat_picture, flat_picture)):
        *_, last = method.stylize(content, Style(style), settings)
        assert last.image.isfinite().all()
        assert all(math.isfinite(loss) for loss in last.losses.values())


def test_settings_of_older_versions_mean_what_they_meant() -> None:
    newer = {"stylisation", "patience"}
    for name in ("fast", "paper", "tensorflow", "d2l", "hvass", "eager"):
        older = {key: value for key, value in vars(PRESETS[name]).items() if key not in newer}
        assert GatysSettings.make(**older) == PRESETS[name]
        assert PRESETS[name].content_factor == 1
        assert PRESETS[name].patience == 0


def test_stop_ends_the_run_within_a_step() -> None:
    stop = Stop()
    method = Gatys()
    method.load(CPU)
    frames = method.stylize(picture(256, 256, seed=5), Style(STYLE), replace(PAPER, steps=400), stop)
    next(frames)
    threading.Timer(0.1, stop.set).start()
    began = time.perf_counter()
    with pytest.raises(Stopped):
        for _ in frames:
            pass
    assert time.perf_counter() - began < 2


def test_closing_the_generator_ends_it() -> None:
    method = Gatys()
    method.load(CPU)
    frames = method.stylize(CONTENT, Style(STYLE), PAPER)
    next(frames)
    frames.close()
    with pytest.raises(StopIteration):
        next(frames)


def test_grad_mode_does_not_leak_between_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page resumes the generator on other threads; each resume must compute gradients there."""
    monkeypatch.setattr("methods.optimisation.SECONDS_BETWEEN_FRAMES", 0)  # a frame after each step
    method = Gatys()
    method.load(CPU)
    frames = method.stylize(picture(64, 64, seed=1), Style(STYLE), replace(PAPER, steps=3))
    results: list[Frame] = []
    for _ in range(2):
        thread = threading.Thread(target=lambda: results.append(next(frames)))
        with torch.no_grad():
            thread.start()
            thread.join()
    assert [frame.step for frame in results] == [1, 2]


def test_hvass_tells_that_vgg19_stands_in_for_vgg16() -> None:
    notes = run(replace(PRESETS["hvass"], steps=1))[-1].notes
    assert "backbone" in {note.key for note in notes}
    assert run(replace(PAPER, steps=1))[-1].notes == ()


def test_keep_best_ends_with_the_lowest_loss() -> None:
    settings = replace(PRESETS["eager"], steps=8, learning_rate=60.0)
    layers = (*settings.content_layers, *settings.style_layers)
    objective = GatysLoss(settings, VGG(layers), CONTENT, STYLE)
    descent = ImageOptimiser(objective, CONTENT, optimiser_settings(settings))
    pictures, losses = [], []
    for _ in range(settings.steps):
        pictures.append(descent.image())
        losses.append(descent.step()["total"].item())
    lowest = min(range(8), key=losses.__getitem__)
    assert torch.allclose(descent.image(best=True), pictures[lowest], atol=1e-6)
    assert lowest < 7 or losses[-1] < losses[0]


def test_the_best_picture_comes_with_its_own_losses() -> None:
    settings = replace(PRESETS["eager"], steps=8, learning_rate=100.0, precision="float32")
    last = run(settings)[-1]
    layers = (*settings.content_layers, *settings.style_layers)
    objective = GatysLoss(settings, VGG(layers), CONTENT, STYLE)
    with torch.no_grad():
        losses = objective(objective.scale.encode(last.image))
    assert last.losses == pytest.approx({name: loss.item() for name, loss in losses.items()}, rel=1e-3)


class Ticking:
    """A clock on which every reading takes a fifth of a second."""

    def __init__(self) -> None:
        self.now = 0.0

    def perf_counter(self) -> float:
        self.now += 0.2
        return self.now


def test_a_budget_of_seconds_ends_with_the_best_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("methods.budget.time", Ticking())
    settings = replace(PRESETS["eager"], learning_rate=60.0, seconds=12.0)
    frames = run(settings)
    last = frames[-1]
    assert 8 < last.step == last.total < 60
    assert all(frame.step < frame.total for frame in frames[:-1])
    assert last.total / 2 < frames[-2].total < 2 * last.total  # the guess is of the right size
    layers = (*settings.content_layers, *settings.style_layers)
    objective = GatysLoss(settings, VGG(layers), CONTENT, STYLE)
    losses = [objective(objective.scale.encode(frame.image))["total"].item() for frame in frames]
    assert losses[-1] <= min(losses)
    assert last.losses["total"] == pytest.approx(losses[-1], rel=1e-3)


def test_time_spent_looking_at_frames_is_not_of_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Ticking()
    monkeypatch.setattr("methods.budget.time", clock)
    method, settings = Gatys(), replace(PAPER, seconds=6.0)
    method.load(CPU)
    steps = []
    for pause in (0.0, 100.0):
        for shot in method.stylize(CONTENT, Style(STYLE), settings):
            clock.now += pause
            step = shot.step
        steps.append(step)
    assert abs(steps[0] - steps[1]) <= 1


def test_a_budget_is_shared_among_levels_as_their_pixels_and_steps_are() -> None:
    levels = schedule(30, 9.0, 2, 256, 256)
    assert [(level.size, level.steps) for level in levels] == [((128, 128), 10), ((256, 256), 20)]
    assert [level.last_second for level in levels] == pytest.approx([1.0, 9.0])


def test_lbfgs_takes_the_steps_of_pytorchs() -> None:
    generator = torch.Generator().manual_seed(0)
    root = torch.randn(12, 12, generator=generator, dtype=torch.float64)
    matrix = root @ root.T + torch.eye(12, dtype=torch.float64)
    start = torch.randn(12, generator=generator, dtype=torch.float64)

    theirs = start.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([theirs], lr=1, max_iter=1, history_size=5)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = theirs @ matrix @ theirs / 2
        loss.backward()
        return loss

    ours = start.clone()
    gradient = matrix @ start
    # PyTorch's first step has an L1 length of 1; ask ours for the same one.
    rms = gradient.square().mean().sqrt()
    lbfgs = LBFGS(ours, history=5, first_step=(rms / gradient.abs().sum()).item())
    for _ in range(15):
        optimiser.step(closure)
        lbfgs.step(matrix @ ours)
        assert torch.allclose(ours, theirs.detach(), rtol=1e-6, atol=1e-9)
    assert ours.norm() < 1e-3 * start.norm()


def test_lbfgs_survives_a_gradient_that_does_not_change() -> None:
    variable = torch.zeros(4)
    lbfgs = LBFGS(variable)
    for _ in range(5):
        lbfgs.step(torch.ones(4))
    assert variable.isfinite().all()
    assert (variable < 0).all()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"steps": 0}, "steps is 0; it must be a whole number from 1 to 5000"),
        ({"steps": 2.5}, "steps is 2.5"),
        ({"content_weight": -1}, "content_weight is -1"),
        ({"content_weight": math.nan}, "content_weight is nan"),
        ({"style_layers": ("relu9_1",)}, "style_layers is relu9_1; choose some of conv1_1"),
        ({"style_layers": ()}, "style_layers is empty"),
        ({"optimiser": "sgd"}, "optimiser is 'sgd'; choose one of lbfgs, adam, gradient"),
        ({"preset": "slow"}, "preset is 'slow'; choose one of balanced, fast, paper"),
        ({"preset": []}, r"preset is \[\]; choose one of balanced, fast, paper"),
        ({"clip": 1}, "clip is 1; it is true or false"),
    ],
)
def test_settings_out_of_range_name_the_field_and_the_range(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GatysSettings.make(**values)


def test_a_preset_with_some_numbers_changed() -> None:
    settings = GatysSettings.make(preset="d2l", steps=20, pooling="average")
    assert isinstance(settings, GatysSettings)
    assert (settings.steps, settings.pooling, settings.learning_rate) == (20, "average", 0.3)
    assert settings.size == 450
    assert json.loads(json.dumps(settings.as_dict()))["style_layers"][-1] == "conv5_1"
    assert GatysSettings.make() == PRESETS["balanced"]
