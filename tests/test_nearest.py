"""The search for the plate that is nearest in style to a picture, which a style remembers."""

import pytest
import torch

from core.resample import fit_short_side
from methods.base import Stop, Stopped, Style
from methods.nearest import NEAREST, nearest_plate
from plate_styles import plate

CPU = torch.device("cpu")
NAMES = ("great-wave", "udnie")


@pytest.fixture
def waves():
    return Style(fit_short_side(plate("great-wave").image, 300).flip(-1))


def test_the_nearest_plate_is_searched_for_once(waves, monkeypatch):
    first = nearest_plate(NAMES, waves, CPU)
    assert first[0] == first[1].values["plate"] == "great-wave"
    assert first[1].key == NEAREST
    monkeypatch.setattr("methods.nearest.style_distance", None)
    monkeypatch.setattr("methods.nearest.plates", None)
    assert nearest_plate(NAMES, waves, CPU) == first


def test_other_names_and_other_styles_are_other_questions(waves):
    assert nearest_plate(NAMES, waves, CPU)[0] == "great-wave"
    assert nearest_plate(NAMES[1:], waves, CPU)[0] == "udnie"
    assert nearest_plate(NAMES, Style(plate("udnie").image), CPU)[0] == "udnie"


def test_a_search_that_was_stopped_is_not_remembered(waves):
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        nearest_plate(NAMES, waves, CPU, stop)
    assert nearest_plate(NAMES, waves, CPU)[0] == "great-wave"
