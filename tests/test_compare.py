"""The comparison's states, failures, stops and timings, and what is kept of a finished tile."""

import gc
import hashlib
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import Tensor

import compare.comparison
import compare.scoring
import core.measure
import methods.base
from compare.comparison import Comparison, orders
from compare.costs import CostModel
from compare.results import picture, png_text, provenance, record
from compare.schema import Plan, Request, Tile, make_request
from compare.scoring import error_message
from core.device import features
from core.images import Picture, read_text
from core.version import VERSION
from core.yardstick import Distances, StyleEncoding
from fake_methods import Failing, FakeSettings, Quick, SteppedSettings, YardstickAlone
from methods.base import Frame, Method, Note, Stop, Stopped, Style
from methods.gatys import Gatys
from methods.mix import STYLE_SIDE
from picture_files import save_png

CONTENT = Picture(Image.new("RGB", (96, 48), (200, 100, 50)), None)
STYLE = Picture(Image.new("RGB", (40, 60), (10, 90, 160)), None)


class Clock:
    """Stands in for the clock of core.measure: time passes where a test says so, and nowhere else."""

    def __init__(self) -> None:
        self.now = 0.0

    def spend(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (core.measure, methods.base):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: clock.now))
    return clock


@pytest.fixture(autouse=True)
def yardstick(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> type:
    """Replaces the yardstick by a slow one that knows the answer; its class counts how often it was made."""

    class Fixed:
        made = 0

        def __init__(self, content: Tensor, style: Tensor, grams: object) -> None:
            Fixed.made += 1
            clock.spend(10_000)

        baseline = Distances(0.25, 0.5)

        def measure(self, pastiche: Tensor) -> Distances:
            clock.spend(1_000)
            return Distances(0.25, 0.5)

    monkeypatch.setattr(compare.scoring, "Yardstick", Fixed)
    monkeypatch.setattr(compare.scoring, "Measurer", YardstickAlone)
    monkeypatch.setattr(compare.comparison, "SECONDS_BETWEEN_PREVIEWS", 0)
    monkeypatch.setattr(methods.base, "encode_style", lambda image: StyleEncoding({}, {}))
    return Fixed


class Timed(Quick):
    """Loads in 5 s and shows a frame after every 2 s of work, by the test's clock."""

    name, title = "timed", "Timed"
    Settings, weights = SteppedSettings, ("vgg19",)

    def __init__(self, clock: Clock, at_step: Callable[[int], None] = lambda step: None) -> None:
        self.clock, self.at_step = clock, at_step
        self.loads, self.closed = 0, False

    def load(self, device: torch.device) -> None:
        self.loads += 1
        self.clock.spend(5)

    def stylize(
        self, content: Tensor, style: Style, settings: SteppedSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        self.content, self.style = content, style
        try:
            for step in range(1, settings.steps + 1):
                self.clock.spend(2)
                self.at_step(step)
                if stop is not None:
                    stop.check()
                losses = {"content": 8.0 / step, "total": 16.0 / step}
                yield Frame(
                    content / step,
                    step,
                    settings.steps,
                    losses,
                    (Note("fake", "A {kind}.", {"kind": "note"}),),
                )
        finally:
            self.closed = True


def raising(error: Exception) -> Callable[[int], None]:
    def at_step(step: int) -> None:
        if step == 2:
            raise error

    return at_step


def run(
    *chosen: Method, content: Picture = CONTENT, stop: Stop | None = None, steps: int = 3, repeats: int = 0
) -> list[dict]:
    request = request_for(*chosen, content=content, steps=steps, repeats=repeats)
    return list(all_tiles(Comparison(chosen, "cpu").run(request, stop)))


def all_tiles(changes: Iterator[Tile]) -> Iterator[dict[str, Tile]]:
    """All tiles after every change, from when all of them are there."""
    tiles: dict[str, Tile] = {}
    for tile in changes:
        first = tile.state == "waiting"
        tiles[tile.method] = tile
        if not first:
            yield dict(tiles)


def request_for(
    *chosen: Method, content: Picture = CONTENT, steps: int = 3, repeats: int = 0, style: Picture = STYLE
) -> Request:
    return make_request(content, style, settings_for(*chosen, steps=steps), 64, repeats=repeats)


def settings_for(*chosen: Method, steps: int = 3) -> dict:
    return {
        each.name: each.Settings(steps=steps) if each.Settings is SteppedSettings else each.Settings()
        for each in chosen
    }


def states(yields: list[dict[str, Tile]]) -> list[str]:
    return [" ".join(tile.state for tile in tiles.values()) for tiles in yields]


def test_states_come_in_order_one_method_after_the_other(clock: Clock) -> None:
    yields = run(Timed(clock), Quick())
    told = states(yields)
    assert [state for state, before in zip(told, [None, *told], strict=False) if state != before] == [
        "loading waiting",
        "running waiting",
        "measuring waiting",
        "measuring loading",
        "measuring running",
        "measuring measuring",
        "done measuring",
        "done done",
    ]
    steps = [tiles["timed"].step for tiles in yields if tiles["timed"].step]
    assert sorted(set(steps)) == [1, 2, 3]
    assert steps == sorted(steps)


class Warming(Timed):
    """The first run takes 2 s a step more than the later ones."""

    name, title = "warming", "Warming"

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, lambda step: clock.spend(2 if self.cold else 0))
        self.cold = True

    def stylize(
        self, content: Tensor, style: Style, settings: SteppedSettings, stop: Stop | None = None
    ) -> Iterator[Frame]:
        yield from super().stylize(content, style, settings, stop)
        self.cold = False


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7])
def test_no_method_follows_the_same_other_twice_in_a_row(count: int) -> None:
    names = list("abcdefg"[:count])
    rounds = [names, *orders(names, 6)]
    assert [sorted(each) for each in rounds] == 7 * [names]
    assert not any({*pairwise(one)} & {*pairwise(other)} for one, other in pairwise(rounds))


def test_repeated_runs_give_warm_seconds(clock: Clock, yardstick: type) -> None:
    yields = run(Timed(clock), Warming(clock), repeats=3)
    last = yields[-1]
    assert last["timed"].seconds.warm == (6, 6, 6)
    assert (last["warming"].seconds.total, last["warming"].seconds.warm) == (12, (6, 6, 6))
    assert {tile.state for tile in last.values()} == {"done"}
    assert yardstick.made == 1


def test_no_method_always_follows_the_same_other(clock: Clock) -> None:
    ran: list[str] = []
    quick = [
        type(name, (Timed,), {"name": name, "title": name})(clock, lambda step, name=name: ran.append(name))
        for name in "abcd"
    ]
    run(*quick, steps=1, repeats=6)
    assert ran[:4] == list("abcd")
    before = {name: {ran[at - 1] for at in range(4, len(ran)) if ran[at] == name} for name in "abcd"}
    assert all(len(others - {name}) > 1 for name, others in before.items()), before


def test_the_next_method_waits_until_the_threads_of_one_have_settled(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(
        compare.comparison, "time", SimpleNamespace(sleep=slept.append, perf_counter=lambda: clock.now)
    )
    monkeypatch.setattr(Warming, "settles", 0.2)
    run(Timed(clock), Warming(clock), repeats=2)
    assert sorted(slept) == [0, 0, 0, 0.2, 0.2, 0.2]


def test_the_course_of_a_method_with_steps_is_measured_ever_more_rarely(clock: Clock) -> None:
    course = run(Timed(clock), steps=30)[-1]["timed"].distance_history
    moments = [each.seconds for each in course]
    assert (moments[0], moments[-1]) == (2, 60)
    gaps = [later / earlier for earlier, later in pairwise(moments[:-1])]
    assert min(gaps) >= 1.3
    assert max(gaps) <= 2
    assert run(Quick())[-1]["quick"].distance_history == ()


def test_what_a_style_needs_is_read_within_the_loading(clock: Clock) -> None:
    class Preparing(Timed):
        def prepare(
            self, style: Style, settings: SteppedSettings, files: dict, stop: Stop | None = None
        ) -> None:
            assert files == {}
            assert style.image.shape == (1, 3, 60, 40)
            clock.spend(3)

    comparison = Comparison([Preparing(clock)], "cpu")
    for load in (8, 3):  # the second run reads the weights no more
        *_, tile = comparison.run(request_for(Timed(clock)))
        assert (tile.seconds.load, tile.seconds.total) == (load, 6)


def test_a_failed_method_is_not_timed_again(clock: Clock) -> None:
    yields = run(Failing(), Timed(clock), repeats=2)
    assert states(yields)[-1] == "failed done"
    assert yields[-1]["timed"].seconds.warm == (6, 6)


def test_stopping_while_timing_keeps_the_finished_tiles(clock: Clock) -> None:
    stop = Stop()
    comparison = Comparison([Timed(clock), Quick()], "cpu")
    yields = []
    for tiles in all_tiles(comparison.run(request_for(Timed(clock), Quick(), repeats=3), stop)):
        yields.append(tiles)
        if tiles["timed"].state == "timing":
            stop.set()
            timing = len(yields)
    assert states(yields)[-1] == "done done"
    assert len(yields) == timing + 1, "only the tile that was being timed is drawn again"
    assert yields[-1]["timed"].seconds.warm == ()
    assert yields[-1]["timed"].distances is not None


def test_a_method_that_fails_the_second_time_keeps_its_picture(clock: Clock) -> None:
    runs = []

    def at_step(step: int) -> None:
        runs.append(step)
        if len(runs) > 3:
            raise ValueError("The device has gone.")

    tile = run(Timed(clock, at_step), repeats=1)[-1]["timed"]
    assert (tile.state, tile.seconds.warm) == ("done", ())
    assert tile.error == "It could not be timed again: The device has gone."


def test_earlier_yields_do_not_change_afterwards(clock: Clock) -> None:
    yields = run(Timed(clock))
    assert states(yields)[0] == "loading"
    assert yields[0]["timed"].image is None


def test_a_done_tile_knows_everything(clock: Clock) -> None:
    tile = run(Timed(clock))[-1]["timed"]
    assert tile.image.shape == (32, 64, 3)
    assert [point[0] for point in tile.loss_history] == [2, 4, 6]
    assert [point[1]["total"] for point in tile.loss_history] == [16.0, 8.0, 16 / 3]
    assert tile.distances == Distances(0.25, 0.5)
    assert tile.peak_memory is not None
    assert tile.peak_memory >= 0
    assert tile.device
    assert tile.dtype == "float32"
    assert [weight.key for weight in tile.weights] == ["vgg19"]
    assert tile.error == ""


def test_a_failing_method_leaves_the_others(clock: Clock) -> None:
    last = run(Failing(), Timed(clock))[-1]
    assert last["failing"].state == "failed"
    assert last["failing"].error == "The weights <file> is damaged."
    assert last["failing"].device  # known since it was loaded
    assert last["timed"].state == "done"
    assert last["timed"].distances is not None


def test_a_method_that_fails_midway_keeps_its_picture(clock: Clock) -> None:
    tile = run(Timed(clock, raising(RuntimeError("odd [/thing]"))))[-1]["timed"]
    assert tile.state == "failed"
    assert tile.step == 1
    assert tile.error == "Timed failed: RuntimeError: odd [/thing]"
    assert tile.distances is None


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_too_little_memory_is_a_sentence(clock: Clock, error: Exception) -> None:
    last = run(Timed(clock, raising(error)), Quick())[-1]
    assert last["timed"].error == "Timed needs more memory than there is: choose a smaller size."
    assert last["quick"].state == "done"


def test_a_method_without_any_picture_fails(clock: Clock) -> None:
    class Empty(Quick):
        def stylize(self, *_: object) -> Iterator[Frame]:
            yield from ()

    assert run(Empty())[-1]["quick"].state == "failed"
    assert "no picture" in run(Empty())[-1]["quick"].error


def test_weights_that_cannot_be_loaded_fail_the_method_only(clock: Clock) -> None:
    class Damaged(Quick):
        name = "damaged"

        def load(self, device: torch.device) -> None:
            raise ValueError("The file is damaged: install it again.")

    last = run(Damaged(), Timed(clock))[-1]
    assert last["damaged"].error == "The file is damaged: install it again."
    assert last["timed"].state == "done"


def test_on_a_busy_machine_quick_pictures_do_not_wait_for_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other(Quick):
        name = "other"

    monkeypatch.setattr(CostModel, "predict", lambda costs, name, settings, pixels: 100.0)
    assert "measuring running" in states(run(Quick(), Other()))


def test_before_a_long_method_the_others_are_measured() -> None:
    class Long(Quick):
        name = "long"

        def reference_seconds(self, settings: FakeSettings, megapixels: float) -> float:
            return 100.0

    told = states(run(Quick(), Long()))
    assert "done waiting" in told
    assert not any(state in ("measuring loading", "measuring running") for state in told)


def test_stop_between_methods(clock: Clock) -> None:
    stop = Stop()
    first, second = Timed(clock), Quick()
    comparison = Comparison([first, second], "cpu")
    yields = []
    for tiles in all_tiles(comparison.run(request_for(first, second), stop)):
        yields.append(tiles)
        if tiles["timed"].state == "measuring":
            stop.set()
    assert states(yields)[-1] == "done stopped"
    assert yields[-1]["timed"].distances is not None
    assert not any("loading" in state.split()[1] for state in states(yields))
    assert yields[-1]["quick"].image is None


def test_stop_inside_a_method_keeps_its_picture(clock: Clock) -> None:
    stop = Stop()
    method = Timed(clock, lambda step: stop.set() if step == 3 else None)
    last = run(method, Quick(), stop=stop, steps=50)[-1]
    assert (last["timed"].state, last["quick"].state) == ("stopped", "stopped")
    assert last["timed"].step == 2
    assert last["timed"].error == ""
    assert method.closed


def test_stop_before_the_first_method(clock: Clock) -> None:
    stop = Stop()
    stop.set()
    method = Timed(clock)
    assert states(run(method, stop=stop)) == ["stopped"]
    assert method.loads == 0


def test_closing_the_run_closes_the_method(clock: Clock) -> None:
    method = Timed(clock)
    with closing(Comparison([method], "cpu").run(request_for(method))) as tiles:
        for tile in tiles:
            if tile.image is not None:
                break
        assert not method.closed
    gc.collect()
    assert method.closed


def test_a_stop_is_an_exception_of_its_own() -> None:
    stop = Stop()
    stop.check()
    stop.set()
    with pytest.raises(Stopped):
        stop.check()


def test_seconds_leave_out_the_consumer_the_loading_and_the_yardstick(clock: Clock, yardstick: type) -> None:
    method = Timed(clock)
    yields = []
    for tile in Comparison([method], "cpu").run(request_for(method)):
        clock.spend(100)  # the consumer draws
        yields.append(tile)
    seconds = yields[-1].seconds
    assert (seconds.load, seconds.first, seconds.total) == (5, 2, 6)
    assert yardstick.made == 1
    assert clock.now > 11_000


def test_each_method_is_loaded_once_a_comparison(clock: Clock) -> None:
    method = Timed(clock)
    comparison = Comparison([method], "cpu")
    for load in (5, 0):  # of this run: what is there is not loaded again
        *_, tile = comparison.run(request_for(method))
        assert (tile.seconds.load, tile.seconds.total) == (load, 6)
    assert method.loads == 1


def test_a_failed_load_is_tried_again(clock: Clock) -> None:
    class Flaky(Timed):
        def load(self, device: torch.device) -> None:
            super().load(device)
            if self.loads == 1:
                raise ValueError("Not there yet.")

    method = Flaky(clock)
    comparison = Comparison([method], "cpu")
    ends = [list(comparison.run(request_for(method)))[-1].state for _ in range(2)]
    assert ends == ["failed", "done"]


def test_only_the_chosen_methods_run(clock: Clock) -> None:
    method = Timed(clock)
    tiles = list(Comparison([method, Quick()], "cpu").run(request_for(Quick())))
    assert {tile.method for tile in tiles} == {"quick"}
    assert method.loads == 0


def test_one_yardstick_serves_all_methods_of_a_run(clock: Clock, yardstick: type) -> None:
    run(Timed(clock), Quick())
    assert yardstick.made == 1


def test_no_yardstick_is_made_where_nothing_was_finished(yardstick: type) -> None:
    run(Failing())
    assert yardstick.made == 0


@pytest.mark.parametrize("where", ["__init__", "measure"])
def test_a_yardstick_that_fails_costs_the_distances_only(
    clock: Clock, yardstick: type, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(yardstick, where, fail)
    last = run(Timed(clock), Quick())[-1]
    for tile in last.values():
        assert tile.state == "done"
        assert tile.image is not None
        assert tile.distances is None
        assert tile.error == (
            "The distances could not be measured: "
            "the measure needs more memory than there is: choose a smaller size."
        )


def test_a_huge_style_picture_is_made_smaller_and_others_are_not() -> None:
    huge = Picture(Image.new("RGB", (40, 2 * STYLE_SIDE)), None)
    assert request_for(style=STYLE).style.shape == (60, 40, 3)
    assert request_for(style=huge).style.shape == (STYLE_SIDE, 20, 3)


def test_the_message_names_the_kind_of_an_unexpected_error() -> None:
    assert error_message(RuntimeError("what"), "Timed") == "Timed failed: RuntimeError: what"
    assert error_message(ValueError("steps is 0."), "Timed") == "steps is 0."


def test_the_message_of_a_file_names_no_path() -> None:
    error = OSError(28, "No space left on device", "/srv/secret")
    assert error_message(error, "Timed") == "Timed failed: No space left on device."


def test_transparency_comes_back(clock: Clock) -> None:
    alpha = Image.new("L", (96, 48), 255)
    alpha.paste(0, (0, 0, 48, 48))
    content = Picture(CONTENT.rgb, alpha)
    request = request_for(Timed(clock), content=content)
    result = picture(run(Timed(clock), content=content)[-1]["timed"], request)
    assert (result.mode, result.size) == ("RGBA", (64, 32))
    assert result.getpixel((4, 16))[3] == 0
    assert result.getpixel((60, 16))[3] == 255
    assert picture(run(Timed(clock))[-1]["timed"], request_for(Timed(clock))).mode == "RGB"


def test_there_is_no_picture_before_the_first_frame() -> None:
    request = make_request(CONTENT, STYLE, {}, 64)
    assert picture(Tile("quick", "Quick", FakeSettings()), request) is None


def test_the_record_is_complete_json(clock: Clock) -> None:
    kept = json.loads(json.dumps(record(run(Timed(clock))[-1]["timed"]), allow_nan=False))
    weights, device, memory = kept.pop("weights"), kept.pop("device"), kept.pop("peak_memory_bytes")
    assert kept.pop("torch") == torch.__version__
    assert kept.pop("features") == list(features(torch.device("cpu")))
    assert kept == {
        "method": "timed",
        "state": "done",
        "settings": {"seed": 0, "strength": 0.5, "bold": False, "steps": 3},
        "width": 64,
        "height": 32,
        "steps": 3,
        "seconds": {"load": 5, "first": 2, "total": 6, "warm": []},
        "distances": {"content": 0.25, "style": 0.5},
        "untouched": {"content": 0.25, "style": 0.5},
        "measures": None,
        "landmarks": None,
        "learning": None,
        "course": [{"seconds": 2 * step, "step": step, "content": 0.25, "style": 0.5} for step in (1, 2, 3)],
        "losses": {"content": 8 / 3, "total": 16 / 3},
        "dtype": "float32",
        "note": "A note.",
        "notes": [{"key": "fake", "values": {"kind": "note"}}],
        "offers": [],
        "error": "",
        "version": VERSION,
    }
    assert device
    assert memory >= 0
    assert [sorted(weight) for weight in weights] == [["key", "licence", "sha256", "source"]]
    assert len(weights[0]["sha256"]) == 64


def test_a_comparison_tells_where_all_of_it_came_from(tmp_path: Path) -> None:
    photo, painting = tmp_path / "photo.png", tmp_path / "painting.png"
    for path, shown in ((photo, CONTENT), (painting, STYLE)):
        shown.colours.save(path)
    plan = Plan(str(photo), str(painting), settings_for(Quick(), Failing()), 64, 0, None, 1.0)
    request = plan.request()
    tiles = {each.method: each for each in Comparison([Quick(), Failing()], "cpu").run(request)}
    origin = provenance(request, tiles, "2026-11-30T10:00:00+00:00")
    digest = hashlib.sha256(photo.read_bytes()).hexdigest()
    assert origin["quick"] == {
        "date": "2026-11-30T10:00:00+00:00",
        "order": 1,
        "content": {"name": "photo.png", "sha256": digest},
        "style": {"name": "painting.png", "sha256": hashlib.sha256(painting.read_bytes()).hexdigest()},
        "style_used": "painting.png",
    }
    assert (origin["failing"]["order"], origin["failing"]["style_used"]) == (2, None)
    nearest = replace(tiles["quick"], notes=(Note("nearest", "", {"painted_as": "Great Wave"}),))
    named = replace(request, style_name="the-scream")
    assert provenance(named, {"quick": nearest}, "")["quick"]["style_used"] == "Great Wave"
    assert provenance(named, tiles, "")["quick"]["style_used"] == "the-scream"


def test_the_record_of_a_tile_without_a_picture_is_json_too() -> None:
    kept = json.loads(json.dumps(record(Tile("gatys", "Gatys", Gatys.Settings.make()))))
    assert kept["state"] == "waiting"
    assert [name for name, value in kept.items() if value is None] == [
        "width",
        "height",
        "steps",
        "seconds",
        "peak_memory_bytes",
        "distances",
        "untouched",
        "measures",
        "landmarks",
        "learning",
        "losses",
    ]


def test_the_text_in_a_png_makes_the_settings_again(clock: Clock, tmp_path: Path) -> None:
    tile = run(Timed(clock), steps=2)[-1]["timed"]
    save_png(picture(tile, request_for(Timed(clock))), tmp_path / "timed.png", png_text(tile))
    text = read_text(tmp_path / "timed.png")
    assert text == png_text(tile)
    assert text["Software"] == f"StyleGrid {VERSION}"
    assert (text["stylegrid.method"], text["stylegrid.size"], text["stylegrid.seed"]) == ("timed", "64", "0")
    assert SteppedSettings.make(**json.loads(text["stylegrid.settings"])) == tile.settings
    assert list(json.loads(text["stylegrid.weights"])) == ["vgg19"]
