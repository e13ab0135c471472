"""What training costs and from where on it has paid; the table and the drawing that show it."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from compare.results import measured, record
from compare.schema import Learning, Seconds, Tile
from compare.tradeoff import break_even, learning_of, tradeoff, training_of
from core.yardstick import Distances
from methods import ALL, get
from methods.base import Note
from methods.cin import CIN
from methods.johnson import Johnson
from ui.html import duration
from ui.tradeoff import drawing, sides_of, tradeoff_html
from weights.catalog import H100, TWO_CORES, Training, entry


def tile(name, seconds, learning=None, weights=(), style=0.1):
    method = get(name)
    return Tile(
        name,
        method.title,
        method.Settings.make(),
        state="done",
        seconds=Seconds(0.0, seconds, seconds),
        image=np.zeros((4, 6, 3), np.uint8),
        distances=Distances(0.7, style),
        serves=method.serves,
        learning=learning,
        weights=tuple(map(entry, weights)),
    )


GATYS = tile("gatys", 10.0, weights=("cin", "vgg19"))
JOHNSON = tile("johnson", 0.2, Learning(44.0), ("johnson/udnie",))
MIXES = tile("cin", 0.25, weights=("cin", "vgg19"))
SLOWER = tile("adain", 12.0, weights=("adain", "vgg19"))
MAGENTA = tile("magenta", 0.3, weights=("magenta_predict", "magenta_transform"))
TILES = [JOHNSON, MIXES, SLOWER, MAGENTA, GATYS]


@pytest.mark.parametrize(
    ("training", "picture", "other", "count"),
    [
        (44.0, 0.2, 10.0, 5),  # 4 pictures: 44.8 against 40; 5: 45 against 50
        (40.0, 2.0, 10.0, 6),  # after 5 both have cost 50
        (0.0, 0.2, 10.0, 1),
        (44.0, 10.0, 10.0, None),
        (0.0, 11.0, 10.0, None),
    ],
)
def test_training_has_paid_once_it_costs_less_and_never_where_pictures_take_longer(
    training, picture, other, count
):
    assert break_even(training, picture, other) == count
    if count is not None:
        assert training + count * picture < count * other
        assert not training + (count - 1) * picture < (count - 1) * other


def test_a_tile_says_what_its_method_was_trained_for_and_for_how_long():
    assert tradeoff(GATYS).training == ()  # CIN's picture is where it begins, not what paints
    assert tradeoff(MIXES).styles == len(entry("cin").styles)
    assert tradeoff(MIXES).training == (Training(TWO_CORES, 193 * 60), Training(H100, 264))
    assert tradeoff(JOHNSON).training == (Training(TWO_CORES, 193 * 60), Training(H100, 274))
    assert tradeoff(MAGENTA).training == ()
    assert training_of([entry("johnson/udnie-slim")])[0] == Training(TWO_CORES, None)


def test_a_painting_costs_what_was_measured_or_predicted_or_is_not_known():
    assert tradeoff(JOHNSON).cheaper_than(tradeoff(GATYS)) == 5
    here = replace(JOHNSON, seconds=Seconds(0.0, 1.0, 60.0), learning=Learning(59.5, 0.5))
    assert (tradeoff(here).painting, tradeoff(here).picture) == (59.5, 0.5)
    unknown = tradeoff(replace(JOHNSON, learning=None))
    assert (unknown.painting, unknown.cheaper_than(tradeoff(GATYS))) == (None, None)
    assert tradeoff(MIXES).cheaper_than(tradeoff(GATYS)) == 1


def test_what_is_learnt_here_is_read_from_the_note_or_predicted():
    def predict(name, settings, pixels):
        return pixels * (2.0 if settings.new_style == "train" else 0.5)

    assert learning_of(JOHNSON, Johnson(), predict) == Learning(24 * 1.5)
    assert learning_of(MIXES, CIN(), predict) is None
    note = Note("learnt", "x", {"learning_seconds": 9.0, "painting_seconds": 0.3})
    assert learning_of(replace(MIXES, notes=(note,)), CIN(), predict) == Learning(9.0, 0.3)


@pytest.mark.parametrize("learning", [None, Learning(44.0), Learning(44.0, 0.2)])
def test_results_keep_it(learning):
    assert measured(record(replace(JOHNSON, learning=learning)))["learning"] == learning
    assert set(measured({}).values()) == {None}


def test_methods_that_optimise_are_not_trained_and_the_others_are():
    for method in ALL:
        assert method.iterative == (method.serves == "untrained"), method.name
        assert bool(method.on_the_spot) == (method.serves == "one"), method.name


def rows(html):
    found = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', html)
    return {title: re.findall(r"<td[^>]*>(.*?)</td>", cells) for title, cells in found}


def test_the_table_says_all_of_it():
    found = {title: cells[:5] for title, cells in rows(tradeoff_html(TILES)).items()}
    assert found["Johnson et al."] == [
        "one",
        "193\u202fmin, AMD EPYC, 2 cores + 4.6\u202fmin, NVIDIA H100",
        "about 44.0\u202fs, predicted",
        "0.20\u202fs",
        "5",
    ]
    assert found["Dumoulin et al. (CIN)"][0].startswith(f"{len(entry('cin').styles)} and their mixes")
    assert found["Huang &amp; Belongie (AdaIN)"][4] == "never"
    assert found["Ghiasi et al. (Magenta)"][1:3] == ["by others, not known", "nothing"]
    assert found["Gatys et al."] == ["any, without training", "nothing", "nothing", "10.0\u202fs", "–"]


def test_without_a_method_that_optimises_nothing_is_held_against_it():
    html = tradeoff_html([JOHNSON, MIXES])
    assert "Cheaper than" not in html
    assert "<circle" not in html
    assert len(rows(html)["Johnson et al."]) == 8


def test_the_drawing_has_a_line_a_method_and_a_dot_where_training_has_paid():
    svg = drawing(TILES, sides_of(TILES), 640)
    assert [svg.count(f'class="serves-{kind}"') for kind in ("one", "several", "any", "untrained")] == [
        1, 1, 2, 1,
    ]  # fmt: skip
    assert svg.count("<circle") == 1
    assert "Johnson et al.: cheaper than Gatys et al. from picture 5 on" in svg
    (x,) = (float(each) for each in re.findall(r'<circle class="best" cx="([\d.]+)"', svg))
    left, right = map(float, re.findall(r'class="axis" d="M([\d.]+) \S+H([\d.]+)"', svg)[0])
    assert x == pytest.approx(left + (right - left) * math.log10(5) / 3, abs=0.1)
    assert right < 640 - 6 * len("Huang & Belongie (AdaIN) 0.100")


def test_the_drawing_reaches_as_far_as_training_pays():
    slow = replace(JOHNSON, learning=Learning(44_000.0))
    assert ">10,000<" in drawing([slow, GATYS], sides_of([slow, GATYS]), 640)
    unknown = replace(JOHNSON, learning=None)
    assert "serves-one" not in drawing([unknown, GATYS], sides_of([unknown, GATYS]), 640)


def test_durations_are_read_as_seconds_or_minutes():
    assert [duration(each) for each in (0.2, 119.0, 264.0, 20520.0)] == [
        "0.20\u202fs", "119\u202fs", "4.4\u202fmin", "342\u202fmin",
    ]  # fmt: skip
