"""How many workers there are to be, from the environment, and what is said where there is no Ray."""

import sys
from types import SimpleNamespace

import pytest

import engine.ray.connection
import engine.ray.pool
import engine.workers
from engine import make_engine
from engine.ray.client import Cluster
from engine.ray.losses import Lost
from engine.ray.pool import RayPool
from engine.workers import Workers
from fake_methods import Quick
from methods.base import Stop
from ui.language import Language


def test_workers_share_the_cores_of_this_machine_and_not_those_of_a_cluster(monkeypatch):
    monkeypatch.setattr(engine.workers, "cores", lambda: 8)
    monkeypatch.setattr(engine.workers.torch.cuda, "is_available", lambda: False)
    assert Workers.of({}) == Workers(1, 1, 8, 0)
    assert Workers.of({"STYLEGRID_WORKERS_MAX": "3"}) == Workers(1, 3, 2, 0)
    assert Workers.of({}, 16) == Workers(16, 16, 1, 0)
    monkeypatch.setattr(engine.workers.torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(engine.workers.torch.cuda, "device_count", lambda: 2)
    assert Workers.of({"STYLEGRID_WORKERS_MIN": "2"}) == Workers(2, 2, 4, 1)
    with pytest.raises(ValueError, match="3 workers with 1 GPUs each need 3; this machine has 2"):
        Workers.of({"STYLEGRID_WORKERS_MIN": "3"})
    assert Workers.of({"RAY_ADDRESS": "auto"}, 4) == Workers(4, 4, 2, 0)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"WORKERS_MIN": "0"}, "STYLEGRID_WORKERS_MIN is '0'; it must be a whole number from 1 on."),
        ({"WORKER_GPUS": "0.5"}, "STYLEGRID_WORKER_GPUS is '0.5'; it must be a whole number from 0 on."),
        (
            {"WORKERS_MIN": "3", "WORKERS_MAX": "2"},
            "STYLEGRID_WORKERS_MAX is 2; it must be at least STYLEGRID_WORKERS_MIN, 3.",
        ),
    ],
)
def test_a_number_that_is_unfit_is_told(values, sentence):
    with pytest.raises(ValueError, match="STYLEGRID_WORKER") as told:
        Workers.of({f"STYLEGRID_{name}": value for name, value in values.items()})
    assert str(told.value) == sentence


def test_a_ray_that_does_not_begin_leaves_no_folder(monkeypatch, tmp_path):
    folder, ended = tmp_path / "ray", []
    monkeypatch.setattr(engine.ray.pool, "unavailable", lambda: "")
    monkeypatch.setattr(engine.ray.pool, "ray_folder", lambda: folder.mkdir() or str(folder))
    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(shutdown=lambda: ended.append(True)))

    def connect(workers, folder):
        raise OSError("It does not begin.")

    monkeypatch.setattr(engine.ray.pool, "connect", connect)
    with pytest.raises(OSError, match="It does not begin"):
        next(RayPool((Quick,), "cpu", 2).run((), Stop()))
    assert not folder.exists()
    assert ended, "what it had begun ends, too"


@pytest.mark.parametrize(
    ("error", "english", "russian"),
    [
        (Lost("gone"), "The worker that computed this ended", "Процесс, который это вычислял, завершился"),
        (RuntimeError("x"), "The comparison failed: RuntimeError: x", "Сравнение: ошибка. RuntimeError: x"),
    ],
    ids=("lost", "failed"),
)
def test_a_run_that_breaks_off_says_so_in_the_pages_language(error, english, russian, monkeypatch):
    def broken(self, request, stop):
        raise error
        yield

    monkeypatch.setattr(Cluster, "_tiles", broken)
    cluster = object.__new__(Cluster)
    cluster.methods = {"quick": Quick()}
    request = SimpleNamespace(settings={"quick": Quick.Settings()}, style_name=None)
    (tile,) = cluster.run(request, Stop())
    assert (tile.state, tile.error.startswith(english)) == ("failed", True)
    assert Language("ru").sentence(tile.error).startswith(russian)


def test_where_ray_is_missing_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setattr(engine.ray.connection, "find_spec", lambda _: None)
    monkeypatch.setenv("STYLEGRID_ENGINE", "ray")
    for make in (lambda: RayPool((Quick,), "cpu", 2), lambda: make_engine([Quick()])):
        with pytest.raises(ValueError, match=r"pip install -r requirements-ray\.txt"):
            make()
