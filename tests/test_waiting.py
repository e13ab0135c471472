"""The simulation of the line, against what is known of such lines."""

import math

import pytest

from benchmarks.waiting import Traffic, simulated, table


@pytest.mark.parametrize("load", [0.3, 0.6])
def test_one_worker_waits_as_pollaczek_and_khinchine_say(load):
    quick, long, share = 2.0, 20.0, 0.25
    mean, square = (0.75 * quick**power + 0.25 * long**power for power in (1, 2))
    traffic = Traffic(3600, load / mean, quick, long, share, room=10**9)
    assert traffic.load == pytest.approx(load)
    found = simulated(traffic, 1, hours=400, spread=0)
    assert found.mean == pytest.approx(load / mean * square / (2 * (1 - load)), rel=0.05)
    assert found.busy == pytest.approx(load, rel=0.03)
    assert found.refused == 0


def test_two_workers_wait_as_cosmetatos_says():
    traffic = Traffic(3600, 0.1, 10.0, 10.0, 0.0, room=10**9)  # a load of 1 on two workers
    found = simulated(traffic, 2, hours=400, spread=0)
    exponential = (1 / 3) / (0.2 - 0.1)  # of M/M/2, by Erlang's formula
    constant = exponential / 2 * (1 + (1 - 0.5) * (math.sqrt(4 + 5 * 2) - 2) / (16 * 0.5 * 2))  # of M/D/2
    assert found.mean == pytest.approx(constant, rel=0.05)
    assert simulated(traffic, 12, hours=20, spread=0).mean < 1e-3


def test_a_full_line_refuses_and_more_workers_never_wait_longer():
    traffic = Traffic(1000, 3, 3.0, 35.0, 0.1)
    outcomes = [simulated(traffic, workers, hours=4) for workers in (2, 4, 6, 10)]
    waits = [each.median for each in outcomes]
    assert waits == sorted(waits, reverse=True)
    assert outcomes[0].refused > 0.3 > outcomes[-1].refused == 0
    assert outcomes[0].most <= 16 * 35 * 2
    assert table(traffic, [2, 10]).count("\n") == 3
