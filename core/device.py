"""Where the work runs: the choice of device, of the number format that is fast there, and its memory."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import torch

T = TypeVar("T")

BACKGROUND = 10  # of Linux's priorities to 19, at which a busy machine would hardly come to it
DEVICES = ("auto", "cpu", "cuda", "mps")


def pick_device(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" takes the GPU that is there (CUDA, then Apple's MPS), else the CPU.

    Raises ValueError when the device does not exist here.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        name = next(kind for kind, there in available.items() if there)
    kind = name.split(":")[0]
    if kind not in available:
        raise ValueError(f"Unknown device {name!r}: choose one of {', '.join(DEVICES)}.")
    if not available[kind]:
        there = ", ".join(kind for kind, found in available.items() if found)
        raise ValueError(f"This machine has no {kind} device; it has {there}.")
    return torch.device(name)


def fast_dtype(device: torch.device) -> torch.dtype:
    """bfloat16 where the device multiplies matrices of it natively, else float32.

    A CPU needs avx512_bf16 or AMX: without them bfloat16 is emulated and slower than float32. They count as
    missing where ATEN_CPU_CAPABILITY keeps PyTorch from AVX-512.
    """
    if device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False):
        return torch.bfloat16
    if device.type == "cpu" and _cpu_multiplies_bfloat16():
        return torch.bfloat16
    return torch.float32


def allow_fast_matmul(device: torch.device) -> None:
    """On CUDA, let float32 products use TF32 and keep convolutions repeatable; elsewhere nothing."""
    if device.type == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        # Gram matrices sum over up to a million positions.
        torch.backends.cuda.matmul.allow_bf16_reduced_precision_reduction = False
        torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.deterministic = True


@contextmanager
def full_float32() -> Iterator[None]:
    """Inside, float32 products and convolutions keep all their digits, on CUDA too.

    TF32, which keeps about three of them, is a setting of the whole process: what is measured would else
    depend on which methods were loaded before.
    """
    places: tuple[Any, ...] = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [place.allow_tf32 for place in places]
    try:
        for place in places:
            place.allow_tf32 = False
        yield
    finally:
        for place, allowed in zip(places, before, strict=True):
            place.allow_tf32 = allowed


def synchronize(device: torch.device) -> None:
    """Wait until the device has finished all work given to it, so that a clock read after it is true."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    elif device.type == "mps":
        torch.mps.synchronize()


def return_freed_memory() -> None:
    """Let the C library give back what is free; only glibc has a way to ask for it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim is not None:
        trim(0)


def describe(device: torch.device) -> str:
    """The device as a person knows it, for instance "NVIDIA H200" or "AMD EPYC, 2 threads"."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    return f"{_cpu_name()}, {torch.get_num_threads()} threads"


def cores() -> int:
    """CPU cores that are ours to use: as many as the system lets us run on, and as a container's quota pays.

    CPU_CORES, which a Space sets because its machine has many more, decides where it is there.
    """
    count = os.environ.get("CPU_CORES", "")
    if count.isdecimal() and int(count):
        return int(count)
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, quota() or there)


def quota(cgroups: Path = Path("/sys/fs/cgroup"), ours: Path = Path("/proc/self/cgroup")) -> int | None:
    """Cores that a container may keep busy, a part of one counted as one; None where nothing says so.

    cgroup v2: the least `cpu.max` of our group and of those above it, as far as they can be seen.
    """
    least = None
    for line in _group_files("cpu.max", cgroups, ours):
        most, _, period = line.partition(" ")
        if most.isdecimal() and period.isdecimal():
            least = min(filter(None, (least, -(-int(most) // int(period)))))
    return least


def _group_files(name: str, cgroups: Path, ours: Path) -> Iterator[str]:
    """What the files of a name say in our group and in those above it, as far as they can be seen."""
    try:
        lines = ours.read_text().splitlines()
    except OSError:
        return
    group = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    for folder in (cgroups / group, *(cgroups / group).parents):
        if not folder.is_relative_to(cgroups):
            return
        with suppress(OSError):  # the root has none
            yield (folder / name).read_text().strip()


def memory(cgroups: Path = Path("/sys/fs/cgroup"), ours: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes of memory that are ours to use: the machine's, or what a container is given (cgroup v2)."""
    import psutil  # here, for a machine that only trains has no need of it

    limits = (each for each in _group_files("memory.max", cgroups, ours) if each.isdecimal())
    return min([psutil.virtual_memory().total, *map(int, limits)])


def use_cores() -> None:
    """Keep PyTorch to the cores that are ours, where it counts more of them."""
    if "CPU_CORES" in os.environ or cores() < torch.get_num_threads():
        torch.set_num_threads(cores())


def in_background(work: Callable[[], T]) -> T:
    """The result of `work`, done in a thread of its own, on Linux at a low priority, as are the threads that
    PyTorch starts for it."""

    def low() -> None:
        if sys.platform == "linux":
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), BACKGROUND)

    with ThreadPoolExecutor(1, "background", low) as thread:
        return thread.submit(work).result()


FEATURES = ("avx2", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "bf16", "sve")  # as Linux names them


def features(device: torch.device) -> tuple[str, ...]:
    """What seconds depend on beside the name: a CPU's instructions as Linux has them, a GPU's capability."""
    if device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device)
        return (f"compute capability {major}.{minor}",)
    listed = {*_cpuinfo("flags").split(), *_cpuinfo("Features").split()} if device.type == "cpu" else ()
    return tuple(each for each in FEATURES if each in listed)


def _cpu_multiplies_bfloat16() -> bool:
    if os.environ.get("ATEN_CPU_CAPABILITY", "avx512") in ("default", "avx2"):
        return False
    # PyTorch offers these two tests from 2.6 on, without a public name yet.
    tests = (getattr(torch.cpu, f"_is_{feature}_supported", None) for feature in ("avx512_bf16", "amx_tile"))
    return any(test() for test in tests if test is not None)


def _cpu_name() -> str:
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def _cpuinfo(key: str) -> str:
    """What Linux says of the first core under a key; empty where that is nothing."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith(key):
                return line.split(":", 1)[1].strip()
    return ""
