"""Seconds and bytes: a stopwatch that waits for the device, and the peak memory of a piece of work."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

import torch

from core.device import return_freed_memory, synchronize

SAMPLE_SECONDS = 0.02


class Stopwatch:
    """Adds up the seconds spent inside `with` blocks; the device is synchronised before each reading.

    `clock` is read in place of time.perf_counter, where some seconds do not count.
    """

    def __init__(self, device: torch.device, clock: Callable[[], float] | None = None) -> None:
        self.device, self.clock = device, clock or time.perf_counter
        self.seconds = 0.0

    def __enter__(self) -> Stopwatch:
        synchronize(self.device)
        self._started = self.clock()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        synchronize(self.device)
        self.seconds += self.clock() - self._started


class PeakMemory:
    """The most memory that a `with` block needed above what was in use when it began, in bytes.

    CUDA: the allocator's peak. Elsewhere: growth of this process's resident memory, sampled every 20 ms, so
    that a shorter spike can be missed. What earlier work freed is first given back to the system, where that
    can be done, for memory that is used again would not count as growth.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.bytes = 0

    def __enter__(self) -> PeakMemory:
        if self.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.device)
            self._base = torch.cuda.memory_allocated(self.device)
            return self
        import psutil  # here, for a machine that only trains has no need of it

        return_freed_memory()
        self._process = psutil.Process()
        self._base = self._process.memory_info().rss
        self._finished = threading.Event()
        self._sampler = threading.Thread(target=self._sample, name="peak-memory", daemon=True)
        self._sampler.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.device.type == "cuda":
            self.bytes = torch.cuda.max_memory_allocated(self.device) - self._base
            return
        self._finished.set()
        self._sampler.join()

    def _sample(self) -> None:
        while True:
            last = self._finished.wait(SAMPLE_SECONDS)
            self.bytes = max(self.bytes, self._process.memory_info().rss - self._base)
            if last:
                return
