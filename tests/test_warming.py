"""What is done before it is asked for: nothing while someone is timed, and nothing twice."""

import os
import sys
import threading
from contextlib import closing

import pytest
import torch

from child_methods import Plain
from compare.comparison import Comparison
from compare.schema import Tile, make_request
from core.device import BACKGROUND, in_background
from core.images import open_picture
from engine.process import ProcessEngine
from engine.queue import Queue
from engine.visitor import Visitor
from fake_methods import Failing, FakeSettings, Quick
from methods.base import Stop, Stopped
from page_handlers import events_of, uploaded, values_of

SECONDS = 60  # the limit of any wait, for a loaded machine


class Engine:
    """Tells what it does. It gets ready until it is let or stopped, and runs until it is let."""

    pauses, workers = False, 1

    def __init__(self):
        self.did, self.busy, self.let, self.free = [], threading.Event(), threading.Event(), threading.Event()

    def do(self, work):
        return work()

    def warm(self, request, stop):
        self.did.append(f"warm {request}")
        self.busy.set()
        while not self.let.wait(0.01):
            if stop.asked():
                self.did.append(f"gave way {request}")
                raise Stopped
        self.did.append(f"ready {request}")

    def run(self, request, stop):
        self.did.append(f"run {request}")
        yield Tile("quick", request, None)
        assert self.free.wait(SECONDS)


def rest(queue):
    """Until it gets ready for nothing any more."""
    warmer = queue._warmer.thread
    if warmer is not None:
        warmer.join(SECONDS)
        assert not warmer.is_alive()


def test_of_several_wishes_the_newest_counts():
    engine = Engine()
    queue = Queue(engine)
    queue.warm(lambda: "first")
    assert engine.busy.wait(SECONDS)
    for name in ("second", "third"):
        queue.warm(lambda name=name: name)
    engine.let.set()
    rest(queue)
    assert engine.did == ["warm first", "ready first", "warm third", "ready third"]


def test_it_gives_way_to_a_run_and_nothing_begins_during_one():
    engine = Engine()
    queue = Queue(engine)
    queue.warm(lambda: "one")
    assert engine.busy.wait(SECONDS)
    with closing(queue.submit(Visitor("a"), lambda: "photo")) as changes:
        tile = next(each for each in changes if isinstance(each, Tile))
        queue.warm(lambda: "two")
        assert engine.did == ["warm one", "gave way one", "run photo"]
        engine.free.set()
        assert (tile.method, list(changes)) == ("quick", [])
    engine.let.set()
    rest(queue)
    assert engine.did[3:] == ["warm two", "ready two"]


def test_a_damaged_picture_ends_nothing():
    engine = Engine()
    queue = Queue(engine)
    engine.let.set()

    def damaged():
        raise ValueError("The style picture is damaged.")

    queue.warm(damaged)
    rest(queue)
    queue.warm(lambda: "sound")
    rest(queue)
    assert engine.did == ["warm sound", "ready sound"]


def test_a_closed_queue_ends_it():
    engine = Engine()
    queue = Queue(engine)
    queue.warm(lambda: "one")
    assert engine.busy.wait(SECONDS)
    queue.close(SECONDS)
    rest(queue)
    assert engine.did == ["warm one", "gave way one"]


class Loading(Quick):
    """Counts what is done before it paints."""

    name = "loading"

    def __init__(self):
        self.loads, self.prepared, self.painted = 0, 0, 0

    def load(self, device):
        self.loads += 1

    def prepare(self, style, settings, files, stop=None):
        self.prepared += 1

    def stylize(self, *arguments):
        self.painted += 1
        yield from super().stylize(*arguments)


class Unfit(Failing):
    """Cannot be loaded."""

    name = "unfit"

    def load(self, device):
        raise ValueError("Its weights are missing.")


@pytest.fixture
def request_for(photo, painting):
    def make(*names):
        pair = open_picture(photo), open_picture(painting)
        return make_request(*pair, {name: FakeSettings() for name in names}, 64)

    return make


def test_methods_are_loaded_and_the_style_is_encoded_without_a_picture(request_for, monkeypatch):
    passes = []
    monkeypatch.setattr("methods.base.encode_style", lambda image: passes.append(image.shape))
    method = Loading()
    comparison = Comparison([Unfit(), method], "cpu")
    for _ in range(2):
        comparison.warm(request_for("unfit", "loading"), Stop())
    assert (method.loads, method.prepared, method.painted, len(passes)) == (1, 2, 0, 1)
    comparison.style(request_for("loading")).encoding(torch.device("cpu"))
    assert len(passes) == 1


def test_of_many_styles_the_latest_are_remembered(request_for, monkeypatch):
    monkeypatch.setattr("compare.comparison.KNOWN_STYLES", 2)
    comparison = Comparison([Quick()], "cpu")
    request = request_for("quick")
    turned = [type(request)(request.content, request.style[::step], request.settings) for step in (1, 2, 3)]
    for each in (turned[0], turned[1], turned[0], turned[2]):
        comparison.style(each).encoded("seen", lambda: True)
    known = [comparison.style(turned[step]).encodings for step in (0, 2, 1)]
    assert known == [{"seen": True}, {"seen": True}, {}]


def test_a_stop_ends_it_between_two_pieces(request_for):
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        Comparison([Quick()], "cpu").warm(request_for("quick"), stop)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities on Linux alone")
def test_it_leaves_the_cores_to_others():
    def priority():
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    before = priority()
    assert in_background(priority) == BACKGROUND > before
    assert priority() == before


def test_the_childs_methods_are_ready_before_the_first_run(request_for):
    running = ProcessEngine([Plain()], "cpu")
    try:
        running.warm(request_for("quick"), Stop())
        *_, tile = running.run(request_for("quick"), Stop())
        assert (tile.state, tile.error) == ("done", "")
        stopped = Stop()
        stopped.set()
        running.warm(request_for("quick"), stopped)
    finally:
        running.close()


def test_a_chosen_style_picture_is_encoded_before_compare(photo, painting, monkeypatch):
    events = events_of(Loading())
    wishes = []
    monkeypatch.setattr(events.queue, "warm", lambda make: wishes.append(make()))
    pictures = [uploaded(path) for path in (photo, painting)]
    for content, style in (pictures, (None, pictures[1]), (pictures[0], None)):
        events.ahead(values_of(events, content, style))
    assert [each.content.shape for each in wishes] == [
        (48, 64, 3),
        (64, 48, 3),
    ]
    assert all(each.style.shape == (64, 48, 3) for each in wishes)
    assert list(wishes[0].settings) == ["loading"]
