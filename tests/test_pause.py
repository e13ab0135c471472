"""A paused run waits at its next check, and its clocks stand still."""

import threading
import time

import pytest
import torch

from compare.comparison import Comparison
from compare.schema import make_request
from core.images import open_picture
from core.measure import Stopwatch
from fake_methods import Stepped
from methods.base import Stop, Stopped
from methods.budget import Clock


def wait_for(condition):
    until = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.005)


def in_thread(work):
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_a_pause_ends_by_resume_and_its_seconds_do_not_count():
    stop = Stop()
    watch, clock = Stopwatch(torch.device("cpu"), stop.clock), Clock(stop)
    stop.check()
    stop.pause()
    assert stop.paused
    assert not stop.resting

    def work():
        with watch:
            stop.check()

    began = time.perf_counter()
    thread = in_thread(work)
    wait_for(lambda: stop.resting)
    worked = clock.seconds
    wait_for(lambda: time.perf_counter() - began > 0.3)
    assert stop.rested > 0.1, "it counts while it goes on"
    assert clock.seconds == pytest.approx(worked, abs=0.05)
    stop.resume()
    thread.join(10)
    passed = time.perf_counter() - began
    assert not stop.resting
    assert 0.2 < stop.rested <= passed
    assert watch.seconds <= passed - stop.rested
    assert clock.seconds <= time.perf_counter() - began - stop.rested + 0.05


def test_a_paused_run_can_be_stopped():
    stop, ended = Stop(), threading.Event()
    stop.pause()

    def work():
        with pytest.raises(Stopped):
            stop.check()
        ended.set()

    in_thread(work)
    wait_for(lambda: stop.resting)
    stop.set()
    assert ended.wait(10)
    stop.pause()
    assert not stop.paused, "what is to end is not paused"


def test_a_method_goes_on_after_a_pause_as_if_nothing_had_been(photo, painting):
    stepped = Stepped()
    request = make_request(
        open_picture(photo), open_picture(painting), {"stepped": stepped.Settings(steps=3)}, 64
    )
    stop, tiles = Stop(), []
    stop.pause()
    began = time.perf_counter()
    thread = in_thread(lambda: tiles.extend(Comparison([stepped], "cpu").run(request, stop)))
    wait_for(lambda: stop.resting)
    assert {tile.state for tile in tiles} == {"waiting"}
    wait_for(lambda: time.perf_counter() - began > 1)
    stop.resume()
    wait_for(lambda: any(tile.step for tile in tiles))
    stop.pause()
    wait_for(lambda: stop.resting)
    stop.resume()
    thread.join(60)  # with the distances, which take long where the cores are busy
    assert (tiles[-1].state, tiles[-1].step) == ("done", 3)
    assert tiles[-1].seconds.total < time.perf_counter() - began - stop.rested
    assert tiles[-1].peak_memory is None, "another run's memory may have been in it"
