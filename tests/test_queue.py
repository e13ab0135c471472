"""The line of runs in front of an engine: one at a time, in order, each ended from outside."""

import gc
import json
import threading
import time
from contextlib import closing

import pytest

import engine.queue
import engine.ticket
from compare.schema import Tile
from engine.queue import PAUSED, POLL_SECONDS, Queue
from engine.ticket import OUTCOMES, Position, Refused, Started, Ticket
from engine.visitor import Visitor
from methods.base import Stop, Stopped


class Engine:
    """Gives numbered tiles as long as it is let; tells how many run at once and how they ended.

    A run of "long" checks its stop between tiles, and takes none before it is let.
    """

    pauses, workers = True, 1

    def __init__(self, tiles=2):
        self.tiles, self.running, self.most, self.ended = tiles, 0, 0, []
        self.steps = threading.Semaphore(0)

    def do(self, work):
        return work()

    def run(self, request, stop):
        self.running += not stop.resting
        self.most = max(self.most, self.running)
        try:
            for step in range(self.tiles):
                if request == "long":
                    self.steps.acquire(timeout=0.01)
                    stop.check()
                elif stop.asked():
                    return
                yield Tile("quick", request, None, state="running", step=step)
        except Stopped:
            pass
        finally:
            self.running -= 1
            self.ended.append((request, stop.asked()))


def of(request):
    return lambda: request


def tiles(changes):
    return [each for each in changes if isinstance(each, Tile)]


def begun(changes):
    """The first tile."""
    return next(each for each in changes if isinstance(each, Tile))


def submitted(queue, name, seconds=10.0, request=None, **visitor):
    return queue.submit(Visitor(name, **visitor), of(request or name), seconds)


def test_alone_a_run_starts_at_once_and_leaves_the_line():
    queue = Queue(Engine())
    for _ in range(2):
        started, *found = submitted(queue, "a", request="photo")
        assert (started.request, [tile.step for tile in found]) == ("photo", [0, 1])
        assert not queue.busy("a")


def test_who_waits_sees_how_many_are_before_and_for_how_long():
    queue = Queue(Engine())
    first, second, third = (
        submitted(queue, name, seconds) for name, seconds in zip("abc", (60, 20, 9), strict=True)
    )
    assert begun(first).title == "a"
    assert next(second).ahead == 1
    position = next(third)
    assert position.ahead == 2
    assert 70 < position.seconds <= 80
    assert next(third).ahead == 2, "it is told again, so that who waits can leave"
    assert [tile.step for tile in tiles(first)] == [1]
    assert begun(second).title == "b"
    assert next(third).ahead == 1
    list(second)
    assert begun(third).title == "c"
    assert queue.engine.most == 1


def test_who_waits_is_woken_when_the_line_moves():
    queue, seen = Queue(Engine()), []
    first = submitted(queue, "a")
    begun(first)
    waiting = threading.Thread(target=lambda: seen.extend(tiles(submitted(queue, "b"))))
    waiting.start()
    list(first)
    waiting.join(10)
    assert [each.title for each in seen] == ["b", "b"]


def test_a_visitor_has_one_run_and_one_waiting():
    queue = Queue(Engine())
    first, second = submitted(queue, "a"), submitted(queue, "a")
    begun(first)
    assert next(second).ahead == 1
    assert queue.busy("a")
    with pytest.raises(Refused, match="At most 2 of your comparisons can run and wait"):
        next(submitted(queue, "a"))
    assert next(submitted(queue, "b")).ahead == 2
    list(first)
    assert next(submitted(queue, "a")).ahead


def test_a_new_cookie_is_no_new_address(monkeypatch):
    monkeypatch.setenv("STYLEGRID_NETWORK_RUNS", "2")
    queue = Queue(Engine())
    first, second = (submitted(queue, name, network="192.0.2.1") for name in "ab")
    begun(first)
    next(second)
    with pytest.raises(Refused, match="At most 2 comparisons from one address"):
        next(submitted(queue, "c", network="192.0.2.1"))
    assert next(submitted(queue, "c", network="192.0.2.2")).ahead == 2


@pytest.mark.parametrize("limit", ["hourly", "network_hourly"])
def test_so_many_comparisons_an_hour(monkeypatch, limit):
    monkeypatch.setenv(f"STYLEGRID_{limit.upper()}", "2")
    now, queue = [1000.0], Queue(Engine())
    for module in (engine.queue, engine.ticket):
        monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    names = iter("aaaaaa" if limit == "hourly" else "abcdef")

    def again():
        return tiles(submitted(queue, next(names), network="192.0.2.1"))

    assert again()
    now[0] += 600
    assert again()
    with pytest.raises(
        Refused, match=r"At most 2 comparisons an hour are allowed an? \w+; try in 51 minutes"
    ):
        again()
    assert tiles(submitted(queue, "other", network="192.0.2.2"))
    now[0] += 3001
    assert again()
    with pytest.raises(Refused, match="try in 10 minutes"):
        again()
    now[0] += 4000
    list(submitted(queue, "later"))
    assert [*queue._admission.begun] == ["later"], "those who do not come back are forgotten"


def test_who_is_refused_for_their_address_loses_nothing_of_their_own(monkeypatch):
    monkeypatch.setenv("STYLEGRID_NETWORK_HOURLY", "1")
    monkeypatch.setenv("STYLEGRID_HOURLY", "2")
    queue = Queue(Engine())
    assert tiles(submitted(queue, "a", network="192.0.2.1"))
    for _ in range(3):
        with pytest.raises(Refused, match="an address"):
            list(submitted(queue, "b", network="192.0.2.1"))
    for _ in range(2):
        assert tiles(submitted(queue, "b"))


def test_what_a_run_takes_still_is_told_without_its_rests():
    ticket = Ticket(Visitor("a"), 100.0, Stop())
    assert ticket.left() == 100.0
    ticket.began = time.monotonic() - 90
    ticket.stop.end_rest(30)
    assert ticket.left() == pytest.approx(40, abs=5)
    ticket.stop.end_rest(20)
    assert ticket.left() == pytest.approx(30, abs=5)


def test_a_long_line_takes_nobody_more(monkeypatch):
    monkeypatch.setenv("STYLEGRID_WAITING", "3")
    queue = Queue(Engine())
    runs = [submitted(queue, str(number)) for number in range(4)]
    begun(runs[0])
    for run in runs[1:]:
        next(run)
    with pytest.raises(Refused, match="Too many runs are waiting"):
        next(submitted(queue, "late"))
    runs[2].close()
    assert next(submitted(queue, "late")).ahead == 3


def test_who_waits_too_long_is_told(monkeypatch):
    monkeypatch.setenv("STYLEGRID_WAITING_SECONDS", "0.05")
    queue = Queue(Engine())
    first, second = submitted(queue, "a"), submitted(queue, "b")
    begun(first)
    with pytest.raises(Refused, match="It has waited for 0 minutes"):
        list(second)
    assert not queue.busy("b")
    assert tiles(first)


def test_a_run_that_nobody_reads_ends_in_line_and_under_way():
    queue, there = Queue(Engine(tiles=10**6)), [True]
    with closing(submitted(queue, "a")) as first:
        begun(first)
        with pytest.raises(Refused, match="Nobody reads"):
            list(submitted(queue, "b", here=lambda: False))
    run = submitted(queue, "long", here=lambda: there[0])
    begun(run)
    there[0] = False
    with pytest.raises(Refused, match="Nobody reads"):
        list(run)
    assert queue.engine.ended[-1] == ("long", True)
    assert not queue.busy("long")


def test_a_run_that_takes_far_longer_than_any_may_is_ended(monkeypatch):
    monkeypatch.setenv("STYLEGRID_SECONDS", "0.4")
    queue = Queue(Engine(tiles=10**6))
    with pytest.raises(Refused, match="It took more than 0 s and was ended"):
        list(submitted(queue, "long"))
    assert queue.engine.ended == [("long", True)]


def test_a_comparison_is_one_line_of_the_log_without_a_name(caplog):
    caplog.set_level("INFO", "stylegrid.comparisons")
    queue = Queue(Engine())
    list(submitted(queue, "secret key"))
    with closing(submitted(queue, "secret key")) as run:
        begun(run)
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["outcome"] for line in lines] == ["done", "left"]
    assert len({line["visitor"] for line in lines}) == 1
    assert "secret" not in caplog.text


def test_a_line_of_the_log_says_what_it_was_and_each_is_counted(caplog):
    caplog.set_level("INFO", "stylegrid.comparisons")
    queue = Queue(Engine())
    list(submitted(queue, "a"))
    assert list(queue.do(Visitor("a"), lambda: 1, 1.0)) == [1]
    assert list(queue.work(Visitor("a"), [lambda: 2])) == [2]
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [line["kind"] for line in lines] == ["comparison", "inspection", "style space"]
    assert queue.outcomes == {"done": 3}


def test_who_leaves_during_an_inspection_is_noticed(caplog):
    caplog.set_level("INFO", "stylegrid.comparisons")
    queue = Queue(Engine())
    with pytest.raises(Refused, match="Nobody reads"):
        list(queue.do(Visitor("a", here=lambda: False), lambda: 1, 1.0))
    (record,) = caplog.records
    assert json.loads(record.getMessage())["outcome"] == "ended"
    assert not queue.busy("a")


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ((), "done"),
        (("done", "declined"), "done"),
        (("done", "failed"), "partly failed"),
        (("declined", "failed"), "partly failed"),
        (("failed", "failed"), "failed"),
        (("declined",), "declined"),
    ],
)
def test_what_came_of_a_comparison_is_told_by_its_tiles(states, outcome, caplog):
    caplog.set_level("INFO", "stylegrid.comparisons")
    queue = Queue(Engine())
    names = [f"method {place}" for place in range(len(states))]
    first = [Tile(name, "a", None, state="running") for name in names]
    last = [Tile(name, "a", None, state=state) for name, state in zip(names, states, strict=True)]
    queue.engine.run = lambda request, stop: (tile for tile in (*first, *last))
    list(submitted(queue, "a"))
    (record,) = caplog.records
    assert json.loads(record.getMessage())["outcome"] == outcome
    assert queue.outcomes == {outcome: 1}
    assert outcome in OUTCOMES


def test_a_run_that_is_refused_stopped_or_ended_from_here_says_so_and_why(caplog, monkeypatch):
    caplog.set_level("INFO", "stylegrid.comparisons")
    monkeypatch.setenv("STYLEGRID_SECONDS", "0.4")
    queue, stop = Queue(Engine(tiles=10**6)), Stop()

    def unfit():
        raise ValueError("The photo is damaged.")

    with pytest.raises(Refused):
        list(queue.submit(Visitor("a"), unfit))
    with pytest.raises(Refused):
        list(submitted(queue, "long"))
    for change in queue.submit(Visitor("a"), of("long"), stop=stop):
        if isinstance(change, Tile):
            stop.set()
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    assert [(line["outcome"], line.get("reason", "")) for line in lines] == [
        ("refused", "The photo is damaged."),
        ("ended", "It took more than 0 s and was ended: choose a smaller size or fewer steps."),
        ("stopped", ""),
    ]


def test_who_waits_is_told_what_runs_take_of_late_beyond_what_is_predicted(monkeypatch):
    queue, now = Queue(Engine()), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def told(takes=30):
        """The seconds that the second of two is told to wait, the first of which then takes more than 10."""
        first, second = submitted(queue, "a", request="photo"), submitted(queue, "b", request="photo")
        begun(first)
        position = next(second)
        now[0] += takes
        list(first)
        second.close()
        return position.seconds

    assert [told(), told(), told(takes=300), told()] == [10, 30, 30, 30]


def test_waits_are_told_by_comparisons_alone(monkeypatch):
    queue, now = Queue(Engine()), [1000.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])

    def slow():
        now[0] += 300

    with closing(submitted(queue, "a")) as run:
        begun(run)
        now[0] += 30
        list(run)
    for _ in range(2):
        assert list(queue.do(Visitor("a"), slow, 1.0)) == [None]
        assert list(queue.work(Visitor("a"), [slow], 1.0)) == [None]
    with (
        closing(submitted(queue, "a")) as run,
        closing(queue.do(Visitor("b"), slow, 4.0)) as inspection,
        closing(submitted(queue, "c")) as last,
    ):
        begun(run)
        assert next(inspection).seconds == 10 + 20
        assert next(last).seconds == 10 + 20 + 4


def test_a_stopped_waiting_run_never_begins():
    queue, stop = Queue(Engine()), Stop()
    first, second = submitted(queue, "a"), queue.submit(Visitor("b"), of("b"), 10, stop)
    begun(first)
    next(second)
    stop.set()
    assert list(second) == []
    assert not queue.busy("b")
    list(first)
    assert queue.engine.ended == [("a", False)]


def test_the_stop_that_was_handed_in_ends_the_run_and_outlives_it():
    queue, stop = Queue(Engine()), Stop()
    list(queue.submit(Visitor("a"), of("a"), stop=stop))
    assert not stop.asked(), "a sweep submits its next size with it"
    run = queue.submit(Visitor("a"), of("b"), stop=stop)
    begun(run)
    stop.set()
    assert list(run) == []


def test_closing_ends_the_work_and_frees_the_line():
    queue = Queue(Engine())
    with closing(submitted(queue, "a")) as run:
        begun(run)
    assert queue.engine.ended == [("a", True)], "what still works in a thread must be told first"
    with closing(submitted(queue, "a")) as first, closing(submitted(queue, "b")) as second:
        begun(first)
        next(second)
    assert not queue.busy("a")
    assert not queue.busy("b")


def test_an_engine_that_fails_frees_the_line():
    queue = Queue(Engine())
    queue.engine.run = lambda request, stop: (1 / 0 for _ in request)
    with pytest.raises(ZeroDivisionError):
        list(submitted(queue, "a"))
    assert not queue.busy("a")


def test_a_picture_that_turns_out_unfit_is_a_sentence():
    def unfit():
        raise ValueError("The photo is damaged.")

    with pytest.raises(Refused, match=r"The photo is damaged\."):
        next(Queue(Engine()).submit(Visitor("a"), unfit))


def test_who_waits_looks_up_a_few_times_a_second():
    assert POLL_SECONDS <= 0.3


# Quick ones before long ones


@pytest.fixture
def going(monkeypatch):
    """A queue in which a long run goes on, what it has shown, and its thread."""
    monkeypatch.setattr(engine.ticket, "PATIENCE", 0.05)
    queue, shown = Queue(Engine(tiles=200)), []

    def read():
        shown.extend(submitted(queue, "long", 100))

    thread = threading.Thread(target=read, daemon=True)
    thread.start()
    wait_for(lambda: len(tiles(shown)) > 2)
    yield queue, shown, thread
    thread.join(10)
    assert not queue.busy("long")


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def test_a_run_that_nobody_holds_any_more_ends_when_it_is_collected():
    """Also as garbage in a cycle, whose weak references, the pool's among them, are gone before it ends."""
    queue = Queue(Engine(200))
    held = [submitted(queue, "a")]
    begun(held[0])
    held.append(held)
    del held
    collecting = threading.Thread(target=gc.collect, daemon=True)
    collecting.start()
    collecting.join(10)
    assert not queue.busy("a")
    assert len(tiles(submitted(queue, "b"))) == 200


def test_a_long_run_is_paused_for_a_quick_one_and_goes_on(going):
    queue, shown, thread = going
    quick = submitted(queue, "b", 1)
    assert isinstance(next(each for each in quick if not isinstance(each, Position)), Started)
    wait_for(lambda: tiles(shown)[-1].message == PAUSED)
    step = tiles(shown)[-1].step
    assert len(tiles(quick)) == 200, "the other stands still meanwhile"
    thread.join(10)
    steps = [tile.step for tile in tiles(shown)]
    assert steps[-1] == 199
    assert sorted(set(steps)) == [*range(200)], "nothing is lost"
    assert [tile.message for tile in tiles(shown) if tile.step == step][:2] == ["", PAUSED]
    assert queue.engine.most == 2


def test_neither_a_long_one_nor_ones_own_nor_an_engine_that_cannot_pauses_it(going):
    queue, shown, _ = going
    others = [submitted(queue, "b", 50), submitted(queue, "long", 1)]
    queue.engine.pauses = False
    others.append(submitted(queue, "c", 1))
    for other in others:
        for _ in range(2):
            assert isinstance(next(other), Position)
    queue.engine.pauses = True
    others[2].close()
    for _ in range(2):
        assert isinstance(next(others[1]), Position)
    for other in others:
        other.close()
    assert not any(tile.message for tile in tiles(shown))


def test_a_visitors_own_quick_run_does_not_hold_up_that_of_another_behind_it(monkeypatch):
    monkeypatch.setattr(engine.ticket, "PATIENCE", 0.0)
    queue = Queue(Engine())
    with (
        closing(submitted(queue, "a", 100)) as going,
        closing(submitted(queue, "a", 1)) as own,
        closing(submitted(queue, "b", 1)) as other,
    ):
        begun(going)
        stop = queue._running[0].stop
        next(own)
        assert not stop.paused, "one may not pause one's own"
        next(other)
        assert stop.paused


def test_a_run_that_is_to_rest_for_one_does_so_though_another_leaves(monkeypatch):
    monkeypatch.setattr(engine.ticket, "PATIENCE", 0.0)
    queue = Queue(Engine())
    with closing(submitted(queue, "a", 100)) as going:
        first, second = submitted(queue, "b", 1), submitted(queue, "c", 1)
        begun(going)
        stop = queue._running[0].stop
        next(first), next(second)
        second.close()
        assert stop.paused
        first.close()
        assert not stop.paused, "nobody is left for whom it would rest"


def test_a_quick_one_that_leaves_lets_the_long_one_go_on(going):
    queue, shown, thread = going
    quick = submitted(queue, "b", 1)
    begun(quick)
    wait_for(lambda: tiles(shown)[-1].message == PAUSED)
    quick.close()
    thread.join(10)
    assert tiles(shown)[-1].step == 199


def test_a_paused_run_can_be_ended(going):
    queue, shown, thread = going
    quick = submitted(queue, "b", 1)
    begun(quick)
    wait_for(lambda: tiles(shown)[-1].message == PAUSED)
    queue._running[0].stop.set()
    thread.join(10)
    assert len(tiles(quick)) == 199
    assert queue.engine.ended[0] == ("long", True)


def test_as_many_runs_go_on_as_there_are_workers_in_their_order():
    queue = Queue(Engine())
    queue.engine.workers = 2
    first, second, third, fourth = (
        submitted(queue, name, seconds, "long") for name, seconds in zip("abcd", (60, 20, 9, 9), strict=True)
    )
    begun(first), begun(second)
    assert queue.engine.most == 2
    position = next(third)
    assert (position.ahead, position.busy, position.workers) == (2, 2, 2)
    assert 15 < position.seconds <= 20
    assert 24 < next(fourth).seconds <= 29  # behind the third on the second worker
    second.close()
    assert isinstance(next(fourth), Position)
    assert begun(third).method == "quick"
    queue.engine.workers = 1  # as where one is lost: what runs goes on
    first.close()
    assert isinstance(next(fourth), Position)
    third.close()
    assert begun(fourth).method == "quick"
    fourth.close()
    assert queue.engine.most == 2


def test_work_that_is_no_comparison_has_its_turn_and_lets_a_long_run_rest(monkeypatch):
    monkeypatch.setattr(engine.ticket, "PATIENCE", 0.0)
    queue = Queue(Engine(tiles=10**6))
    running = submitted(queue, "a", seconds=60, request="long")
    thread = threading.Thread(target=lambda: tiles(running), daemon=True)
    thread.start()
    while not queue.engine.running:
        time.sleep(0.001)
    seen = []

    def work():
        seen.append((queue.standing(), queue._running[0].stop.resting))
        return "seen"

    *positions, found = queue.do(Visitor("b"), work, 1.0)
    assert found == "seen"
    assert all(isinstance(each, Position) for each in positions)
    assert positions
    assert seen == [((2, 0), True)], "the other one rests meanwhile"
    assert queue.standing() == (1, 0)
    queue.close(10)
    thread.join(10)


def test_work_is_refused_in_a_sentence_and_leaves_the_line(monkeypatch):
    monkeypatch.setenv("STYLEGRID_INSPECTIONS", "2")
    queue = Queue(Engine())

    def unfit():
        raise ValueError("It is unfit.")

    with pytest.raises(Refused, match="It is unfit"):
        list(queue.do(Visitor("a"), unfit, 1.0))
    assert not queue.busy("a")
    done = queue.do(Visitor("a"), lambda: 1, 1.0)
    assert next(done) == 1
    assert not queue.busy("a"), "the result is still to be taken"
    with pytest.raises(Refused, match="At most 2 pictures an hour can be inspected"):
        list(queue.do(Visitor("a"), lambda: 1, 1.0))
    assert tiles(submitted(queue, "a")), "comparisons are counted apart"
