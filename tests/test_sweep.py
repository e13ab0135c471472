"""Predicted seconds, and the resolution sweep."""

import csv
import io
import re
import struct
import zipfile
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
import torch
from PIL import Image

from compare.checks import checked_sweep
from compare.costs import REFERENCE_SECONDS, CostModel, calibrate, fitted, speed_factor
from compare.schema import Learning, Seconds, Tile
from core.yardstick import Distances
from engine.inline import InlineEngine
from fake_methods import Failing, FakeSettings, Quick, Stepped, SteppedSettings
from methods.gatys import Gatys
from methods.gatys_presets import GatysSettings
from page_handlers import Shown, clicked, events_of, session, uploaded, values_of
from ui.estimate import estimate
from ui.report import archive
from ui.sweep import Point, point, section

CPU = torch.device("cpu")


def costs():
    methods = {"stepped": Stepped(), "quick": Quick(), "gatys": Gatys()}
    return CostModel(methods, CPU, partial(speed_factor, CPU))


def ran(method, settings, pixels, seconds, state="done"):
    """The tile of a method that took so many seconds for so many pixels, a hundred in a row."""
    image = np.zeros((pixels // 100, 100, 3), np.uint8)
    return Tile(
        method,
        method.title(),
        settings,
        state=state,
        step=1,
        total=1,
        image=image,
        seconds=Seconds(0.1, seconds, seconds),
        distances=Distances(1, 1),
    )


def test_a_line_is_found_again():
    fixed, slope = fitted([0.1, 0.4, 1.6], [0.2 + 3 * size for size in (0.1, 0.4, 1.6)])
    assert fixed == pytest.approx(0.2)
    assert slope == pytest.approx(3)


def test_small_sizes_count_as_much_as_large_ones():
    """Relative errors: a deviation of a tenth at the smallest size moves the fit, though it is tiny."""
    exact = [1e-3 + size for size in (0.01, 0.1, 10.0)]
    fixed, _ = fitted([0.01, 0.1, 10.0], [exact[0] * 1.1, *exact[1:]])
    assert fixed > 1.5e-3


@pytest.mark.parametrize(
    ("sizes", "values"), [([0.5], [2.0]), ([0.5, 0.5], [2.0, 2.0]), ([0.5, 1.0], [1.0, 4.0])]
)
def test_nothing_negative_is_fitted(sizes, values):
    fixed, slope = fitted(sizes, values)
    assert fixed == 0
    assert min(values) <= slope <= max(values) / min(sizes)


def test_what_does_not_grow_is_fixed():
    assert fitted([0.5, 1.0, 2.0], [3.0, 3.0, 2.9]) == (pytest.approx(2.97, abs=0.03), 0)


def test_before_the_first_run_the_machine_decides():
    expected = calibrate(CPU) / REFERENCE_SECONDS * 0.25
    assert costs().predict("quick", FakeSettings(), 250_000) == pytest.approx(expected)


def test_what_a_method_took_here_decides_afterwards():
    known = costs()
    known.record(ran("quick", FakeSettings(), 100_000, 7.0))
    assert known.predict("quick", FakeSettings(), 400_000) == pytest.approx(28)


def test_the_run_of_the_nearest_size_decides():
    known = costs()
    known.record(ran("quick", FakeSettings(), 10_000, 10.0))
    known.record(ran("quick", FakeSettings(), 1_000_000, 20.0))
    assert known.predict("quick", FakeSettings(), 2_000_000) == pytest.approx(40)
    assert known.predict("quick", FakeSettings(), 5_000) == pytest.approx(5)


@pytest.mark.parametrize(("others", "expected"), [(2.0, 0.2), (0.1, 0.1), (9.0, 0.3)])
def test_a_first_quick_pass_prepared_kernels_and_the_next_decides(others, expected):
    """0.3 s for a tenth of a megapixel; what else ran took `others` times the reference machine's seconds."""
    known = costs()
    known.record(ran("quick", FakeSettings(), 100_000, 0.3))
    known.record(replace(ran("stepped", SteppedSettings(steps=100), 100_000, 10 * others), total=100))
    assert known.predict("quick", FakeSettings(), 100_000) == pytest.approx(expected)
    known.record(ran("quick", FakeSettings(), 100_000, 0.15))
    assert known.predict("quick", FakeSettings(), 100_000) == pytest.approx(0.15)


def test_warm_runs_of_a_learnt_painting_leave_out_its_learning():
    known = costs()
    tile = ran("quick", FakeSettings(), 100_000, 12.0)
    assert tile.seconds is not None
    warm = replace(tile.seconds, warm=(0.2, 0.2))
    known.record(replace(tile, seconds=warm, learning=Learning(11.8, 0.2)))
    assert known.predict("quick", FakeSettings(), 100_000) == pytest.approx(12)


def test_steps_and_budget_of_gatys_are_known():
    known, settings = costs(), GatysSettings.make(steps=100)
    known.record(ran("gatys", settings, 10_000, 10.0))
    assert known.predict("gatys", GatysSettings.make(steps=50), 10_000) == pytest.approx(5, rel=0.01)
    budget = GatysSettings.make(steps=500, seconds=3)
    assert known.predict("gatys", budget, 10_000) == 3
    known.record(ran("gatys", budget, 10_000, 3.0))  # was cut off, and must teach nothing
    assert known.predict("gatys", settings, 10_000) == pytest.approx(10)


def test_a_comparison_learns_what_its_runs_took(photo, painting):
    events = events_of(Stepped())
    list(clicked(events, values_of(events, uploaded(photo), uploaded(painting), steps=4)))
    learnt = events.queue.engine.costs.predict("stepped", SteppedSettings(steps=4), 64 * 48)
    assert learnt >= 4 * 0.05  # its four sleeps


@dataclass
class Known:
    """A cost model in which a megapixel takes a fixed number of seconds."""

    seconds: float

    def predict(self, name, settings, pixels):
        return self.seconds * pixels / 1e6


def estimated(seconds, shape, sizes, runs=1, methods=("quick", "stepped")):
    engine = InlineEngine([Quick(), Stepped()], "cpu")
    engine.costs = Known(seconds)
    return estimate(engine, {name: FakeSettings() for name in methods}, shape, sizes, runs)


def test_an_estimate_adds_up():
    text = estimated(2.0, (2000, 1000), [1000])  # half a megapixel
    assert "Quick 1.00\u202fs, Stepped 1.00\u202fs; 2.00\u202fs in all." in text
    assert "minute" not in text
    assert "Predicted: 12.0\u202fs." in estimated(2.0, None, [1000, 1000], runs=3, methods=["quick"])


def test_more_than_a_minute_is_warned_of():
    text = estimated(100.0, (2000, 1000), [1000])
    assert 'class="status warning"' in text
    assert "more than a minute" in text


def test_nothing_chosen_no_estimate():
    assert "Predicted" not in estimated(1.0, None, [512], methods=[])


def estimates(events, values):
    """What the page says of a comparison and of a sweep."""
    outputs = events.estimate(values)
    return outputs[events.inputs.estimate], outputs[events.inputs.sweep.estimate]


def test_a_wrong_setting_leaves_the_estimates_empty(photo, painting):
    events = events_of(Quick())
    values = values_of(events, uploaded(photo), uploaded(painting))
    assert all("Predicted" in each for each in estimates(events, values))
    once, sweep = estimates(events, {**values, events.inputs.size: "large"})
    assert "Predicted" not in once + sweep


def test_no_size_of_the_sweep_leaves_the_other_estimate(photo, painting):
    events = events_of(Quick())
    values = values_of(events, uploaded(photo), uploaded(painting))
    once, sweep = estimates(events, {**values, events.inputs.sweep.sizes: []})
    assert "Predicted" in once
    assert "Predicted" not in sweep


def test_a_picture_of_many_megapixels_is_no_error_of_the_estimate(tmp_path, painting):
    """Its header alone, of 400 megapixels: the line beneath the input says what is wrong."""
    huge = tmp_path / "huge.bmp"
    Image.new("1", (16, 16)).save(huge)
    written = bytearray(huge.read_bytes())
    written[18:26] = struct.pack("<ii", 20_000, 20_000)
    huge.write_bytes(written)
    events = events_of(Quick())
    once, _ = estimates(events, values_of(events, uploaded(huge), uploaded(painting)))
    assert "Predicted" in once
    content = events.inputs.content
    assert "at most 100 megapixels are allowed" in content.check(uploaded(huge))[content.line]


@pytest.mark.parametrize("sizes", [[], None, [300], "256", [256, 100_000]])
def test_sizes_that_are_not_offered_are_refused(sizes):
    with pytest.raises(ValueError, match="choose at least one of 256, 384"):
        checked_sweep(sizes)


def swept(events, photo, painting, sizes, name="a"):
    """The page of a session while its sweep goes on."""
    values = values_of(events, uploaded(photo), uploaded(painting)) | {events.inputs.sweep.sizes: sizes}
    return Shown(events).after(events.sweep(values, session(name)))


def test_a_sweep_runs_every_method_at_every_size(photo, painting):
    events = events_of(Quick(), Failing())
    statuses = []
    for page in swept(events, photo, painting, [384, 256]):
        statuses.append(page.status)
    assert any("256 px, 1 of 2: Quick, 1 of 2: Running" in each for each in statuses)
    assert any("384 px, 2 of 2: 1 of 2 finished; 1 failed." in each for each in statuses)
    assert page.sweep.count("<tr>") == 3
    assert "256\u202fpx" in page.sweep
    assert "384\u202fpx" in page.sweep
    assert "damaged" in page.sweep
    assert max(events.store.latest("a/a").request.content.shape) == 384  # what the tiles and the ZIP show


def test_what_a_sweep_found_is_in_the_zip(photo, painting):
    events = events_of(Quick(), Failing())
    *_, page = swept(events, photo, painting, [256, 384])
    latest = events.store.latest("a/a")
    with zipfile.ZipFile(io.BytesIO(archive(latest))) as packed:
        rows = list(csv.DictReader(io.StringIO(packed.read("sweep.csv").decode())))
        assert page.sweep in packed.read("report.html").decode()
    assert [(row["method"], row["size_pixels"], row["pixels"]) for row in rows] == [
        ("quick", "256", "49152"),
        ("quick", "384", "110592"),
        ("failing", "256", ""),
        ("failing", "384", ""),
    ]
    assert all(float(row["seconds"]) > 0 and int(row["peak_memory_bytes"]) >= 0 for row in rows[:2])
    assert rows[2]["error"] == "The weights <file> is damaged."


def test_a_stopped_sweep_keeps_what_is_done(photo, painting):
    events = events_of(Quick())
    for page in swept(events, photo, painting, [256, 384, 512]):
        if "256\u202fpx" in page.sweep:
            events.stop(session("a"))
    assert "256\u202fpx" in page.sweep
    assert "512\u202fpx" not in page.sweep
    assert "Quick" in page.sweep


def test_a_sweep_of_no_size_is_refused(photo, painting):
    *_, page = swept(events_of(Quick()), photo, painting, [])
    assert "choose at least one of" in page.status


def test_a_tile_without_a_picture_is_a_point_that_says_why():
    failed = Tile("one", "One", FakeSettings(), state="failed", error="It <failed>.")
    assert point(256, failed) == Point(256, error="It <failed>.")
    measured = point(256, ran("one", FakeSettings(), 50_000, 2.0))
    assert measured == Point(256, 50_000, 2.0)
    html = section({"one": [point(128, failed), measured]}, {"one": "One"})
    assert 'title="It &lt;failed&gt;."' in html
    assert "<small>–</small>" in html


def test_the_fitted_cost_is_in_the_table():
    points = {
        "one": [Point(size, size**2, 0.5 * size**2 / 1e6, (100 + size) * 10**6) for size in (256, 512, 1024)]
    }
    html = section(points, {"one": "One"})
    assert "0.50\u202fx\u202fs" in html
    assert re.search(r">\d{3} \+ \d{3}\u202fx\u202fMB<", html)
    assert "<small>356\u202fMB</small>" in html
    assert html.count("<svg") == 2
    assert html.count("<circle") == 6


def test_nothing_measured_no_section():
    assert "hidden" in section({}, {})
    assert "hidden" in section({"one": [Point(256, error="It failed.")]}, {"one": "One"})


def test_errors_may_be_absolute():
    """As of memory, where a tiny value at a small size must not bend the line."""
    fixed, slope = fitted([0.1, 1.0, 2.0], [0.001, 100.0, 200.0], relative=False)
    assert fixed + slope == pytest.approx(100, rel=0.1)
