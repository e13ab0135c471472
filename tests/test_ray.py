"""Several workers by Ray, of this machine: who computes what, stops, deaths, and what is left behind.

`make test-ray` runs them: they start some twenty processes, twice, which is too much beside other tests.
"""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil
import pytest

from compare.batch import Task
from compare.batch_folder import Pair
from compare.schema import Request
from conftest import ROOT
from engine.cluster import RayEngine
from engine.inline import InlineEngine
from engine.ray.pool import RayPool
from fake_methods import Clocked, Failing, FakeSettings, Quick, SteppedSettings
from methods.base import Stop

pytestmark = [
    pytest.mark.skipif(find_spec("ray") is None, reason="requirements-ray.txt is not installed"),
    pytest.mark.skipif(os.environ.get("STYLEGRID_TEST_RAY") != "1", reason="`make test-ray` runs them"),
]

MOST_SECONDS = 240  # for what takes ten seconds on a free machine
KINDS = (Quick, Clocked)
PHOTO = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Clocked writes when it began and ended, and in which process."""
    return tmp_path_factory.mktemp("clock") / "lines"


@pytest.fixture(scope="module")
def engine(clock: Path) -> Iterator[RayEngine]:
    """Two workers. At its end nothing of Ray is left."""
    values = {
        "STYLEGRID_WORKERS_MIN": "2",
        "STYLEGRID_WORKERS_MAX": "2",
        "STYLEGRID_WORKER_CPUS": "1",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "STYLEGRID_TEST_CLOCK": str(clock),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in values.items():
            patch.setenv(name, value)
        patch.delenv("RAY_ADDRESS", raising=False)
        engine = RayEngine([kind() for kind in KINDS], "cpu")
        try:
            until(lambda: engine.ready() and engine.workers == 2)
            yield engine
        finally:
            started = family(engine)
            folder = Path(engine.folder)
            engine.close()
    until(lambda: not any(each.is_running() for each in started))
    assert not folder.exists()


def until(condition):
    """Wait for it; fail where it does not come."""
    deadline = time.monotonic() + MOST_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


def family(engine):
    """The client and all processes of its Ray."""
    client = psutil.Process(engine.worker.process.pid)
    return [client, *client.children(recursive=True)]


def workers(engine):
    return [each for each in family(engine) if each.name().startswith("ray::ServeRepli")]


def request(steps=2):
    return Request(PHOTO, PHOTO, {"clocked": SteppedSettings(steps=steps)})


def test_a_comparison_is_that_of_the_inline_engine_and_nobody_else_is_let_in(engine):
    asked = Request(PHOTO, PHOTO, {"quick": FakeSettings(), "clocked": SteppedSettings(steps=2)})
    found, expected = (
        list(each.run(asked, Stop())) for each in (engine, InlineEngine([kind() for kind in KINDS], "cpu"))
    )
    assert [(tile.method, tile.state) for tile in found] == [(tile.method, tile.state) for tile in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one.image is None) == (other.image is None)
        if one.image is not None:
            assert one.image.dtype == np.uint8
            assert np.array_equal(one.image, other.image)
    assert found[-1].distances.style == pytest.approx(expected[-1].distances.style, rel=1e-3)
    assert engine.costs.speed_factor() > 0

    listening = [
        (each.name(), where.laddr)
        for each in family(engine)
        for where in each.net_connections("tcp")
        if where.status == psutil.CONN_LISTEN
    ]
    assert len(listening) > 4
    assert {where.ip.removeprefix("::ffff:") for _, where in listening} <= {"127.0.0.1", "::1"}


def test_a_worker_never_does_two_things_at_once_also_where_runs_are_stopped(engine, clock):
    clock.write_text("", encoding="utf-8")

    def run(steps):
        """To its end, or stopped after the first picture where it would be long."""
        stop, states = Stop(), []
        with closing(engine.run(request(steps), stop)) as tiles:
            for tile in tiles:
                states.append(tile.state)
                if steps > 100 and tile.step:
                    stop.set()
        return states[-1]

    with ThreadPoolExecutor(7) as threads:
        ends = list(threads.map(run, (5, 5000, 5, 5000, 5, 5000, 5)))
    assert ends == ["done", "stopped", "done", "stopped", "done", "stopped", "done"]
    until(lambda: clock.read_text(encoding="utf-8").count("\n") == 7)
    spans = sorted(map(str.split, clock.read_text(encoding="utf-8").splitlines()))
    assert len({process for process, _, _ in spans}) == 2
    for (process, _, end), (other, begin, _) in pairwise(spans):
        assert process != other or float(end) <= float(begin)


def test_who_leaves_ends_the_work(engine, clock):
    clock.write_text("", encoding="utf-8")
    tiles = engine.run(request(5000), Stop())
    next(tile for tile in tiles if tile.step)
    tiles.close()
    left = time.monotonic()
    until(lambda: clock.read_text(encoding="utf-8"))
    assert float(clock.read_text(encoding="utf-8").split()[2]) < left + 5


def test_a_killed_worker_is_told_where_something_was_shown_and_else_made_good(engine):
    until(lambda: engine.workers == 2)
    states = []
    for tile in engine.run(request(5000), Stop()):
        states.append(tile)
        if tile.step and len(states) < 8:
            killed = [each.kill() for each in workers(engine)]
            began = time.monotonic()
            states += [tile] * 8
    assert len(killed) == 2
    assert states[-1].state == "failed"
    assert states[-1].error.endswith("another takes its place: compare again.")
    assert states[-1].step, "what was there stays"
    assert time.monotonic() - began < 2 + 8  # 2 s on a free machine
    # Nobody is there now, then somebody new is.
    assert [tile.state for tile in engine.run(request(), Stop())][-1] == "done"


def test_a_lost_head_costs_its_run_alone(engine):
    client = engine.worker
    stop = Stop()
    with closing(engine.run(request(5000), stop)) as tiles:
        next(tile for tile in tiles if tile.step)
        for each in family(engine):
            if each.name() == "gcs_server":
                each.kill()
        last = list(tiles)[-1]
    assert (last.state, last.error != "") == ("failed", True)
    until(lambda: engine.worker is not client and engine.ready())
    assert [tile.state for tile in engine.run(request(), Stop())][-1] == "done"


def test_a_batch_loses_nothing_where_a_worker_is_killed(monkeypatch):
    for name in ("PYTHONPATH", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"):
        monkeypatch.setenv(name, os.environ.get(name, ""))  # what is set from here on is put back
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests"))
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    asked = Request(PHOTO, PHOTO, {"clocked": SteppedSettings(steps=5), "failing": FakeSettings()})
    tasks = [Task(Pair(str(number), "s", "", ""), asked, "png", 90) for number in range(6)]
    made, killed, before = {}, [], psutil.Process().children()  # the engine of the other tests among them
    for task, results in RayPool((Clocked, Failing), "cpu", 2).run(iter(tasks), Stop()):
        made[task.pair.photo] = {each.method: each for each in results}
        if not killed:
            new = [each for each in psutil.Process().children() if each not in before]
            started = [each for one in new for each in (one, *one.children(recursive=True))]
            killed = [each for each in started if each.name().startswith("ray::Painter")]
            killed[0].kill()
    assert killed
    assert sorted(made) == list("012345")
    for results in made.values():
        assert (results["clocked"].row["state"], results["clocked"].picture is None) == ("done", False)
        assert results["failing"].row["error"] == "The weights <file> is damaged."
    until(lambda: not any(each.is_running() for each in started))
