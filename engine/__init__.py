"""Where a comparison runs: in a process of its own, in this one, on a borrowed GPU, or on a cluster."""

from __future__ import annotations

import os
from collections.abc import Sequence

from engine.base import Engine
from methods.base import Method
from methods.settings import echo

ENGINES = ("process", "inline", "zerogpu", "ray")


def make_engine(methods: Sequence[Method], device: str = "auto") -> Engine:
    """The page's engine: a child process, or what STYLEGRID_ENGINE names, one of ENGINES. On ZeroGPU it is
    one that asks for the GPU at each run. ValueError for another name."""
    usual = "zerogpu" if os.environ.get("SPACES_ZERO_GPU") else "process"
    name = os.environ.get("STYLEGRID_ENGINE") or usual
    if name == "zerogpu":
        import spaces  # only there, and before CUDA is used

        from engine.zerogpu import ZeroGPUEngine

        return ZeroGPUEngine(methods, spaces.GPU, device)
    if name == "inline":
        from engine.inline import InlineEngine

        return InlineEngine(methods, device)
    if name == "process":
        from engine.process import ProcessEngine

        return ProcessEngine(methods, device)
    if name == "ray":
        from engine.cluster import RayEngine

        return RayEngine(methods, device)
    raise ValueError(f"STYLEGRID_ENGINE is {echo(name)}; it must be one of {', '.join(ENGINES)}.")
