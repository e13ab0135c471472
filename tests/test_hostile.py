"""What the benchmark of hostile requests makes of the answers."""

import pytest

from benchmarks import crowd, kills, load
from benchmarks.attacks import KINDS, named
from benchmarks.crowd import Visit
from benchmarks.hostile import Outcome, report
from benchmarks.kills import Kill
from benchmarks.load import Look

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


def looks(memory=0.0, threads=0, files=0, disk=100.0):
    """Those of an hour in which something grows by so much from the beginning to the end."""
    parts = (place / 600 for place in range(601))
    return [
        Look(60 * part, 1000 + memory * part, 50 + int(threads * part), 90 + int(files * part), disk)
        for part in parts
    ]


@pytest.mark.parametrize(
    ("grown", "faults"),
    [
        ({}, []),
        ({"memory": 100}, []),
        ({"memory": 120}, ["memory"]),
        ({"threads": 20, "files": 20}, ["threads", "files"]),
        ({"disk": 2100.0}, ["disk"]),
    ],
)
def test_an_hour_of_load_leaves_things_as_they_were(capsys, grown, faults):
    assert load.report(looks(**grown), 60) == bool(faults)
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("FAIL")]
    assert [line.split()[1] for line in told] == faults


@pytest.mark.parametrize(
    ("visit", "status"),
    [
        (Visit(1.0, "", 0.4), 0),
        (Visit(1.0, "Too many runs are waiting.", None), 0),
        (Visit(1.0, "", None), 1),
        (Visit(1.0, "", 5.0), 1),
    ],
)
def test_in_a_crowd_each_is_told_and_gets_a_picture_of_their_own(capsys, visit, status):
    assert crowd.report([Visit(1.0, "", 0.0), visit]) == status
    assert ("FAIL" in capsys.readouterr().out) == bool(status)
