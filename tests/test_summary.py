"""The table and the sentences beneath the tiles."""

import re
from dataclasses import fields, replace
from html import unescape

import pytest

from compare.schema import Tile
from core.measures import Measures
from fake_methods import FakeSettings
from measured_tiles import NEAR, QUICK, SLOW, tile
from methods.base import Note
from ui.distance_charts import best as front_of
from ui.language import ENGLISH
from ui.summary import foremost, overtaking, reached, summary
from ui.tile import details, state_line


def by_name(*tiles):
    return {each.method: each for each in tiles}


def measures(wasserstein):
    return replace(Measures(*(0.5 for _ in fields(Measures))), wasserstein=wasserstein)


def test_nothing_is_shown_before_something_was_measured():
    waiting = Tile("quick", "Quick", FakeSettings())
    for tiles in ({}, by_name(waiting)):
        assert "<table>" not in summary(tiles)
        assert "hidden" in summary(tiles)


def test_every_measured_method_has_a_row_with_its_numbers():
    html = summary(
        by_name(QUICK, tile("near", 0.4, 0.05, warm=(0.3, 0.5, 0.31)), Tile("x", "X", FakeSettings()))
    )
    own = html.split('class="trade"')[0]
    rows = re.findall("<tr><th scope=.row.*?</tr>", own)
    cells = [re.findall(">([^<]+)</t[hd]>", row) for row in rows]
    assert cells == [
        ["Quick", "1.50\u202fs", "0.10\u202fs", "–", "200\u202fMB", "0.700", "0.200"],
        ["Near", "1.50\u202fs", "0.40\u202fs", "200\u202fMB", "0.700", "0.050"],
    ]


def test_the_foremost_are_said_of_what_painted_this_painting():
    warm = tile("warm", 9.0, 0.08, warm=(0.05, 0.06, 0.07))
    words = "Quickest: Warm (0.06\u202fs). Nearest to the painting: Near (style distance 0.050)."
    assert foremost([QUICK, NEAR, warm]) == words
    note = Note("plate", "Another.", {"painted_as": "Another"})
    other = replace(tile("other", 0.01, 0.01), notes=(note,))
    assert foremost([QUICK, NEAR, warm, other]) == words
    assert foremost([QUICK, other]) == ""
    nearest = [replace(QUICK, measures=measures(0.1)), replace(NEAR, measures=measures(0.2))]
    assert foremost(nearest).endswith("(style distance 0.050); by Wasserstein: Quick.")
    assert foremost(nearest) in summary(by_name(*nearest))


def test_a_tile_says_the_seconds_of_warm_runs_where_there_are_some():
    assert "<b>9.00\u202fs</b>" in state_line(tile("warm", 9.0, 0.08), ENGLISH)
    assert "<b>0.06\u202fs</b>" in state_line(tile("warm", 9.0, 0.08, warm=(0.05, 0.06, 0.07)), ENGLISH)


def test_a_megabyte_is_a_million_bytes_in_tiles_too():
    assert "<dd>200\u202fMB</dd>" in details(QUICK)


def test_the_front_holds_what_nothing_beats_in_both():
    assert front_of([SLOW, NEAR, QUICK]) == [QUICK, NEAR]
    assert front_of([SLOW]) == [SLOW]
    assert front_of([tile("a", 1, 0.3), tile("b", 1, 0.2)])[0].method == "b"


def test_the_warm_median_counts_where_there_is_one():
    assert front_of([tile("a", 9.0, 0.3, warm=(0.1, 0.2, 0.3)), QUICK, tile("c", 0.15, 0.25)]) == [QUICK]
    warm = tile("a", 9.0, 0.3, warm=(0.01, 0.02, 0.03))
    assert front_of([warm, QUICK]) == [warm, QUICK]


@pytest.mark.parametrize(
    ("style", "moment"), [(0.9, 2.0), (0.8, 2.0), (0.6, 6.0), (0.4, 10.0), (0.25, 15.0), (0.05, None)]
)
def test_a_style_distance_is_reached_between_the_samples(style, moment):
    assert reached(SLOW, style) == (None if moment is None else pytest.approx(moment))


def test_there_is_a_sentence_when_an_iterative_method_passes_another_or_does_not():
    assert overtaking([QUICK, NEAR, SLOW]) == [
        "Slow passes Quick in style distance after 16.7\u202fs (Quick: 0.10\u202fs).",
        "Slow did not come as near to the painting's style as Near in 40.0\u202fs (Near: 0.40\u202fs).",
    ]
    assert overtaking([QUICK, NEAR]) == []


def test_titles_are_escaped():
    odd = tile("odd", 1.0, 0.3)
    odd = Tile(**{**vars(odd), "title": "<b>Odd</b>"})
    html = summary(by_name(odd))
    assert "<b>" not in html
    assert "<b>Odd</b>" in unescape(html)
