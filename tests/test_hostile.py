"""What the benchmark of hostile requests makes of the answers."""

import pytest

from benchmarks.hostile import KINDS, Outcome, named, report

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


def test_a_forged_path_stays_json():
    assert b"\n" not in named("/tmp/a\nb")
