"""Axes, and the charts of losses over seconds and of seconds and memory over megapixels."""

import math
import re

import pytest

from ui.chart import Axis, losses_chart, size_chart


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
    svg = size_chart("Seconds", "s", {"<b>": [(1.0, 1.0)]}, {"<b>": (0, 1)}, {1.0: 1000})
    assert "<b>" not in svg
    assert "&lt;b&gt;" in svg
