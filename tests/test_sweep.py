"""Predicted seconds, and the resolution sweep."""

import csv
import io
import math
import re
import struct
import zipfile
from dataclasses import dataclass

import pytest
import torch
from PIL import Image

from compare.comparison import Comparison
from compare.costs import REFERENCE_TRIAL, CostModel, fitted, trial
from fake_methods import Failing, FakeSettings, Quick, Stepped, SteppedSettings
from methods.gatys import Gatys
from methods.gatys_presets import GatysSettings
from page_handlers import handlers_of, session, uploaded, values_of
from ui.estimate import forecast
from ui.report import archive
from ui.sweep import Point, checked_sizes, section

CPU = torch.device("cpu")


def costs():
    return CostModel({"stepped": Stepped(), "quick": Quick(), "gatys": Gatys()}, CPU)


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
    expected = trial(CPU) / REFERENCE_TRIAL * 0.25
    assert costs().predict("quick", FakeSettings(), 250_000) == pytest.approx(expected)


def test_what_a_method_took_here_decides_afterwards():
    known = costs()
    known.record("quick", FakeSettings(), 100_000, 7.0)
    assert known.predict("quick", FakeSettings(), 400_000) == pytest.approx(28)


def test_the_run_of_the_nearest_size_decides():
    known = costs()
    known.record("quick", FakeSettings(), 10_000, 1.0)
    known.record("quick", FakeSettings(), 1_000_000, 2.0)
    assert known.predict("quick", FakeSettings(), 2_000_000) == pytest.approx(4)
    assert known.predict("quick", FakeSettings(), 5_000) == pytest.approx(0.5)


def test_steps_and_budget_of_gatys_are_known():
    known, settings = costs(), GatysSettings.make(steps=100)
    known.record("gatys", settings, 10_000, 10.0)
    assert known.predict("gatys", GatysSettings.make(steps=50), 10_000) == pytest.approx(5)
    budget = GatysSettings.make(steps=500, seconds=3)
    assert known.predict("gatys", budget, 10_000) == 3
    known.record("gatys", budget, 10_000, 3.0)  # was cut off, and must teach nothing
    assert known.predict("gatys", settings, 10_000) == pytest.approx(10)


def test_a_comparison_learns_what_its_runs_took(photo, painting):
    handlers = handlers_of(Stepped())
    values = values_of(handlers, uploaded(photo), uploaded(painting), steps=4)
    assert len(handlers.prepare(values, session("a"))) > 1
    list(handlers.run(session("a")))
    learnt = handlers.comparison.costs.predict("stepped", SteppedSettings(steps=4), 64 * 48)
    assert learnt >= 4 * 0.05  # its four sleeps


@dataclass
class Known:
    """A cost book in which a megapixel takes as many seconds as it is told."""

    seconds: float

    def predict(self, name, settings, pixels):
        return self.seconds * pixels / 1e6


def foretold(seconds, shape, sizes, runs=1, methods=("quick", "stepped")):
    comparison = Comparison([Quick(), Stepped()], "cpu")
    comparison.costs = Known(seconds)
    return forecast(comparison, {name: FakeSettings() for name in methods}, shape, sizes, runs)


def test_the_forecast_adds_up():
    told = foretold(2.0, (2000, 1000), [1000])  # half a megapixel
    assert "Quick 1.00\u202fs, Stepped 1.00\u202fs; 2.00\u202fs in all." in told
    assert "minute" not in told
    assert "Predicted: 12.0\u202fs." in foretold(2.0, None, [1000, 1000], runs=3, methods=["quick"])


def test_more_than_a_minute_is_warned_of():
    told = foretold(100.0, (2000, 1000), [1000])
    assert 'class="told warned"' in told
    assert "more than a minute" in told


def test_nothing_chosen_no_forecast():
    assert "Predicted" not in foretold(1.0, None, [512], methods=[])


def test_a_wrong_setting_leaves_the_forecast_empty(photo, painting):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting))
    once, swept = handlers.foretell(values)
    assert "Predicted" in once
    assert "Predicted" in swept
    once, swept = handlers.foretell({**values, handlers.desk.size: "large"})
    assert "Predicted" not in once + swept


def test_no_size_of_the_sweep_leaves_the_other_forecast(photo, painting):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting))
    once, swept = handlers.foretell({**values, handlers.desk.sweep.sizes: []})
    assert "Predicted" in once
    assert "Predicted" not in swept


def test_a_picture_of_many_megapixels_is_no_error_of_the_forecast(tmp_path, painting):
    """Its header alone, of 400 megapixels: the line beneath the input tells what is wrong."""
    huge = tmp_path / "huge.bmp"
    Image.new("1", (16, 16)).save(huge)
    written = bytearray(huge.read_bytes())
    written[18:26] = struct.pack("<ii", 20_000, 20_000)
    huge.write_bytes(written)
    handlers = handlers_of(Quick())
    once, _ = handlers.foretell(values_of(handlers, uploaded(huge), uploaded(painting)))
    assert "Predicted" in once
    assert "at most 100 megapixels are allowed" in handlers.desk.content.check(uploaded(huge))[1]


@pytest.mark.parametrize("sizes", [[], None, [300], "256", [256, 100_000]])
def test_sizes_that_are_not_offered_are_refused(sizes):
    with pytest.raises(ValueError, match="choose at least one of 256, 384"):
        checked_sizes(sizes)


def swept(handlers, photo, painting, sizes, name="a"):
    values = values_of(handlers, uploaded(photo), uploaded(painting)) | {handlers.desk.sweep.sizes: sizes}
    told = handlers.prepare_sweep(values, session(name))
    assert "Waiting for the device" in told[2]
    return handlers.run(session(name))


def test_a_sweep_runs_every_method_at_every_size(photo, painting):
    handlers = handlers_of(Quick(), Failing())
    said, sections = [], []
    for status, *_, drawn in swept(handlers, photo, painting, [384, 256]):
        said.append(str(status))
        sections.append(drawn)
    last = [each for each in sections if isinstance(each, str)][-1]
    assert any("256 px, 1 of 2: Quick, 1 of 2: running" in each for each in said)
    assert any("384 px, 2 of 2: 1 of 2 finished; 1 failed." in each for each in said)
    assert last.count("<tr>") == 3
    assert "256\u202fpx" in last
    assert "384\u202fpx" in last
    assert "damaged" in last
    assert handlers.runs.last("a")[0].size == 384  # what the tiles and the ZIP show


def test_what_a_sweep_found_is_in_the_zip(photo, painting):
    handlers = handlers_of(Quick(), Failing())
    *_, (*_, drawn) = swept(handlers, photo, painting, [256, 384])
    with zipfile.ZipFile(io.BytesIO(archive(*handlers.runs.last("a")))) as parcel:
        rows = list(csv.DictReader(io.StringIO(parcel.read("sweep.csv").decode())))
        assert drawn in parcel.read("report.html").decode()
    assert [(row["method"], row["size_pixels"], row["pixels"]) for row in rows] == [
        ("quick", "256", "49152"),
        ("quick", "384", "110592"),
        ("failing", "256", ""),
        ("failing", "384", ""),
    ]
    assert all(float(row["seconds"]) > 0 and int(row["peak_memory_bytes"]) >= 0 for row in rows[:2])
    assert rows[2]["error"] == "The weights <file> is damaged."


def test_a_stopped_sweep_keeps_what_is_done(photo, painting):
    handlers = handlers_of(Quick())
    for _, *_, drawn in swept(handlers, photo, painting, [256, 384, 512]):
        if isinstance(drawn, str):
            handlers.stop(session("a"))
            last = drawn
    assert "256\u202fpx" in last
    assert "512\u202fpx" not in last
    assert "Quick" in last


def test_a_sweep_of_no_size_is_told(photo, painting):
    handlers = handlers_of(Quick())
    values = values_of(handlers, uploaded(photo), uploaded(painting)) | {handlers.desk.sweep.sizes: []}
    assert "choose at least one of" in handlers.prepare_sweep(values, session("a"))[2]


def test_points_lie_on_their_fitted_line():
    points = {
        "one": [
            Point(size, size**2, 0.5 * size**2 / 1e6, (100 + size) * 10**6, "") for size in (256, 512, 1024)
        ]
    }
    html = section(points, {"one": "One"})
    assert "0.50\u202fx\u202fs" in html
    assert re.search(r">\d{3} \+ \d{3}\u202fx\u202fMB<", html)
    assert "<small>356\u202fMB</small>" in html
    path = [
        tuple(map(float, each.split()))
        for each in html.split('class="front" d="M')[1].split('"')[0].split("L")
    ]
    circles = [
        (float(each.split('cx="')[1].split('"')[0]), float(each.split('cy="')[1].split('"')[0]))
        for each in html.split("<svg")[1].split("<circle")[1:]
    ]
    for x, y in circles:
        nearest = min(path, key=lambda at: abs(at[0] - x))
        assert math.dist(nearest, (x, y)) < 5


def test_nothing_measured_no_section():
    assert "hidden" in section({}, {})
    assert "hidden" in section({"one": [Point(256, 0, None, None, "It failed.")]}, {"one": "One"})


def test_errors_may_be_absolute():
    """As of memory, where a tiny value at a small size must not bend the line."""
    fixed, slope = fitted([0.1, 1.0, 2.0], [0.001, 100.0, 200.0], relative=False)
    assert fixed + slope == pytest.approx(100, rel=0.1)
