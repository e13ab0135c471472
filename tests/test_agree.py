"""Whether measures agree: against orders of methods that are known."""

from pathlib import Path

import pandas as pd
import pytest

from benchmarks.__main__ import main
from benchmarks.agree import correlations, disagreements, mean_places, measured, places
from benchmarks.rows import Results, Row
from core.measures import MEASURES

PAIRS = [(photo, style) for photo in ("cat.jpg", "dog.jpg", "fox.jpg") for style in ("sea.jpg", "sky.jpg")]
METHODS = ("first", "second", "third")


def row(content: str, style: str, method: str, place: int) -> Row:
    """`deepdc` and `sliced` give the methods' order, `cfsd` and `wasserstein` the reverse, all else draws."""
    keys = [each.key for each in MEASURES if each.key not in ("content", "style")]
    measures = dict.fromkeys(keys, 0.5)
    measures |= {"deepdc": 0.1 * place, "sliced": 0.1 * place, "cfsd": 1 - 0.1 * place}
    measures |= {"wasserstein": 1 - 0.1 * place, "patches": 1 - 0.1 * place}
    return Row(
        content,
        style,
        256,
        method,
        method.title(),
        {},
        content_distance=0.5,
        style_distance=0.1 * place,
        total=1.0,
        measures=measures,
    )


ROWS = [row(*pair, method, place) for pair in PAIRS for place, method in enumerate(METHODS)]


def table(rows: list[Row]) -> pd.DataFrame:
    found = pd.DataFrame([vars(each) for each in rows]).assign(label=[each.title for each in rows])
    return found.set_index(["content", "style"])


def test_measures_of_one_order_correlate_fully_and_of_the_reverse_order_negatively() -> None:
    found = correlations(places(measured(table(ROWS))), "painting")
    assert found["style distance", "sliced Wasserstein"].value == pytest.approx(1)
    assert found["style distance", "Wasserstein"].value == pytest.approx(-1)
    assert found["style distance", "patches used"].value == pytest.approx(1), "more is better"
    assert found["style distance", "sliced Wasserstein"].count == len(PAIRS)
    assert ("style distance", "colours") not in found, "a draw of all has no order"


def test_places_are_means_over_pairs() -> None:
    shown = mean_places(places(measured(table(ROWS)))).set_index("method")
    assert shown["structure, DeepDC"].to_dict() == {"First": "1.0", "Second": "2.0", "Third": "3.0"}
    assert shown["structure, CFSD"].to_dict() == {"First": "3.0", "Second": "2.0", "Third": "1.0"}
    assert set(shown["colours"]) == {"2.0"}


def test_an_order_that_depends_on_the_measure_is_told() -> None:
    told = list(disagreements(places(measured(table(ROWS))), "photo"))
    assert told[0] == "First is before Second by structure, DeepDC, after it by structure, CFSD."
    assert len(told) == 3
    alike = [vars(each) | {"measures": each.measures | {"cfsd": each.measures["deepdc"]}} for each in ROWS]
    assert list(disagreements(places(measured(table([Row(**each) for each in alike]))), "photo")) == []


def test_only_pairs_that_all_methods_have_count() -> None:
    assert len(measured(table(ROWS[1:])).index.unique()) == len(PAIRS) - 1


def test_the_command_prints_it_or_says_that_nothing_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = Results(tmp_path)
    for each in ROWS:
        results.add(each)
    assert main(["agree", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert "Third is before First" not in printed
    assert "First is before Third by structure, DeepDC, after it by structure, CFSD." in printed
    assert main(["agree", str(tmp_path / "none")]) == 2
    assert "results.csv" in capsys.readouterr().err
