"""What the benchmark of hostile requests makes of the answers."""

import pytest

from benchmarks import kills
from benchmarks.hostile import KINDS, Outcome, named, report
from benchmarks.kills import Kill

FINE = [Outcome(kind, 0.5, "413 too large") for kind in KINDS]


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, 0),
        ({"outcomes": [*FINE, Outcome("24 monitoring", 0.1, '[{"cin": {"run": "key"')]}, 1),
        ({"outcomes": [*FINE, Outcome("24 monitoring", 5.1, "403")]}, 1),
        ({"after": 1.4}, 1),
        ({"grown": 1801}, 1),
        ({"usual": 0, "grown": 0}, 0),
    ],
)
def test_the_status_is_1_where_something_is_wrong(capsys, changes, status):
    measured = {"outcomes": FINE, "before": 1.0, "after": 1.2, "usual": 1000, "grown": 1600}
    assert report(**measured | changes) == status
    printed = capsys.readouterr().out
    assert ("FAIL" in printed) == bool(status)
    assert all(kind in printed for kind in KINDS)


@pytest.mark.parametrize(
    ("kill", "status"),
    [
        (Kill("It was ended.", True, 4.9), 0),
        (Kill("", True, 4.9), 1),
        (Kill("It was ended.", False, 4.9), 1),
        (Kill("It was ended.", True, 5.1), 1),
    ],
)
def test_a_kill_without_a_sentence_or_a_quick_successor_is_a_fault(capsys, kill, status):
    assert kills.report([Kill("It was ended.", True, 3.0), kill], 1.0) == status
    assert "It was ended." in capsys.readouterr().out


def test_a_forged_path_stays_json():
    assert b"\n" not in named("/tmp/a\nb")
