"""Weights files in 8 bits."""

from pathlib import Path

import torch

from weights.formats import SCALE, from_8_bits, in_8_bits, pack, read


def test_they_are_half_as_large_and_nearly_the_same() -> None:
    chance = torch.Generator().manual_seed(0)
    kernels = torch.randn(32, 64, 3, 3, generator=chance) * torch.rand(32, 1, 1, 1, generator=chance)
    kernels[3] = 0
    tensors = {"kernels": kernels, "matrix": torch.randn(20, 30, generator=chance), "bias": torch.ones(32)}
    data = pack(in_8_bits(tensors), {})
    assert len(data) < 0.6 * len(pack({name: each.half() for name, each in tensors.items()}, {}))
    found = read(data, Path("own.safetensors"))
    assert found.keys() == tensors.keys()
    for name in ("kernels", "matrix"):
        step = tensors[name].flatten(1).abs().amax(1) / 127
        error = (found[name] - tensors[name]).flatten(1).abs().amax(1)
        assert (error <= 0.501 * step).all()
    assert torch.equal(found["bias"], tensors["bias"].half())


def test_other_files_are_as_they_are() -> None:
    stored = {"a": torch.ones(2, 2, dtype=torch.int8), f"b{SCALE}": torch.ones(2)}
    found = from_8_bits(stored)
    assert found.keys() == stored.keys()
    assert all(torch.equal(found[name], each) for name, each in stored.items())
