"""Stopwatch, peak memory and the choice of device."""

import sys
import time
from types import SimpleNamespace

import pytest
import torch

import core.measure
from core.device import DEVICES, describe, fast_dtype, pick_device
from core.measure import PeakMemory, Stopwatch

CPU = torch.device("cpu")
MEGABYTES_200 = 50_000_000  # float32 values
DEADLINE = 10.0  # seconds; far beyond the 20 ms between two samples


def wait_for(memory: PeakMemory, least: int) -> None:
    """Return once the sampler has seen `least` bytes, or at the deadline."""
    until = time.monotonic() + DEADLINE
    while memory.bytes < least and time.monotonic() < until:
        time.sleep(0.005)


def test_stopwatch_adds_only_what_is_inside_its_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=100.0)
    monkeypatch.setattr(core.measure, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    watch = Stopwatch(CPU)
    assert watch.seconds == 0
    clock.now += 7
    with watch:
        clock.now += 2
    clock.now += 11
    with watch:
        clock.now += 3
    clock.now += 13
    assert watch.seconds == 5


def test_stopwatch_counts_a_block_that_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(core.measure, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    watch = Stopwatch(CPU)

    def work() -> None:
        with watch:
            clock.now += 4
            raise KeyError

    with pytest.raises(KeyError):
        work()
    assert watch.seconds == 4


def test_stopwatch_waits_for_the_device_before_each_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(core.measure, "synchronize", lambda device: calls.append(f"wait for {device}"))
    clock = SimpleNamespace(perf_counter=lambda: calls.append("read") or 0.0)
    monkeypatch.setattr(core.measure, "time", clock)
    with Stopwatch(CPU):
        calls.append("work")
    assert calls == ["wait for cpu", "read", "work", "wait for cpu", "read"]


def test_peak_memory_sees_what_was_freed_before_the_end() -> None:
    with PeakMemory(CPU) as memory:
        pages = torch.ones(MEGABYTES_200)
        wait_for(memory, 180_000_000)
        del pages
    assert 180_000_000 <= memory.bytes < 400_000_000


def test_peak_memory_leaves_out_what_was_there_before() -> None:
    before = torch.ones(MEGABYTES_200)
    with PeakMemory(CPU) as memory:
        small = torch.ones(1000)
    assert memory.bytes < 100_000_000
    assert before[-1] == small[-1] == 1


def test_peak_memory_ends_its_thread_when_the_block_raises() -> None:
    memory = PeakMemory(CPU)
    with pytest.raises(KeyError), memory:
        raise KeyError
    assert not memory._sampler.is_alive()


def test_networks_that_a_gpu_held_before_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", lambda device: calls.append("reset"))
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: calls.append("base") or 700)
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: calls.append("peak") or 1000)
    with PeakMemory(torch.device("cuda")) as memory:
        calls.append("work")
    assert memory.bytes == 300
    assert calls == ["reset", "base", "work", "peak"]


def test_auto_takes_a_device_that_exists() -> None:
    device = pick_device("auto")
    assert torch.ones(2, device=device).sum().item() == 2
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        assert device == CPU


def test_an_unknown_device_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"^Unknown device 'tpu': choose one of .+\.$") as caught:
        pick_device("tpu")
    assert all(name in str(caught.value) for name in DEVICES)


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_a_missing_device_is_refused_with_what_the_machine_has(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    with pytest.raises(ValueError, match=f"^This machine has no {kind} device; it has cpu\\.$"):
        pick_device(kind)


def test_auto_prefers_the_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert pick_device().type == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert pick_device().type == "cuda"


def test_describe_names_the_cpu_and_its_threads() -> None:
    name, _, threads = describe(CPU).rpartition(", ")
    assert name.strip()
    assert threads == f"{torch.get_num_threads()} threads"


def test_fast_dtype_is_bfloat16_only_where_the_cpu_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fast_dtype(CPU) in (torch.float32, torch.bfloat16)
    monkeypatch.setattr("core.device._cpu_multiplies_bfloat16", lambda: True)
    assert fast_dtype(CPU) == torch.bfloat16
    monkeypatch.setattr("core.device._cpu_multiplies_bfloat16", lambda: False)
    assert fast_dtype(CPU) == torch.float32


@pytest.mark.parametrize("kept", ["default", "avx2"])
def test_a_cpu_that_pytorch_is_kept_from_using_is_not_fast(
    kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert fast_dtype(CPU) == torch.bfloat16
    monkeypatch.setenv("ATEN_CPU_CAPABILITY", kept)
    assert fast_dtype(CPU) == torch.float32


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc gives freed memory back when asked")
def test_memory_that_was_freed_before_counts_again() -> None:
    def work() -> None:
        [torch.ones(250_000) for _ in range(100)]  # 1 MB each, all at once

    work()
    with PeakMemory(torch.device("cpu")) as memory:
        work()
    assert memory.bytes > 60e6
