"""The three charts: losses over seconds, style distance over seconds, seconds and memory over megapixels."""

import math
import re
from itertools import pairwise

import pytest

from compare.schema import Moment, Seconds, Tile
from core.yardstick import Distances
from fake_methods import FakeSettings
from ui.chart import Axis, distance_chart, losses_chart, size_chart


def tile(name, seconds, style, history=()):
    """A measured tile; `history` are (seconds, style distance)."""
    return Tile(
        name,
        name.title(),
        FakeSettings(),
        state="done",
        seconds=Seconds(1.5, seconds, seconds),
        distances=Distances(0.7, style),
        baseline=Distances(0.0, 0.9),
        distance_history=tuple(Moment(moment, 1, Distances(1.0, each)) for moment, each in history),
    )


QUICK, NEAR = tile("quick", 0.1, 0.2), tile("near", 0.4, 0.05)
SLOW = tile("slow", 40.0, 0.1, [(2.0, 0.8), (10.0, 0.4), (20.0, 0.1), (40.0, 0.1)])


def lines(svg, kind):
    """The points of each line of a kind, in px."""
    paths = re.findall(rf'class="{kind}" d="M([\d.]+ [\d.]+L[^"]*)"', svg)
    return [[tuple(map(float, point.split())) for point in path.split("L")] for path in paths]


def circles(svg):
    """Kind and place of each mark, in px."""
    found = re.findall(r'<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"', svg)
    return [(kind, (float(x), float(y))) for kind, x, y in found]


def test_an_axis_places_its_ends_and_what_lies_beyond_at_the_edge():
    axis = Axis(1, 100, 50, 250, log=True)
    assert [axis.at(value) for value in (1, 10, 100, 1000, 0)] == pytest.approx([50, 150, 250, 250, 50])
    assert Axis(0, 4, 300, 100).at(1) == 250


@pytest.mark.parametrize(
    ("values", "ends"), [([3, 50], (1, 100)), ([1, 100], (1, 100)), ([10], (10, 100)), ([0.02], (0.01, 0.1))]
)
def test_decades_surround_the_values(values, ends):
    axis = Axis.decades(values, 0, 1, str)
    assert (axis.low, axis.high) == pytest.approx(ends)


def test_long_decades_have_few_ticks():
    assert len(Axis.decades([1e-9, 1e9], 0, 1, str, ticks=4).ticks) <= 5


# Losses


def test_a_decade_is_a_decade_everywhere():
    (line,) = lines(
        losses_chart([(1, {"style": 1e6}), (2, {"style": 1e4}), (3, {"style": 1e2})]), r"line line-\d"
    )
    heights = [y for _, y in line]
    assert heights[1] - heights[0] == pytest.approx(heights[2] - heights[1], abs=0.11)
    assert heights[0] < heights[2]


def test_what_a_logarithm_cannot_show_is_left_out():
    history = [(1, {"style": 5.0}), (2, {"style": 0.0}), (3, {"style": math.nan}), (4, {"style": 4.0})]
    (line,) = lines(losses_chart(history), r"line line-\d")
    assert len(line) == 2
    assert "total" not in losses_chart([(1, {"total": 1.0, "style": 2.0}), (2, {"total": 1.0, "style": 1.0})])


def test_a_long_history_stays_small_and_its_last_value_is_there():
    svg = losses_chart([(float(second), {"content": 1.0 + second}) for second in range(5000)])
    assert len(svg) < 6000
    assert "<b>5e+03</b>" in svg


def test_no_losses_no_curve():
    assert "blank" in losses_chart([(1.0, {})])
    assert "blank" in losses_chart(())
    assert "blank" not in losses_chart([(1.0, {"style": 1.0})])


# Style distance


def test_all_marks_lie_inside_the_chart_and_lead_to_their_tiles():
    svg = distance_chart([QUICK, NEAR, SLOW])
    places = circles(svg)
    assert [kind for kind, _ in places] == ["best", "best", "other"]
    across = [x for _, (x, _) in places]
    assert across == sorted(across)
    assert all(44 <= x <= 700 and 30 <= y <= 300 for _, (x, y) in places)
    assert re.findall(r'<a href="#tile-(\w+)"', svg) == ["quick", "near", "slow"]
    assert 'role="group"' in svg


def test_its_axes_hold_all_values():
    svg = distance_chart([QUICK, NEAR, SLOW])
    assert re.findall(">([\\d.]+)\u202fs<", svg) == ["0.1", "1", "10", "100"]
    assert ">0.90<" in svg
    assert "untouched photo 0.90" in svg


def test_curves_pass_levels_and_the_front_joins_what_nothing_beats():
    svg = distance_chart([QUICK, NEAR, SLOW])
    assert len(lines(svg, "curve")) == 1
    assert len(lines(svg, "curve")[0]) == 4
    assert len(lines(svg, "level")) == 2
    assert len(lines(svg, "anchor")) == 1
    assert lines(svg, "front") == [[place for kind, place in circles(svg) if kind == "best"]]
    assert not lines(distance_chart([QUICK, NEAR]), "level")


@pytest.mark.parametrize("style", [0.1, 0.9])
def test_names_of_near_marks_stand_apart_and_inside(style):
    svg = distance_chart([tile(f"method {i}", 0.3 + 0.05 * i, style) for i in range(5)])
    heights = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([-\d.]+)"[^>]*>Method \d', svg)]
    assert len(heights) == 5
    assert all(low - high >= 14 for high, low in pairwise(heights))
    assert heights[0] >= 12


def test_one_method_alone_can_be_drawn():
    for alone in (QUICK, tile("exact", 1.0, 0.0)):
        assert len(circles(distance_chart([alone]))) == 1


# Seconds and memory


def test_points_lie_on_their_fitted_line_and_names_apart():
    sizes = {size**2 / 1e6: size for size in (256, 512, 1024)}
    measured = {name: [(each, 0.5 * each + 0.1) for each in sizes] for name in ("One", "Other")}
    svg = size_chart("Seconds", "s", measured, dict.fromkeys(measured, (0.1, 0.5)), sizes)
    path, *_ = lines(svg, "front")
    assert len(circles(svg)) == 6
    for _, place in circles(svg):
        nearest = min(path, key=lambda at: abs(at[0] - place[0]))
        assert math.dist(nearest, place) < 5
    one, other = (float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:One|Other)<', svg))
    assert abs(one - other) >= 15
    assert "<title>One, 512 px: 0.231 s</title>" in svg
    assert ">1024<" in svg
    assert ">1\u202fMP<" in svg


def test_titles_are_escaped():
    odd = tile("odd", 1.0, 0.3)
    odd = Tile(**{**vars(odd), "title": "<b>Odd</b>"})
    fit = {"<b>": [(1.0, 1.0)]}
    for svg in (distance_chart([odd]), size_chart("Seconds", "s", fit, {"<b>": (0, 1)}, {1.0: 1000})):
        assert "<b>" not in svg
        assert "&lt;b&gt;" in svg
