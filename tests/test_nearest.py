"""The search for the plate that is nearest in style to a picture, which a style remembers."""

import pytest
import torch

from core.resample import fit_short_side
from core.sketch import sketch, sketched_distance
from methods import nearest
from methods.base import Stop, Stopped, Style
from methods.nearest import NEAREST, nearest_plate
from plate_styles import PLATES, plate

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


def test_of_all_plates_few_are_measured(waves, monkeypatch):
    measured = []
    monkeypatch.setattr(
        nearest, "_grams", lambda name, device: measured.append(name) or plate(name).grams(CPU)
    )
    assert nearest_plate(tuple(PLATES), waves, CPU)[0] == "great-wave"
    assert 1 < len(measured) == nearest.CANDIDATES < len(PLATES)


def test_a_plate_without_a_sketch_is_always_measured(waves, monkeypatch):
    monkeypatch.setattr(nearest, "sketches", lambda: {})
    assert nearest_plate(NAMES, waves, CPU)[0] == "great-wave"


@pytest.mark.parametrize("name", ["great-wave", "udnie"])
def test_the_sketches_are_those_of_the_plates_as_they_are(name):
    known = nearest.sketches()
    assert known.keys() == PLATES.keys()
    grams = plate(name).grams(CPU)
    fresh = sketch(grams)
    for layer, matrix in grams.items():
        torch.testing.assert_close(
            known[name][f"{layer} energy"], fresh[f"{layer} energy"], rtol=1e-3, atol=0
        )
        roots, now = (each[layer].double() for each in (known[name], fresh))
        assert (roots @ roots.mT - now @ now.mT).norm() < 0.01 * matrix.norm()
    nearest_first = sorted(known, key=lambda each: sketched_distance(known[each], grams))
    assert nearest_first[0] == name
