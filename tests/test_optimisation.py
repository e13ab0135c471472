"""The loop over levels: when it ends, and what a finer level begins with; by a clock of the tests' own."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from core.resample import merged, resample
from methods.base import Frame
from methods.budget import OVERTIME, Budget, Clock, Level, Patience, schedule
from methods.optimisation import PIXELS, Losses, OptimiserSettings, optimised, pixel_scale

CPU = torch.device("cpu")
SIDE = 256
STEP_SECONDS = 0.25  # at full size


class Watch:
    """Stands for the module `time`."""

    now = 0.0

    def perf_counter(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    found = Watch()
    monkeypatch.setattr("methods.budget.time", found)
    return found


@dataclass
class Grey:
    """The squared distance to grey, which takes time as the pixels do; its gradient points there exactly."""

    watch: Watch
    warm_up: float = 0.0

    def __post_init__(self) -> None:
        self.scale = pixel_scale("unit", CPU)

    def __call__(self, variable: Tensor) -> Losses:
        self.watch.now += self.warm_up + STEP_SECONDS * variable[0, 0].numel() / SIDE**2
        self.warm_up = 0.0
        return {"total": (variable - 0.5).square().sum()}


def run(
    watch: Watch,
    budget: Budget,
    levels: int = 3,
    looking: float = 0.0,
    warm_up: float = 0.0,
    rate: float = 0.01,
) -> tuple[list[Frame], list[Level]]:
    """Frames of a run, and the levels that it began.

    Each frame is looked at for some seconds; the very first step takes those of `warm_up` more.
    """
    begun: list[Level] = []

    def objective(level: Level, image: Tensor) -> Grey:
        begun.append(level)
        return Grey(watch, warm_up if len(begun) == 1 else 0.0)

    start = torch.rand(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))
    plan = schedule(budget.steps, budget.seconds, levels, SIDE, SIDE, growth=1)
    settings = OptimiserSettings("adam", rate, keep_best=True)
    frames = []
    for frame in optimised(start, plan, objective, settings, budget, lambda image: image, Clock()):
        frames.append(frame)
        watch.now += looking
    return frames, begun


def keys(frame: Frame) -> list[str]:
    return [note.key for note in frame.notes]


def test_all_steps_are_taken_without_a_budget(watch: Watch) -> None:
    frames, begun = run(watch, Budget(steps=30))
    assert [level.steps for level in begun] == [10, 10, 10]
    assert (frames[-1].step, frames[-1].total) == (30, 30)
    assert all(before.step < after.step for before, after in pairwise(frames))
    assert keys(frames[-1]) == []


@pytest.mark.parametrize("seconds", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("looking", [0.0, 100.0])
def test_a_budget_ends_within_a_step_and_its_overtime(watch: Watch, seconds: float, looking: float) -> None:
    frames, _ = run(watch, Budget(steps=1000, seconds=seconds), looking=looking)
    worked = watch.now - looking * len(frames)
    assert seconds - STEP_SECONDS <= worked <= seconds + OVERTIME + STEP_SECONDS
    assert frames[-1].step == frames[-1].total


def test_a_budget_too_small_for_a_finer_level_stays_at_the_coarse_one(watch: Watch) -> None:
    small, large = (run(watch, Budget(1000, seconds=seconds), levels=2)[1] for seconds in (0.05, 5.0))
    assert len(small) == 1
    assert len(large) == 2


def test_a_slow_first_step_does_not_keep_a_budget_from_the_finer_levels(watch: Watch) -> None:
    _, begun = run(watch, Budget(steps=1000, seconds=4.0), warm_up=2.0)
    assert [level.size[0] for level in begun] == [64, 128, 256]
    assert 4.0 - STEP_SECONDS <= watch.now <= 4.0 + OVERTIME + STEP_SECONDS


def test_patience_ends_a_run_that_no_longer_gains(watch: Watch) -> None:
    frames, _ = run(watch, Budget(steps=5000, patience=0.2), levels=1)
    assert frames[-1].step == frames[-1].total < 5000
    assert keys(frames[-1]) == ["stopped_gaining"]
    assert all(keys(frame) == [] for frame in frames[:-1])
    assert frames[-1].losses["total"] < 0.1 * frames[0].losses["total"], "not before it had gained"


def test_patience_goes_on_to_the_finer_levels(watch: Watch) -> None:
    frames, begun = run(watch, Budget(steps=15000, patience=0.2))
    assert [level.size[0] for level in begun] == [64, 128, 256]
    assert keys(frames[-1]) == ["stopped_gaining"]


def test_no_patience_is_asked_for_where_the_share_is_0() -> None:
    patience = Patience(0.0)
    assert not any(patience.over(float(second), 1.0) for second in range(100))


def test_patience_counts_the_share_a_second() -> None:
    """An objective that falls by a tenth a second, with one step that goes up."""
    course = [(step / 4, 0.9 ** (step / 4) * (3 if step == 20 else 1)) for step in range(60)]
    for share, expected in ((0.05, False), (0.2, True)):
        patience = Patience(share)
        assert (True in [patience.over(*moment) for moment in course]) is expected


def test_a_finer_level_keeps_the_detail_that_its_coarse_copy_could_not_show() -> None:
    image = 0.2 + 0.6 * torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    begun = resample(image, 16, 16)
    torch.testing.assert_close(merged(image, begun, begun), image)
    brighter = merged(image, begun, begun + 0.1)
    torch.testing.assert_close(brighter, image + 0.1, atol=1e-3, rtol=0)
    assert merged(image, image, begun_elsewhere := 1 - image) is begun_elsewhere


@pytest.mark.parametrize("name", PIXELS)
def test_scales_give_the_picture_back(name: str) -> None:
    scale, image = pixel_scale(name, CPU), torch.rand(1, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(scale.decode(scale.encode(image)), image)


def test_closing_ends_the_work(watch: Watch) -> None:
    def endless() -> Iterator[Frame]:
        start = torch.zeros(1, 3, SIDE, SIDE)
        level = Level((SIDE, SIDE), 10**6, 0.0)
        settings = OptimiserSettings("adam", 0.01)
        return optimised(
            start, [level], lambda *_: Grey(watch), settings, Budget(10**6), lambda image: image, Clock()
        )

    frames = endless()
    next(frames)
    before = watch.now
    frames.close()  # type: ignore[attr-defined]
    assert watch.now == before
