"""Where a comparison runs: in this process, or on a borrowed GPU."""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.base import Engine
from methods.base import Method


def make_engine(methods: Sequence[Method], device: str = "auto") -> Engine:
    """The engine for this machine: on ZeroGPU one that asks for the GPU at each run."""
    if os.environ.get("SPACES_ZERO_GPU"):
        import spaces  # only there, and before CUDA is used

        from engine.zerogpu import ZeroGPUEngine

        return ZeroGPUEngine(methods, spaces.GPU, device)
    from engine.inline import InlineEngine

    return InlineEngine(methods, device)
