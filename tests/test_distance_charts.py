"""The charts of distances: marks, the line of the best, and names that cover nothing."""

import math
import random
import re
from dataclasses import replace
from itertools import pairwise

import pytest

from compare.schema import Tile
from measured_tiles import NEAR, QUICK, SLOW, tile
from ui.distance_charts import content_and_style, content_chart, seconds_and_style, seconds_chart, short
from ui.labels import ABOVE, HEIGHT, REACH, text_width
from ui.summary import summary

FAR = tile("far", 0.05, 0.95)
SHORT = ("CIN", "AdaIN", "transport", "Magenta", "NNST", "Wasserstein", "Gram", "Johnson")


def points(path):
    return [tuple(map(float, point.split())) for point in path.split("L")]


def lines(svg, kind):
    """The points of each line of a kind, in px."""
    return [points(path) for path in re.findall(rf'class="{kind}" d="M([\d.]+ [\d.]+L[^"]*)"', svg)]


def circles(svg):
    """Kind and place of each circle, in px."""
    found = re.findall(r'<circle class="(\w+)" cx="([\d.]+)" cy="([\d.]+)"', svg)
    return [(kind, (float(x), float(y))) for kind, x, y in found]


def names(svg, *titles):
    """The boxes of texts: left, top, right, bottom."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="start">([^<]+)<', svg)
    bold = "".join(re.findall('<a class="strong".*?</a>', svg))
    places = [(float(x), float(y) - ABOVE, words) for x, y, words in found if words in titles]
    return {
        words: (x, y, x + text_width(words, f">{words}</text>" in bold), y + HEIGHT) for x, y, words in places
    }


def named(svg, place, title):
    """How a mark is named: in full, short, or by its number."""
    forms = {"full": title, "short": short(title), "number": str(place)}
    return next(kind for kind, words in forms.items() if f'text-anchor="start">{words}<' in svg)


def reach(box, mark):
    """From a box to a place."""
    (x, y), (left, top, right, bottom) = mark, box
    return math.dist(mark, (min(max(x, left), right), min(max(y, top), bottom)))


def inside(point, box):
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def along(line):
    """Points of a line, half a px apart at most."""
    for (x1, y1), (x2, y2) in pairwise(line):
        steps = math.ceil(2 * math.dist((x1, y1), (x2, y2))) + 1
        yield from ((x1 + (x2 - x1) * i / steps, y1 + (y2 - y1) * i / steps) for i in range(steps + 1))


def test_marks_lie_inside_and_lead_to_their_tiles():
    svg = seconds_chart([SLOW, QUICK, NEAR], 480)
    across = [x for _, (x, _) in circles(svg)]
    assert across == sorted(across)
    assert all(44 <= x <= 460 and 42 <= y <= 300 for _, (x, y) in circles(svg))
    assert re.findall(r'<a[^>]* href="#tile-(\w+)"', svg) == ["quick", "near", "slow"]
    assert 'role="group"' in svg
    assert re.findall(">([\\d.]+)\u202fs<", svg) == ["0.1", "1", "10", "100"]


def test_the_line_joins_what_nothing_beats_and_the_photo_has_its_own():
    svg = seconds_chart([QUICK, NEAR, SLOW], 480)
    assert lines(svg, "front") == [[place for _, place in circles(svg)][:2]]
    assert re.findall('class="strong" href="#tile-(.*?)"', svg) == ["quick", "near"]
    svg = seconds_chart([QUICK, NEAR, SLOW, tile("far", 1.0, 0.7)], 480)
    assert len(lines(svg, "curve")[0]) == 4
    assert len(lines(svg, "anchor")) == 1
    assert ">untouched photo 0.90<" in svg


def test_a_photo_far_beyond_all_pictures_leaves_them_the_axis_and_its_distance_in_words():
    svg = seconds_chart([QUICK, NEAR, SLOW], 480)
    assert lines(svg, "anchor") == []
    assert ">untouched photo 0.90, beyond this edge ↑<" in svg
    assert min(y for _, (_, y) in circles(svg)) < 80  # the farthest stands high
    (curve,) = lines(svg, "curve")
    assert curve[0][1] == 42  # it comes from beyond the edge
    assert len(curve) == 3


def test_a_name_that_has_no_room_is_short_or_a_number_that_a_line_beneath_explains():
    titles = [f"{name} et al. ({short})" for name, short in zip("ABCDEFGH", SHORT, strict=True)]
    tiles = [
        replace(tile(name, 1.0 + place / 1000, 0.1 + place / 1000), title=title)
        for place, (name, title) in enumerate(zip("abcdefgh", titles, strict=True))
    ]
    svg = seconds_chart(tiles, 360)
    beside = [named(svg, place, title) for place, title in enumerate(titles, start=1)]
    assert {"full", "short", "number"} >= set(beside) >= {"number"}
    for place, (kind, title) in enumerate(zip(beside, titles, strict=True), start=1):
        assert (f">{place} {title}<" in svg) == (kind == "number")


def test_content_distance_has_an_axis_of_its_own():
    svg = content_chart([tile("a", 1, 0.2, content=0.2), tile("b", 1, 0.1, content=0.4)], 480)
    (_, (near, _)), (_, (far, _)) = circles(svg)
    assert near - 44 == pytest.approx((far - near), abs=0.2)  # 0.2 and 0.4 from 0
    assert ">0.40<" in svg


def test_what_is_farther_than_the_photo_is_marked_and_never_best():
    svg = seconds_chart([FAR, QUICK, NEAR], 480)
    assert svg.count('class="farther"') == 1
    assert re.findall('class="strong" href="#tile-(.*?)"', svg) == ["quick", "near"]
    assert "Farther from the painting than the untouched photo" in svg
    html = summary({each.method: each for each in (FAR, QUICK)})
    assert re.findall('<span class="farther"[^>]*>([^<]+)<', html) == ["0.950"]


def test_one_run_is_hollow_and_warm_runs_have_their_range():
    warm = tile("warm", 2.0, 0.3, warm=(0.5, 0.2, 0.9))
    svg = seconds_chart([QUICK, warm], 480)
    assert [kind for kind, _ in circles(svg)] == ["once", "warm"]
    assert svg.count('class="spread"') == 1
    assert "<small>0.20–0.90</small>" in summary({"warm": warm})
    assert "spread" not in content_chart([QUICK, warm], 480)


@pytest.mark.parametrize("width", [480, 360])
@pytest.mark.parametrize("seed", range(6))
def test_names_cover_no_line_no_mark_no_edge_and_no_other_name(seed, width):
    chance = random.Random(seed)
    titles = ["Johnson et al.", "Dumoulin et al. (CIN)", "Huang & Belongie (AdaIN)", "Lu et al. (transport)"]
    tiles = [
        tile(title, 10 ** chance.uniform(-1, 0.3), chance.uniform(0.05, 0.2), (), chance.uniform(0.2, 0.5))
        for title in titles
    ]
    course = [(1.3**step, 0.6 / (1 + step) + chance.uniform(0, 0.02)) for step in range(10)]
    tiles.append(tile("Gatys et al.", 15.0, 0.05, course))
    for chart, costs in ((seconds_chart, seconds_and_style), (content_chart, content_and_style)):
        svg = chart(tiles, width)
        svg = svg.replace("&amp;", "&")
        untouched = "untouched photo 0.90", "untouched photo 0.90, beyond this edge ↑"
        titles = [each.title for each in sorted(tiles, key=costs)]
        forms = [f for place, title in enumerate(titles, 1) for f in (title, short(title), str(place))]
        boxes = names(svg, *untouched, *forms)
        assert len(boxes) == 6
        for (_, mark), title, place in zip(circles(svg), titles, range(1, 7), strict=False):
            kind = named(svg, place, title)
            box = boxes[{"full": title, "short": short(title), "number": str(place)}[kind]]
            assert kind == "number" or reach(box, mark) <= REACH + 0.1
        drawn = [line for kind in ("curve", "front", "anchor") for line in lines(svg, kind)]
        left, top, bottom, right = map(float, re.findall(r'axis" d="M(\d+) (\d+)V(\d+)H(\d+)', svg)[0])
        drawn.append([(left, top), (left, bottom), (right, bottom)])
        touched = [place for line in drawn for place in along(line)] + [place for _, place in circles(svg)]
        for words, box in boxes.items():
            assert not any(inside(place, box) for place in touched), words
            assert min(box[0], width - box[2], box[1] - 16) >= 0  # beneath the title
            for other in boxes.values():
                apart = box[2] < other[0] or other[2] < box[0] or box[3] < other[1] or other[3] < box[1]
                assert other is box or apart


def test_one_method_alone_can_be_drawn():
    for alone in (QUICK, tile("exact", 1.0, 0.0)):
        for chart in (seconds_chart, content_chart):
            assert len(circles(chart([alone], 360))) == 1


def test_titles_are_escaped():
    odd = Tile(**{**vars(tile("odd", 1.0, 0.3)), "title": "<b>Odd</b>"})
    assert "<b>" not in seconds_chart([odd], 480)
    assert "&lt;b&gt;" in seconds_chart([odd], 480)
