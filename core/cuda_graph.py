"""CUDA graphs: a pass of many small kernels, launched as one.

STYLEGRID_CUDA_GRAPHS=1 turns them on. They are off without it, for what they bring is not measured yet.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar

import torch
from torch import Tensor

T = TypeVar("T")

SHAPES = 4  # of which a pass keeps graphs, with the memory that they work in


def wanted(device: torch.device) -> bool:
    """Whether work on a device becomes graphs."""
    return device.type == "cuda" and os.environ.get("STYLEGRID_CUDA_GRAPHS", "0") == "1"


def recorded(work: Callable[[], T], device: torch.device) -> Callable[[], T]:
    """`work` as a graph where graphs are wanted, else as it is.

    A graph reads the same tensors as when it was recorded, with the values that they have at the call, and
    overwrites the result of the call before. So `work` must do the same kernels each time, and neither wait
    for the device nor copy to it; other threads may use the device while it is recorded.
    """
    if not wanted(device):
        return work
    with torch.cuda.device(device):
        main, aside = torch.cuda.current_stream(), torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(main)
        with torch.cuda.stream(aside):
            work()  # for what libraries make at their first call cannot be recorded
        main.wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            result = work()

    def replay() -> T:
        graph.replay()
        return result

    return replay


class Pass:
    """A network's pass without gradients, which becomes a graph when a shape comes for the second time: to
    record a single one takes longer than it saves.

    Args:
        work: pictures or features (B, C, H, W) to others. What else it reads must stay where it is.
    """

    def __init__(self, work: Callable[[Tensor], Tensor]) -> None:
        self.work, self._lock = work, threading.Lock()
        # where the input of each shape is kept, and what works on it; None: it came once
        self._known: OrderedDict[Hashable, tuple[Tensor, Callable[[], Tensor]] | None] = OrderedDict()

    @torch.no_grad()
    def __call__(self, given: Tensor) -> Tensor:
        """As `work`."""
        if not wanted(given.device):
            return self.work(given)
        with self._lock:
            return self._of(given)

    def _of(self, given: Tensor) -> Tensor:
        key = given.shape, given.stride(), given.dtype
        if key not in self._known:
            self._known[key] = None
            if len(self._known) > SHAPES:
                self._known.popitem(last=False)
            return self.work(given)
        self._known.move_to_end(key)
        found = self._known[key]
        if found is None:
            place = given.clone()
            found = self._known[key] = place, recorded(lambda: self.work(place), given.device)
        place, replay = found
        place.copy_(given)
        return replay().clone()
