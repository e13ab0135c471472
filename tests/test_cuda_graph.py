"""Passes and steps as CUDA graphs, which stand-ins record and replay on the CPU, on the same tensors and with
the same kernels, as a GPU would."""

from contextlib import contextmanager, nullcontext
from types import SimpleNamespace

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.cuda_graph import SHAPES, Pass, recorded, wanted
from core.vgg import VGG
from methods.adain import AdaIN
from methods.cin import CIN
from methods.gatys import GatysSettings, optimiser_settings
from methods.gatys_loss import GatysLoss
from methods.gatys_presets import PRESETS
from methods.johnson import Johnson
from methods.optimisation import ImageOptimiser
from methods.wct import Transport
from plate_styles import last_frame, plate

CPU = torch.device("cpu")
# What waits for the device, or copies a number to it.
FORBIDDEN = {"_local_scalar_dense", "lift_fresh", "nonzero", "equal"}


class Stream:
    def wait_stream(self, other):
        pass


class Graph(TorchDispatchMode):
    """The kernels between its beginning and its end, with the tensors that they read and wrote."""

    def __init__(self):
        super().__init__()
        self.kernels, self.replays = [], 0

    def __torch_dispatch__(self, kernel, types, given=(), named=None):
        assert kernel.overloadpacket.__name__ not in FORBIDDEN, kernel
        result = kernel(*given, **(named or {}))
        self.kernels.append((kernel, given, named or {}, result))
        return result

    @torch.no_grad()
    def replay(self):
        self.replays += 1
        for kernel, given, named, result in self.kernels:
            again = kernel(*given, **named)
            for old, new in zip(tree_leaves(result), tree_leaves(again), strict=True):
                if isinstance(old, torch.Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)


@pytest.fixture
def graphs(monkeypatch):
    """The graphs that are made on the CPU in a test."""
    made = []

    @contextmanager
    def record(graph, capture_error_mode):
        assert capture_error_mode == "thread_local"
        made.append(graph)
        with graph:
            yield

    cuda = SimpleNamespace(
        device=lambda device: nullcontext(),
        stream=lambda stream: nullcontext(),
        current_stream=Stream,
        Stream=Stream,
        CUDAGraph=Graph,
        graph=record,
    )
    monkeypatch.setattr("core.cuda_graph.torch", SimpleNamespace(cuda=cuda))
    monkeypatch.setattr("core.cuda_graph.wanted", lambda device: True)
    return made


def photos(count=3, height=64, width=80):
    chance = torch.Generator().manual_seed(0)
    return list(torch.rand(count, 1, 3, height, width, generator=chance))


def test_they_are_wanted_on_cuda_where_asked_for(monkeypatch):
    assert not wanted(torch.device("cuda"))
    monkeypatch.setenv("STYLEGRID_CUDA_GRAPHS", "1")
    assert wanted(torch.device("cuda"))
    assert not wanted(CPU)
    work = photos
    assert recorded(work, CPU) is work


def test_a_pass_becomes_a_graph_when_a_shape_comes_again(graphs):
    double = Pass(lambda image: 2 * image)
    for count, image in enumerate(photos(4)):
        assert torch.equal(double(image), 2 * image)
        assert len(graphs) == (count > 0)
    assert graphs[0].replays == 3
    first = double(image)
    double(0 * image)
    assert torch.equal(first, 2 * image)  # nothing is written over what was given away


def test_a_pass_keeps_few_graphs(graphs):
    double = Pass(lambda image: 2 * image)
    for side in range(1, SHAPES + 2):
        for image in photos(2, side, side):
            double(image)
    assert len(graphs) == SHAPES + 1
    double(photos(1, SHAPES + 1, SHAPES + 1)[0])
    assert graphs[-1].replays == 2
    double(photos(1, 1, 1)[0])
    assert len(graphs) == SHAPES + 1  # which the first shape has no more


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (Johnson, {"width": "slim", "stroke_size": 0}),
        (CIN, {"width": "slim", "stroke_size": 0}),
        (CIN, {"width": "full", "stroke_size": 0}),
        (AdaIN, {}),
        (Transport, {}),
    ],
)
def test_a_method_paints_the_same_by_graphs(graphs, monkeypatch, kind, values):
    method, style, settings = kind(), plate("starry-night"), kind.Settings.make(**values)
    method.load(CPU)
    by_graphs = [last_frame(method, photo, style, settings).image for photo in photos()]
    assert sum(graph.replays for graph in graphs) == 2
    monkeypatch.setattr("core.cuda_graph.wanted", lambda device: False)
    plainly = [last_frame(method, photo, style, settings).image for photo in photos()]
    for one, other in zip(by_graphs, plainly, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-5)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_step_of_gatys_is_the_same_as_a_graph(graphs, monkeypatch, preset):
    settings: GatysSettings = PRESETS[preset]
    network = VGG((*settings.content_layers, *settings.style_layers), settings.pooling)
    content, style, start = photos()

    def descent():
        return ImageOptimiser(
            GatysLoss(settings, network, content, style), start, optimiser_settings(settings)
        )

    by_graphs = descent()
    assert len(graphs) == 1
    monkeypatch.setattr("core.cuda_graph.wanted", lambda device: False)
    plainly = descent()
    for _ in range(4):
        one, other = by_graphs.step(), plainly.step()
        assert {name: loss.item() for name, loss in one.items()} == pytest.approx(
            {name: loss.item() for name, loss in other.items()}, rel=1e-4
        )
    torch.testing.assert_close(by_graphs.image(), plainly.image(), rtol=0, atol=1e-4)
    assert graphs[0].replays == 4
