"""All measures of a tile, as they unfold on the page and stand in results.json."""

import json
import re
from dataclasses import replace

from compare.results import record
from compare.schema import Tile
from core.measures import MEASURES, Landmarks, Measures
from core.yardstick import Distances
from fake_methods import FakeSettings
from ui.measures import measures_html

HERE, PHOTO, PAINTING = (Measures(*(base + place for place in range(11))) for base in (0.25, 100.25, 200.25))
TILE = Tile(
    "quick",
    "Quick & <fast>",
    FakeSettings(),
    state="done",
    distances=Distances(0.5, 0.75),
    baseline=Distances(0.0, 0.875),
    measures=HERE,
    landmarks=Landmarks(PHOTO, PAINTING),
)


def test_every_measure_has_a_row_with_a_sentence_and_both_landmarks() -> None:
    html = measures_html(TILE)
    rows = dict(re.findall(r'<tr><th scope="row">(.*?)<small>.*?</small></th><td>(.*?)</td></tr>', html))
    assert [name.lower() for name in rows] == [each.title.lower() for each in MEASURES]
    numbers = {name: cells.split("</td><td>") for name, cells in rows.items()}
    assert numbers["Content distance"] == ["0.500", "0.000", "–"]
    assert numbers["Style distance"] == ["0.750", "0.875", "0.000"]
    assert numbers["Structure, DeepDC"] == ["0.250", "100.250", "200.250"]
    assert numbers["Border"] == ["10.250", "110.250", "210.250"]
    assert "Quick &amp; &lt;fast&gt;" in html


def test_nothing_unfolds_before_it_is_measured() -> None:
    assert "<details" not in measures_html(replace(TILE, measures=None))


def test_results_carry_them_all() -> None:
    kept = json.loads(json.dumps(record(TILE)))
    assert kept["measures"]["deepdc"] == 0.25
    assert kept["landmarks"]["photo"]["border"] == 110.25
    assert kept["landmarks"]["painting"]["patches"] == PAINTING.patches
    assert record(replace(TILE, measures=None, landmarks=None))["measures"] is None
