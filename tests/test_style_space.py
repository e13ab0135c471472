"""The tab of styles: pictures between styles, its work in the line, and what the page shows of it."""

import re
from functools import partial

import gradio as gr
import numpy as np
import pytest

from compare.style_space import SIDE, between, placed, places
from core.plates import plate, plates
from engine.queue import Queue
from engine.ticket import Position, Refused
from engine.visitor import Visitor
from methods.base import Stop
from methods.mixtures import square_shares, strip_shares
from ui.examples import shown_plates
from ui.language import ENGLISH
from ui.space_panel import RATIO, StyleSpacePanel, mix_of, sheet, within

PHOTO = "examples/cat.jpg"


def test_shares_go_from_one_style_to_the_other_and_each_corner_is_one_style():
    assert strip_shares(3) == ((1.0, 0.0), (0.5, 0.5), (0.0, 1.0))
    square = square_shares(3)
    assert [square[0][0], square[0][-1], square[-1][0], square[-1][-1]] == [
        (1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1),
    ]  # fmt: skip
    assert square[1][1] == (0.25, 0.25, 0.25, 0.25)
    assert all(sum(shares) == 1 for row in square for shares in row)


@pytest.fixture(scope="module")
def strip():
    return between(PHOTO, ("starry-night", "waves"), strip_shares(3))


def test_a_strip_ends_in_each_style_and_lies_between(strip):
    assert {each.shape for each in strip} == {strip[0].shape}
    assert max(strip[0].shape) == SIDE
    alone = between(PHOTO, ("waves",), ((1.0,),))[0]
    first, middle, last = (each.astype(float) for each in strip)
    assert np.abs(last - alone).mean() < 1
    assert 0 < np.abs(middle - first).mean() < np.abs(last - first).mean()
    assert 0 < np.abs(middle - last).mean() < np.abs(last - first).mean()


def test_one_of_ours_as_a_file_is_placed_where_it_lies():
    path = str(plate("great-wave").path)
    place, thumbnail = placed(path)
    assert place == pytest.approx(places()["great-wave"], abs=0.02)
    assert thumbnail.ndim == 3


class Works:
    """An engine that does pieces of work alone."""

    pauses, workers, methods = False, 1, {}

    def do(self, work):
        return work()


def visitor():
    return Visitor("v")


def results(changes):
    return [each for each in changes if not isinstance(each, Position)]


def test_pieces_of_work_come_through_the_line_one_after_the_other():
    queue = Queue(Works())
    assert results(queue.work(visitor(), [partial(int, each) for each in "123"])) == [1, 2, 3]
    assert queue.outcomes["done"] == 1
    assert queue.standing() == (0, 0)


def test_work_ends_between_two_pieces_where_it_is_stopped():
    queue, stop = Queue(Works()), Stop()
    changes = queue.work(visitor(), iter([lambda: 1, stop.set, lambda: 3]), stop=stop)
    assert results(changes) == [1, None]
    assert queue.outcomes["stopped"] == 1


def test_what_a_piece_finds_wrong_is_a_refusal():
    def wrong():
        raise ValueError("The painting is torn.")

    queue = Queue(Works())
    with pytest.raises(Refused, match="torn"):
        results(queue.work(visitor(), [wrong]))
    assert queue.standing() == (0, 0)


def test_a_visitor_whose_comparison_goes_on_is_refused(monkeypatch):
    monkeypatch.setenv("STYLEGRID_VISITOR_RUNS", "1")
    queue = Queue(Works())
    going = queue.work(visitor(), [lambda: 1, lambda: 2])
    assert results([next(going)]) == [1]
    with pytest.raises(Refused, match="At most"):
        results(queue.work(visitor(), [lambda: 1]))
    going.close()
    assert results(queue.work(visitor(), [lambda: 1])) == [1]


@pytest.fixture(scope="module")
def panel():
    with gr.Blocks():
        return StyleSpacePanel(shown_plates())


def test_the_plane_has_a_button_for_each_style_and_marks_what_is_chosen(panel):
    assert panel.template().count("<button") == len(plates())
    assert panel.template().count('tabindex="0"') == 1
    lines = panel.drawn(ENGLISH, chosen="waves").split("\n")
    assert lines[1] == ""
    assert lines[4::3].count("true") == 1
    assert panel.shown[lines[4::3].index("true")] == "waves"
    at = [float(re.match(r"left:([\d.]+)%;top:", each)[1]) for each in lines[3::3]]
    assert at == sorted(at)


def test_a_painting_of_the_visitors_is_placed_beside_ours(panel):
    lines = panel.drawn(ENGLISH, ((0.0, 0.0), np.zeros((4, 4, 3), np.uint8))).split("\n")
    assert lines[1].startswith('<span class="own" style="left:')
    assert "true" not in lines[4::3]


def test_places_keep_their_shape_in_the_plane():
    found = within({"a": (0.0, 0.0), "b": (4.0, 0.0), "c": (0.0, 1.0)})
    across, up = RATIO * (found["b"][0] - found["a"][0]), found["a"][1] - found["c"][1]
    assert across == pytest.approx(4 * up)
    assert 0 < min(map(min, found.values())) < max(map(max, found.values())) < 100
    assert within({}) == {}


def test_a_picture_says_what_it_is_mixed_of():
    assert mix_of(("A", "B"), (0.25, 0.75), ENGLISH) == "A 25%, B 75%"
    assert mix_of(("A", "B"), (1.0, 0.0), ENGLISH) == "A 100%"
    html = sheet([[(np.zeros((2, 3, 3), np.uint8), (0.5, 0.5))]], ("A", "<B>"), ENGLISH)
    assert "<B>" not in html
    assert html.count('<img src="data:image/webp') == 1
