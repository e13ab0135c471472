"""The table, the drawing and the sentences beneath the tiles."""

import re
from html import unescape
from itertools import pairwise

import pytest

from compare.comparison import Seconds, Tile
from core.yardstick import Distances
from fake_methods import FakeSettings
from ui.scatter import Axes, drawing, front
from ui.summary import passed, passing, summary
from ui.tile import details


def tile(name, seconds, style, warm=(), course=()):
    return Tile(
        name,
        name.title(),
        FakeSettings(),
        "done",
        seconds=Seconds(1.5, seconds, seconds, warm),
        peak_memory=200_000_000,
        distances=Distances(0.7, style),
        untouched=Distances(0.0, 0.9),
        course=tuple((moment, Distances(1.0, each)) for moment, each in course),
    )


QUICK, NEAR = tile("quick", 0.1, 0.2), tile("near", 0.4, 0.05)
SLOW = tile("slow", 40.0, 0.1, course=[(2.0, 0.8), (10.0, 0.4), (20.0, 0.1), (40.0, 0.1)])


def by_name(*tiles):
    return {each.method: each for each in tiles}


def test_nothing_is_shown_before_something_was_measured():
    waiting = Tile("quick", "Quick", FakeSettings())
    for tiles in ({}, by_name(waiting)):
        assert "<table>" not in summary(tiles)
        assert "hidden" in summary(tiles)


def test_every_measured_method_has_a_row_with_its_numbers():
    html = summary(
        by_name(QUICK, tile("near", 0.4, 0.05, warm=(0.3, 0.5, 0.31)), Tile("x", "X", FakeSettings()))
    )
    rows = re.findall("<tr><th scope=.row.*?</tr>", html)
    cells = [re.findall(">([^<]+)</t[hd]>", row) for row in rows]
    assert cells == [
        ["Quick", "1.50\u202fs", "0.10\u202fs", "–", "200\u202fMB", "0.700", "0.200"],
        ["Near", "1.50\u202fs", "0.40\u202fs", "0.31\u202fs", "200\u202fMB", "0.700", "0.050"],
    ]


def test_a_megabyte_is_a_million_bytes_in_tiles_too():
    assert "<dd>200\u202fMB</dd>" in details(QUICK)


def test_the_front_holds_what_nothing_beats_in_both():
    assert front([SLOW, NEAR, QUICK]) == [QUICK, NEAR]
    assert front([SLOW]) == [SLOW]
    assert front([tile("a", 1, 0.3), tile("b", 1, 0.2)])[0].method == "b"


def test_the_warm_median_counts_where_there_is_one():
    assert front([tile("a", 9.0, 0.3, warm=(0.1, 0.2, 0.3)), QUICK, tile("c", 0.15, 0.25)]) == [QUICK]
    warm = tile("a", 9.0, 0.3, warm=(0.01, 0.02, 0.03))
    assert front([warm, QUICK]) == [warm, QUICK]


@pytest.mark.parametrize(
    ("style", "moment"), [(0.9, 2.0), (0.8, 2.0), (0.6, 6.0), (0.4, 10.0), (0.25, 15.0), (0.05, None)]
)
def test_a_course_is_passed_between_its_samples(style, moment):
    assert passed(SLOW, style) == (None if moment is None else pytest.approx(moment))


def test_it_is_said_when_a_method_with_steps_passes_another_or_that_it_does_not():
    assert passing([QUICK, NEAR, SLOW]) == [
        "Slow passes Quick in style distance after 16.7\u202fs (Quick: 0.10\u202fs).",
        "Slow did not come as near to the style as Near in 40.0\u202fs (Near: 0.40\u202fs).",
    ]
    assert passing([QUICK, NEAR]) == []


def test_all_marks_lie_inside_the_drawing():
    axes = Axes.around([QUICK, NEAR, SLOW])
    assert (axes.low, axes.high, axes.top) == (-1, 2, 0.9)
    html = drawing([QUICK, NEAR, SLOW])
    places = re.findall(r'<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"', html)
    assert [kind for kind, _, _ in places] == ["best", "best", "other"]
    across = [float(x) for _, x, _ in places]
    assert across == sorted(across)
    assert all(44 <= float(x) <= 700 and 30 <= float(y) <= 300 for _, x, y in places)
    assert html.count('class="course"') == 1
    assert html.count('class="level"') == 2
    assert "untouched photo 0.90" in html


@pytest.mark.parametrize("style", [0.1, 0.9])
def test_names_of_near_marks_stand_apart_and_inside(style):
    near = [tile(f"method {i}", 0.3 + 0.05 * i, style) for i in range(5)]
    html = drawing(near)
    heights = [float(y) for y in re.findall(r'<text x="[\d.]+" y="([-\d.]+)"[^>]*>Method \d', html, re.I)]
    assert len(heights) == 5
    assert all(low - high >= 14 for high, low in pairwise(heights))
    assert heights[0] >= 12


def test_one_method_alone_can_be_drawn():
    for alone in (QUICK, tile("exact", 1.0, 0.0)):
        assert "<circle" in drawing([alone])


def test_titles_are_escaped():
    odd = tile("odd", 1.0, 0.3)
    odd = Tile(**{**vars(odd), "title": "<b>Odd</b>"})
    html = summary(by_name(odd))
    assert "<b>" not in html
    assert "<b>Odd</b>" in unescape(html)
