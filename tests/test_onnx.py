"""Networks of the ONNX Model Zoo: a graph as their exporter wrote it, in our network and in onnxruntime."""

import builtins
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from huggingface_hub import constants
from onnx import helper, numpy_helper

from core.images import open_picture, to_tensor
from core.resample import fit_long_side
from local_hub import COMMIT, LocalHub, Repo
from methods.base import Style
from methods.johnson import Johnson, JohnsonSettings, network_of, published
from plate_styles import last_frame, notes
from weights.catalog import CATALOG, entry
from weights.errors import WeightsError
from weights.formats import onnx_tensors, read

WIDTH = 32


class Graph:
    """Builds a fast-neural-style network of opset 9; names are numbers, as old exporters gave them."""

    def __init__(self, blocks=5):
        self.random = np.random.default_rng(3)
        self.nodes, self.stored, self.names = [], [], 0
        x = "input1"
        for inputs, outputs, kernel, stride in ((3, WIDTH, 9, 1), (WIDTH, 64, 3, 2), (64, 128, 3, 2)):
            x = self.run("Relu", self.layer(x, inputs, outputs, kernel, stride))
        for _ in range(blocks):
            y = self.run("Relu", self.layer(x, 128, 128, 3, 1))
            x = self.run("Add", self.layer(y, 128, 128, 3, 1), x)
        for inputs, outputs in ((128, 64), (64, WIDTH)):
            scales = self.store(np.array([1, 1, 2, 2], np.float32))
            x = self.run("Upsample", x, scales, mode="nearest")
            x = self.run("Relu", self.layer(x, inputs, outputs, 3, 1))
        self.output = self.convolution(x, WIDTH, 3, 9, 1, size=30, middle=128)

    def store(self, array):
        self.names += 1
        self.stored.append(numpy_helper.from_array(array.astype(np.float32), str(self.names)))
        return str(self.names)

    def run(self, kind, *inputs, **attributes):
        self.names += 1
        self.nodes.append(helper.make_node(kind, inputs, [f"o{self.names}"], **attributes))
        return f"o{self.names}"

    def convolution(self, x, inputs, outputs, kernel, stride, size=1.0, middle=0.0):
        margin = kernel // 2
        x = self.run("Pad", x, mode="reflect", pads=[0, 0, margin, margin, 0, 0, margin, margin])
        weight = self.random.normal(0, size / kernel / np.sqrt(inputs), (outputs, inputs, kernel, kernel))
        bias = self.random.normal(middle, 0.1, outputs)
        return self.run(
            "Conv", x, self.store(weight), self.store(bias), kernel_shape=[kernel] * 2, strides=[stride] * 2
        )

    def layer(self, x, inputs, outputs, kernel, stride):
        x = self.convolution(x, inputs, outputs, kernel, stride)
        scale, bias = self.random.uniform(0.5, 1.5, outputs), self.random.normal(0, 0.3, outputs)
        return self.run("InstanceNormalization", x, self.store(scale), self.store(bias), epsilon=1e-5)

    def bytes(self):
        shape = ["n", 3, "h", "w"]
        graph = helper.make_graph(
            self.nodes,
            "style",
            [helper.make_tensor_value_info("input1", onnx.TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info(self.output, onnx.TensorProto.FLOAT, shape)],
            self.stored,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=4)
        return model.SerializeToString()


@pytest.fixture(scope="module")
def model():
    return Graph().bytes()


@pytest.fixture(scope="module")
def photo():
    return fit_long_side(to_tensor(open_picture("examples/cat.jpg").rgb), 96)[..., :64, :92]


@pytest.fixture(scope="module")
def expected(model, photo):
    """What onnxruntime paints, (1, 3, H, W) in [0, 1]; the networks take and give 0..255."""
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (result,) = session.run(None, {"input1": (photo * 255).numpy()})
    return (torch.from_numpy(result) / 255).clamp(0, 1)


@torch.no_grad()
def test_our_network_paints_as_onnxruntime_does(model, photo, expected):
    assert expected.std() > 0.02
    network = network_of(onnx_tensors(model), "mosaic-9.onnx")
    torch.testing.assert_close(network(photo), expected, rtol=0, atol=1e-3)


def test_another_graph_is_refused(model):
    with pytest.raises(WeightsError, match=r"short\.onnx is no complete fast-neural-style network"):
        network_of(onnx_tensors(Graph(blocks=4).bytes()), "short.onnx")
    with pytest.raises(WeightsError, match=r"broken\.onnx holds no weights that can be read"):
        read(model[:1000], Path("broken.onnx"))


def test_a_published_network_is_fetched_when_it_is_chosen(model, photo, expected, tmp_path, monkeypatch):
    server = LocalHub()
    weight = replace(entry("onnx/candy-9"), sha256=sha256(model).hexdigest())
    server.repos[weight.repo] = Repo({weight.file: model})
    monkeypatch.setitem(CATALOG, weight.key, weight)
    monkeypatch.setenv("HF_ENDPOINT", server.url)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HOME", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    method = Johnson()
    method.load(torch.device("cpu"))
    assert server.requests == []
    frame = last_frame(
        method, photo, Style(torch.rand(1, 3, 64, 64)), JohnsonSettings(network="candy-9", stroke_size=0)
    )
    assert (frame.image - expected).abs().mean() < 0.02
    assert frame.weights == (weight,)
    assert notes(frame) == ["published"]
    assert COMMIT in (tmp_path / "stylegrid" / "onnx--candy-9.json").read_text()
    server.close()


def test_five_networks_are_offered():
    assert published() == ("mosaic-9", "candy-9", "rain-princess-9", "udnie-9", "pointilism-9")
    JohnsonSettings(network="udnie-9", norm="batch", width="slim")  # they have neither


def test_without_the_package_a_sentence_says_what_to_install(model, monkeypatch):
    real = builtins.__import__

    def refusing(name, *rest):
        if name == "onnx":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", refusing)
    with pytest.raises(WeightsError, match=r"broken\.onnx needs the package onnx: run `pip install onnx`"):
        read(model, Path("broken.onnx"))
