"""What Inspect shows: each formula by hand, the plain data that comes out, its place in the line, HTML."""

import io
import pickle
import re
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

import compare.scoring
from compare.inspection import CHANNELS, Inspection, inspect
from core.edges import around_grey, sobel
from core.heat import BOTH_WAYS, coloured, signed_root, strongest
from core.histogram import LEVELS, channel_histograms
from core.images import Pixels, to_tensor
from core.neighbours import nearest_map
from core.yardstick import STYLE_LAYERS, Yardstick, layer_distances, style_distance
from fake_methods import FixedYardstick, Quick, YardstickAlone
from methods import ALL
from page_handlers import clicked, events_of, session, uploaded, values_of
from ui.first_sight import first_sight
from ui.inspect import Inspect
from ui.inspect_html import VIEWS
from ui.tile import FIRST, RUN


def noise(height: int, width: int, seed: int) -> Pixels:
    """Smooth random pixels."""
    small = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


PHOTO, PAINTING = noise(48, 64, 1), noise(72, 48, 2)


@pytest.fixture(scope="module")
def itself() -> Inspection:
    """Of the painting taken for the picture."""
    return inspect(PHOTO, PAINTING, PAINTING)


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_sobel_of_a_ramp_is_eight_times_its_slope_and_nothing_at_a_mirrored_border() -> None:
    ramp = torch.arange(6.0).div(10).expand(1, 2, 4, 6)
    down, across = sobel(ramp)
    assert torch.allclose(down, torch.zeros_like(ramp), atol=1e-6)
    assert torch.allclose(across[..., 1:-1], torch.tensor(0.8))
    assert torch.allclose(across[..., [0, -1]], torch.tensor(0.0), atol=1e-6)
    turned, _ = sobel(ramp.mT)
    assert torch.allclose(turned, across.mT, atol=1e-6)


def test_edges_are_shown_around_grey() -> None:
    assert around_grey(torch.tensor([0.0, 0.125, -0.5, 9.0]), 2.0).tolist() == [0.5, 0.75, 0.0, 1.0]


def test_a_channels_histogram_counts_its_levels() -> None:
    image = torch.zeros(1, 3, 2, 2)
    image[0, 0] = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
    red, green, blue = channel_histograms(image)
    assert (red[0].item(), red[-1].item(), red.sum().item()) == (0.25, 0.75, 1.0)
    assert green.tolist() == blue.tolist() == [1.0] + [0.0] * (LEVELS - 1)


def test_a_heat_map_has_the_strongest_channels_and_roots_with_signs() -> None:
    assert strongest(torch.diag(torch.tensor([1.0, 5.0, 3.0])), 2).tolist() == [1, 2]
    shares = signed_root(torch.tensor([1.0, -1.0, 9.0, 0.0]), torch.tensor(4.0))
    assert shares.tolist() == [0.5, -0.5, 1.0, 0.0]
    three = coloured(torch.tensor([[0.0, 0.5, 1.0]]), BOTH_WAYS)
    assert (three[0, :, 0].T * 255).round().int().tolist() == [list(each) for each in BOTH_WAYS]
    between = coloured(torch.tensor([[0.25]]), BOTH_WAYS)[0, :, 0, 0] * 255
    assert torch.allclose(between, torch.tensor(BOTH_WAYS[:2]).float().mean(0))


def test_each_place_of_a_moved_picture_has_its_nearest_where_it_came_from() -> None:
    features = torch.randn(1, 16, 3, 5, generator=torch.Generator().manual_seed(0))
    distances, places = nearest_map(features.roll(2, 3), features)
    assert torch.equal(places, torch.arange(15).reshape(3, 5).roll(2, 1))
    assert distances.max() < 1e-6


def test_the_layers_mean_is_the_style_distance() -> None:
    random = torch.Generator().manual_seed(0)

    def grams() -> dict[str, Tensor]:
        return {layer: torch.rand(1, 4, 4, generator=random) for layer in STYLE_LAYERS}

    actual, target = grams(), grams()
    by_layer = {layer: each.item() for layer, each in layer_distances(actual, target).items()}
    by_hand = ((actual["relu2_1"] - target["relu2_1"]) ** 2).sum() / (target["relu2_1"] ** 2).sum()
    assert by_layer["relu2_1"] == pytest.approx(by_hand.item())
    assert sum(by_layer.values()) / 4 == pytest.approx(style_distance(actual, target))


def test_the_painting_itself_differs_in_nothing(itself: Inspection) -> None:
    assert (itself.painting, itself.painting.colour) == (itself.picture, 0)
    assert set(itself.picture.layers.values()) == {0.0}
    assert itself.nearest.places == tuple(range(len(itself.nearest.places)))
    assert max(itself.nearest.distances) < 1e-3
    for layer, channels in zip(STYLE_LAYERS, (64, 128, 256, 512), strict=True):
        maps = itself.grams[layer]
        assert (maps.channels, maps.painting == maps.picture) == (channels, True)
        difference = pixels(maps.difference)
        assert difference.shape == (CHANNELS, CHANNELS, 3)
        assert (difference == BOTH_WAYS[1]).all()


def test_the_photo_has_the_yardsticks_distances_and_pictures_their_size(itself: Inspection) -> None:
    baseline = Yardstick(to_tensor(PHOTO), to_tensor(PAINTING)).baseline
    assert sum(itself.photo.layers.values()) / 4 == pytest.approx(baseline.style, rel=1e-4)
    assert itself.photo.colour > 0
    assert pixels(itself.photo.image).shape == (256, 341, 3)
    across, down = map(pixels, itself.photo.high_pass)
    assert (across.shape, down.shape) == ((256, 340, 3), (255, 341, 3))
    assert (itself.nearest.columns, itself.nearest.painted) == (32, 32)
    again = pickle.loads(pickle.dumps(itself))
    assert again == itself


def asked(inspect: Inspect, page: str, *value: str, number: int = 7) -> list[str]:
    event = gr.SelectData(None, {"index": number, "value": list(value)})  # type: ignore[arg-type]
    return list(inspect.inspect(event, session(page)))


def test_a_page_inspects_its_own_comparison_alone(
    photo: Path, painting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare.scoring, "Yardstick", FixedYardstick)
    monkeypatch.setattr(compare.scoring, "Measurer", YardstickAlone)
    events = events_of(Quick(), folder=tmp_path)
    handler = Inspect(events.queue, events.store, None)
    for _ in clicked(events, values_of(events, uploaded(photo), uploaded(painting)), "a"):
        assert "no longer kept" in asked(handler, "b", "quick", RUN)[-1]
    (html,) = asked(handler, "a", "quick", RUN)
    assert 'data-number="7"' in html
    assert re.findall(r'<section data-view="(\w+)"( hidden)?>', html) == [
        (name, " hidden" if place else "") for place, name in enumerate(VIEWS)
    ]
    assert html.count("data:image/png") == 3 + 3 * len(STYLE_LAYERS)
    for wrong in (("quick", FIRST), ("other", RUN), ("../quick", RUN)):
        assert "no longer kept" in asked(handler, "a", *wrong)[0]
    monkeypatch.setenv("STYLEGRID_INSPECTIONS", "1")
    assert "At most 1 pictures an hour" in asked(handler, "a", "quick", RUN)[0]
    assert not events.queue.busy("a")


def test_the_comparison_that_the_page_opens_with_is_inspected_from_its_files() -> None:
    first = first_sight({method.name: method() for method in ALL})
    assert first is not None
    events = events_of(Quick())
    work = Inspect(events.queue, events.store, first).work("a", "cin", FIRST)
    assert isinstance(work, partial)
    assert [path.name for path in work.args] == ["photo.webp", "painting.webp", "cin.webp"]
    assert all(path.is_file() for path in work.args)
    assert Inspect(events.queue, events.store, first).work("a", "nnst", FIRST) is None
