"""The line of runs in front of an engine: one at a time, in order, each ended from outside."""

import threading
from contextlib import closing

import pytest

from compare.limits import WAITING
from compare.schema import Tile
from engine.queue import POLL_SECONDS, Position, Queue, Refused
from methods.base import Stop


class Engine:
    """Gives numbered tiles as long as it is let; tells how many run at once and how they ended."""

    def __init__(self, tiles=2):
        self.tiles, self.running, self.most, self.ended = tiles, 0, 0, []

    def run(self, request, stop):
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            for step in range(self.tiles):
                if stop.asked():
                    return
                yield Tile("quick", request, None, step=step)
        finally:
            self.running -= 1
            self.ended.append((request, stop.asked()))


def test_alone_a_run_starts_at_once_and_leaves_the_line():
    queue = Queue(Engine())
    assert [tile.step for tile in queue.submit("a", "photo")] == [0, 1]
    assert not queue.busy("a")
    assert [tile.step for tile in queue.submit("a", "photo")] == [0, 1]


def test_who_waits_sees_how_many_are_before():
    queue = Queue(Engine())
    first, second, third = (queue.submit(name, name) for name in "abc")
    assert next(first).title == "a"
    assert [next(second), next(third)] == [Position(1), Position(2)]
    assert next(third) == Position(2), "it is told again, so that who waits can leave"
    assert [tile.step for tile in first] == [1]
    assert next(second).title == "b"
    assert next(third) == Position(1)
    list(second)
    assert next(third).title == "c"
    assert queue.engine.most == 1


def test_who_waits_is_woken_when_the_line_moves():
    queue, seen = Queue(Engine()), []
    first = queue.submit("a", "a")
    next(first)
    waiting = threading.Thread(target=lambda: seen.extend(queue.submit("b", "b")))
    waiting.start()
    list(first)
    waiting.join(10)
    assert [each.title for each in seen if isinstance(each, Tile)] == ["b", "b"]


def test_one_run_a_visitor():
    queue = Queue(Engine())
    first = queue.submit("a", "a")
    next(first)
    assert queue.busy("a")
    with pytest.raises(Refused, match="A run of this session is still going on"):
        next(queue.submit("a", "again"))
    list(first)
    assert next(queue.submit("a", "again")).title == "again"


def test_a_long_line_takes_nobody_more():
    queue = Queue(Engine())
    runs = [queue.submit(str(number), number) for number in range(1 + WAITING)]
    for run in runs:
        next(run)
    with pytest.raises(Refused, match="Too many runs are waiting"):
        next(queue.submit("late", "late"))
    runs[5].close()
    assert next(queue.submit("late", "late")) == Position(WAITING)


def test_cancel_ends_the_run_that_goes_on_and_no_other():
    queue = Queue(Engine(tiles=100))
    first, second = queue.submit("a", "a"), queue.submit("b", "b")
    next(first)
    next(second)
    queue.cancel("a")
    assert list(first) == []
    assert next(second).title == "b"


def test_a_cancelled_waiting_run_never_begins():
    queue = Queue(Engine())
    first, second = queue.submit("a", "a"), queue.submit("b", "b")
    next(first)
    next(second)
    queue.cancel("b")
    assert list(second) == []
    assert not queue.busy("b")
    list(first)
    assert queue.engine.ended == [("a", False)]


def test_the_stop_that_was_handed_in_ends_the_run_and_outlives_it():
    queue, stop = Queue(Engine()), Stop()
    list(queue.submit("a", "a", stop))
    assert not stop.asked(), "a sweep submits its next size with it"
    run = queue.submit("a", "b", stop)
    next(run)
    stop.set()
    assert list(run) == []


def test_closing_ends_the_work_and_frees_the_line():
    queue, stop = Queue(Engine()), Stop()
    with closing(queue.submit("a", "a", stop)) as run:
        next(run)
    assert queue.engine.ended == [("a", True)], "what still works in a thread must be told first"
    with closing(queue.submit("a", "a")) as first, closing(queue.submit("b", "b")) as second:
        next(first)
        next(second)
    assert not queue.busy("a")
    assert not queue.busy("b")


def test_an_engine_that_fails_frees_the_line():
    queue = Queue(Engine())
    queue.engine.run = lambda request, stop: iter([1 / 0 for _ in request])
    with pytest.raises(ZeroDivisionError):
        next(queue.submit("a", "a"))
    assert not queue.busy("a")


def test_who_waits_looks_up_a_few_times_a_second():
    assert POLL_SECONDS <= 0.3
