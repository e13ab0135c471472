"""Strengths from votes: closed forms, and known strengths recovered from simulated ones."""

import math
import random

import pytest

from core.bradley_terry import POINTS, Battle, strengths


def battles(first: str, second: str, wins: int, losses: int, ties: int = 0) -> list[Battle]:
    scores = [1.0] * wins + [0.0] * losses + [0.5] * ties
    return [Battle(first, second, score, place % 7) for place, score in enumerate(scores)]


def test_two_differ_by_the_logarithm_of_their_chances() -> None:
    found = strengths(battles("a", "b", 300, 100))
    assert list(found) == ["a", "b"]
    assert found["a"].points - found["b"].points == pytest.approx(POINTS * math.log(3), rel=0.01)
    assert found["a"].points + found["b"].points == pytest.approx(0, abs=1e-6)
    assert found["a"].battles == 400


def test_sides_do_not_matter() -> None:
    one, other = strengths(battles("a", "b", 30, 10, 5)), strengths(battles("b", "a", 10, 30, 5))
    assert one["a"].points == pytest.approx(other["a"].points)


def test_ties_alone_are_no_difference() -> None:
    found = strengths(battles("a", "b", 0, 0, 50))
    assert [each.points for each in found.values()] == pytest.approx([0, 0], abs=1e-9)


def test_who_never_lost_stays_finite_and_nobody_without_votes() -> None:
    assert 0 < strengths(battles("a", "b", 10, 0))["a"].points < 2000
    assert strengths([]) == {}


def test_known_strengths_lie_in_their_intervals() -> None:
    """2,000 votes on 60 pairs among five, by Davidson's model, in which a third of even battles are ties."""
    chance, truth = random.Random(1), {"a": 150.0, "b": 60.0, "c": 0.0, "d": -70.0, "e": -140.0}
    fought = []
    for _ in range(2000):
        first, second = chance.sample(sorted(truth), 2)
        p, q = (math.exp(truth[name] / POINTS) for name in (first, second))
        score = chance.choices((1.0, 0.0, 0.5), (p, q, math.sqrt(p * q)))[0]
        fought.append(Battle(first, second, score, chance.randrange(60)))
    found = strengths(fought)
    assert list(found) == sorted(truth)
    for name, points in truth.items():
        assert found[name].low < points < found[name].high
        assert found[name].points == pytest.approx(points, abs=30)
        assert found[name].high - found[name].low < 80


def test_fewer_clusters_are_less_certain() -> None:
    many = battles("a", "b", 60, 40)
    few = [Battle(each.first, each.second, each.score, int(each.score)) for each in many]
    wide, narrow = strengths(few)["a"], strengths(many)["a"]
    assert wide.high - wide.low > narrow.high - narrow.low
