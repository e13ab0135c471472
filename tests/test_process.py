"""The engine in a child process: it computes as in this one, and its end is a sentence on some tiles."""

import os
import re
import threading
import time
from contextlib import closing
from multiprocessing import get_context

import numpy as np
import psutil
import pytest

import engine.process
from child_methods import (
    Deadly,
    Deaf,
    Greedy,
    Plain,
    Steps,
    process_number,
    refuse,
    without_yardstick,
)
from compare.schema import make_request
from core.images import PictureError, open_picture
from engine.child import serve
from engine.inline import InlineEngine
from engine.process import ProcessEngine
from engine.worker import how
from fake_methods import Failing, FakeSettings, SteppedSettings
from methods.base import Declined, Stop
from ui.language import Language

KINDS = (Plain, Steps, Failing, Deaf, Greedy, Deadly)
SECONDS = 60  # the limit of any wait, for a loaded machine


@pytest.fixture(scope="module")
def running():
    """The engine; tests that kill its child wait for the next one."""
    running = ProcessEngine([kind() for kind in KINDS], "cpu")
    yield running
    running.close()
    assert running.worker.wait(SECONDS)


@pytest.fixture
def asked(photo, painting):
    """Makes requests for methods."""

    def make(*names, steps=3, repeats=0):
        settings = {
            name: SteppedSettings(steps=steps) if name == "stepped" else FakeSettings() for name in names
        }
        return make_request(open_picture(photo), open_picture(painting), settings, 64, repeats=repeats)

    return make


def wait_for(condition):
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def newest(changes):
    return {tile.method: tile for tile in changes}


def test_tiles_are_those_of_the_engine_in_this_process(running, asked, monkeypatch):
    for name in ("Yardstick", "Measurer"):
        monkeypatch.setattr(f"compare.scoring.{name}", None)  # which puts it back afterwards
    without_yardstick()
    request = asked("quick", "stepped", "failing", repeats=1)
    seen = [
        list(each.run(request, Stop())) for each in (InlineEngine([kind() for kind in KINDS], "cpu"), running)
    ]
    assert [(tile.method, tile.state) for tile in seen[0] if tile.state != "running"] == [
        (tile.method, tile.state) for tile in seen[1] if tile.state != "running"
    ]
    inline, process = map(newest, seen)
    assert inline.keys() == process.keys() == {"quick", "stepped", "failing"}
    for name, tile in inline.items():
        for field in ("state", "step", "losses", "notes", "error", "settings", "distances", "weights"):
            assert getattr(process[name], field) == getattr(tile, field), (name, field)
        assert np.array_equal(process[name].image, tile.image)
    assert len(process["stepped"].seconds.warm) == 1
    found = running.costs.predict("quick", FakeSettings(), 64 * 48)
    assert found == pytest.approx(process["quick"].seconds.median)


def test_pictures_are_read_in_the_child_and_its_errors_come_back(running):
    assert running.do(process_number) == running.worker.process.pid != os.getpid()
    with pytest.raises(ValueError, match=r"The photo is damaged\."):
        running.do(refuse)
    assert 0 < running.costs.speed_factor() < 1000
    assert "threads" in running.machine().name


def test_a_pause_and_a_stop_reach_the_child(running, asked):
    stop, quick, tiles = Stop(), Stop(), []
    with closing(running.run(asked("stepped", steps=10_000), stop)) as long:
        next(tile for tile in long if tile.step)
        stop.pause()
        thread = threading.Thread(target=lambda: tiles.extend(long), daemon=True)
        thread.start()
        wait_for(lambda: stop.resting)
        step = len(tiles)
        assert newest(running.run(asked("quick"), quick))["quick"].state == "done"
        assert len(tiles) == step, "the other stands still meanwhile"
        assert stop.resting
        stop.resume()
        wait_for(lambda: len(tiles) > step)
        assert not stop.resting
        assert stop.rested > 0
        worker = running.worker
        stop.set()
        thread.join(SECONDS)
    assert (tiles[-1].state, tiles[-1].step > 0) == ("stopped", True)
    assert running.worker is worker
    assert worker.gone is None


def test_who_leaves_ends_the_work(running, asked):
    worker = running.worker
    with closing(running.run(asked("stepped", steps=10_000), Stop())) as changes:
        next(tile for tile in changes if tile.step)
    assert newest(running.run(asked("quick"), Stop()))["quick"].state == "done"
    assert running.worker is worker


def test_a_method_that_does_not_check_is_killed(running, asked, monkeypatch):
    monkeypatch.setattr(engine.process, "STOP_SECONDS", 0.2)
    stop, tiles = Stop(), {}
    for tile in running.run(asked("quick", "deaf"), stop):
        tiles[tile.method] = tile
        if tile.method == "deaf" and tile.step:
            stop.set()
    assert {name: tile.state for name, tile in tiles.items()} == {"quick": "done", "deaf": "stopped"}
    assert tiles["deaf"].image is not None
    assert not any(tile.error for tile in tiles.values())


@pytest.mark.skipif(not hasattr(os, "kill"), reason="signals are of POSIX")
def test_a_child_that_dies_is_replaced_and_the_tiles_say_so(running, asked):
    tiles = newest(running.run(asked("quick", "deadly", "stepped"), Stop()))
    assert {name: tile.state for name, tile in tiles.items()} == {
        "quick": "done",
        "deadly": "failed",
        "stepped": "failed",
    }
    assert "was ended by the system (SIGSEGV) during Deadly" in tiles["stepped"].error
    assert "distances were not measured" in tiles["quick"].error
    assert tiles["quick"].image is not None
    wait_for(running.ready)


def test_beyond_its_memory_it_is_killed_and_the_setting_is_named(running, asked, monkeypatch):
    assert newest(running.run(asked("quick"), Stop()))["quick"].state == "done", "after the last one's end"
    used = psutil.Process(running.worker.process.pid).memory_info().rss
    monkeypatch.setenv("STYLEGRID_MEMORY_BYTES", str(used + 300_000_000))
    tile = newest(running.run(asked("greedy"), Stop()))["greedy"]
    assert tile.state == "failed"
    most = f"{(used + 3e8) / 1e9:.1f} GB"
    assert tile.error == f"Greedy needed more than the {most} of memory allowed here: choose a smaller size."


def test_at_the_end_no_child_is_left(photo):
    ours, theirs = get_context("spawn").Pipe()
    child = get_context("spawn").Process(
        target=serve, args=(theirs, (Plain,), "cpu", ("quick",)), daemon=True
    )
    child.start()
    theirs.close()
    assert ours.poll(SECONDS)
    assert ours.recv()[0] == "ready"
    ours.close()  # as when the page's process is killed
    child.join(SECONDS)
    assert child.exitcode == 0


def test_a_process_that_does_not_begin_is_a_sentence_in_the_pages_language(running, monkeypatch):
    monkeypatch.setattr(engine.process, "START_SECONDS", 0.0)
    monkeypatch.setattr(ProcessEngine, "ready", lambda self: False)
    with pytest.raises(PictureError, match="the process that reads pictures does not begin") as slow:
        running.do(process_number)
    assert Language("ru").sentence(slow.value) == (
        "Прочитать не удалось. Процесс, читающий изображения: не запускается."
    )


def test_who_declines_says_so_also_where_the_process_does_not_begin(running, asked, monkeypatch):
    monkeypatch.setattr(engine.process, "START_SECONDS", 0.0)
    monkeypatch.setattr(ProcessEngine, "ready", lambda self: False)
    monkeypatch.setattr(running.methods["quick"], "declined", lambda *_: Declined("It dares not."))
    tiles = newest(running.run(asked("quick", "stepped"), Stop()))
    assert [(name, tile.state) for name, tile in tiles.items()] == [
        ("quick", "declined"),
        ("stepped", "failed"),
    ]


def test_what_cannot_be_read_is_a_sentence(running):
    running.close()
    with pytest.raises(PictureError, match="It was not read, for the process that reads pictures") as ended:
        running.do(process_number)
    assert not re.search("[A-Za-z]", Language("ja").sentence(ended.value))


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (1, "ended unexpectedly, with status 1"),
        (-9, "was ended by the system (SIGKILL, as where memory runs out)"),
        (-11, "was ended by the system (SIGSEGV)"),
        (-99, "was ended by the system (signal 99)"),
    ],
)
def test_how_a_process_ended(status, said):
    assert how(status) == said
