"""Ray: replicas of the inline engine behind one Serve deployment, and a pool of actors for batches.

The one file that imports ray, inside functions, for it is optional. Without RAY_ADDRESS a Ray of this process
begins, on 127.0.0.1 alone; with it, the cluster there is joined. What is asked of Ray is in
engine/workers.py.
"""

from __future__ import annotations

import asyncio
import os
import queue
import secrets
import shutil
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from compare.batch import Task, paint
from compare.batch_folder import Painted, failed_row
from compare.comparison import Comparison, waiting_tiles
from compare.costs import speed_factor
from compare.schema import Request, Tile
from compare.scoring import error_message
from engine.base import Machine
from engine.inline import InlineEngine
from engine.unfinished import failed, stopped
from engine.workers import Workers
from methods import ALL
from methods.base import Method, Stop

ROOT = Path(__file__).resolve().parent.parent
APP, DEPLOYMENT = "stylegrid", "comparisons"
STORE_BYTES = 256 * 2**20  # of an embedded Ray's object store: requests and pictures on their way
STEP_SECONDS = 5.0  # that a stopped method has until its next check, before its replica is replaced
HEAD_SECONDS = 10  # without the head of the cluster, after which the client ends and another begins
LOOK_SECONDS = 0.05  # until a stop is passed on
WAITING_REQUESTS = 4  # of a replica, the running one counted; the line in front lets fewer come
# Replicas for each comparison that goes on, so that the next one finds a free one where there may be more.
TARGET = 0.8
LOST = (
    "The worker that computed this ended, as where memory runs out or its machine goes; another takes its "
    "place: compare again."
)


def unavailable() -> str:
    """Why Ray cannot be used, in a sentence; empty where it can."""
    # Not imported: it would read the environment before `connect` has set it.
    return "" if find_spec("ray") else "Ray is not installed: run `pip install -r requirements-ray.txt`."


def connect(workers: Workers, folder: str | None = None) -> None:
    """Join the cluster at RAY_ADDRESS, or begin a Ray for so many workers that nobody else reaches, with its
    files in `folder`."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_gcs_rpc_server_reconnect_timeout_s", str(HEAD_SECONDS))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        os.environ["RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"] = "0"  # its address is 127.0.0.1
        os.environ["RAY_AUTH_MODE"] = "token"  # other users of this machine reach 127.0.0.1 too
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    import ray  # which reads them now

    if address:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
        return
    ray.init(
        num_cpus=workers.most * workers.cpus,
        include_dashboard=False,
        object_store_memory=STORE_BYTES,
        log_to_driver=False,
        configure_logging=False,
        _node_ip_address="127.0.0.1",
        _temp_dir=folder,
    )


def ray_folder() -> str:
    """A new folder for the files of an embedded Ray; a longer path than this has no room for its sockets."""
    return tempfile.mkdtemp(prefix="stylegrid-ray-", dir="/tmp" if os.path.isdir("/tmp") else None)


class Replica:
    """One device, which does one comparison at a time; the others wait in their order.

    Args:
        kinds: of the methods.
        threads: of PyTorch, which Ray would set to one.
        alone: whether nobody from another machine may reach it.
    """

    def __init__(self, kinds: Sequence[type[Method]], device: str, threads: int, alone: bool) -> None:
        if alone:
            listen_on_loopback()
        torch.set_num_threads(threads)
        self.engine = InlineEngine([kind() for kind in kinds], device)
        self.turn, self.thread = asyncio.Lock(), ThreadPoolExecutor(1, "run")
        self.factor = speed_factor(self.engine.comparison.device)

    async def compare(self, request: Request) -> AsyncIterator[Tile]:
        """As Comparison.run. Cancelled, it gives up its turn when the running step has ended: a step goes on
        in its thread whatever becomes of who waits for it."""
        loop = asyncio.get_running_loop()
        async with self.turn:
            stop, step = Stop(), None
            tiles = iter(self.engine.run(request, stop))
            try:
                while True:
                    step = loop.run_in_executor(self.thread, next, tiles, None)
                    tile = await asyncio.shield(step)
                    if tile is None:
                        return
                    yield tile
            finally:
                stop.set()
                if step is not None and not (await asyncio.wait({step}, timeout=STEP_SECONDS))[0]:
                    os._exit(1)  # Serve puts another in its place
                await loop.run_in_executor(self.thread, tiles.close)  # type: ignore[attr-defined]

    async def about(self) -> tuple[Machine, float]:
        """What it runs on, and that device's speed factor."""
        return self.engine.machine(), self.factor


def listen_on_loopback() -> None:
    """Serve binds the port by which one replica calls another to all addresses; nobody calls ours."""
    from ray.serve._private import replica

    bind = replica.add_port_to_grpc_server
    replica.add_port_to_grpc_server = lambda server, _: bind(server, "127.0.0.1:0")


def application(
    workers: Workers, kinds: Sequence[type[Method]] = ALL, device: str = "auto", alone: bool = False
) -> Any:
    """The deployment with its arguments, as Serve runs it."""
    from ray import serve

    scale: dict[str, Any] = {"num_replicas": workers.least}
    if workers.most > workers.least:
        scale = {
            "autoscaling_config": {
                "min_replicas": workers.least,
                "max_replicas": workers.most,
                "target_ongoing_requests": TARGET,
                "upscale_delay_s": 2,
                "downscale_delay_s": 300,
                "metrics_interval_s": 1,
                "look_back_period_s": 2,
            }
        }
    deployment = serve.deployment(
        name=DEPLOYMENT,
        max_ongoing_requests=WAITING_REQUESTS,
        ray_actor_options={"num_cpus": workers.cpus, "num_gpus": workers.gpus},
        graceful_shutdown_timeout_s=STEP_SECONDS,
        **scale,
    )(Replica)
    return deployment.bind(tuple(kinds), device, workers.cpus, alone)


def app(arguments: dict[str, str]) -> Any:
    """For `serve run engine.ray:app` and Serve's config file, whose arguments are as those of the
    environment, for instance WORKERS_MAX."""
    return application(Workers.of({f"STYLEGRID_{name}": str(value) for name, value in arguments.items()}))


class Cluster:
    """The deployment, found or started, as one process sees it. Safe to share among threads."""

    def __init__(
        self, kinds: Sequence[type[Method]], device: str = "auto", folder: str | None = None
    ) -> None:
        self.methods = {kind.name: kind() for kind in kinds}
        workers, alone = Workers.of(os.environ), not os.environ.get("RAY_ADDRESS")
        connect(workers, folder)
        from ray import serve

        serve.start(proxy_location="Disabled")  # no HTTP: the page asks by Ray itself
        if APP not in serve.status().applications:
            serve.run(application(workers, kinds, device, alone), name=APP, route_prefix=None)
        self.handle = serve.get_app_handle(APP)

    def about(self) -> tuple[Machine, float]:
        """What a replica runs on, and its speed factor."""
        found: tuple[Machine, float] = self.handle.about.remote().result()
        return found

    def workers(self) -> int:
        """Replicas that run."""
        from ray import serve

        deployments = serve.status().applications[APP].deployments
        return int(deployments[DEPLOYMENT].replica_states.get("RUNNING", 0))

    def run(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """As Comparison.run. Where the replica is lost before it showed a picture, another takes the run;
        where it showed one, and at the second loss, the unfinished tiles say so."""
        tiles, shown = waiting_tiles(request.settings, self.methods), False
        for last in (False, True):
            try:
                for tile in self._tiles(request, stop):
                    tiles[tile.method], shown = tile, shown or tile.image is not None
                    yield tile
                break
            except Cancelled:
                yield from changed(tiles, stopped)
                break
            except Lost:
                if shown or last:
                    yield from changed(tiles, lambda tile: failed(tile, LOST))
                    break
                tiles = waiting_tiles(request.settings, self.methods)
            except Exception as error:
                sentence = error_message(error, "The comparison")
                yield from changed(tiles, lambda tile: failed(tile, sentence))  # noqa: B023
                break

    def _tiles(self, request: Request, stop: Stop) -> Iterator[Tile]:
        """What a replica yields. Raises Lost with it, Cancelled where `stop` is set, and what it raises."""
        response = self.handle.options(stream=True).compare.remote(request)
        news: queue.SimpleQueue[Tile | BaseException | None] = queue.SimpleQueue()
        # A thread waits for the next tile, so that who is stopped does not.
        threading.Thread(target=self._listen, args=(response, news), name="replica", daemon=True).start()
        try:
            while True:
                if stop.asked():
                    raise Cancelled
                try:
                    message = news.get(timeout=LOOK_SECONDS)
                except queue.Empty:
                    continue
                if message is None:
                    return
                if isinstance(message, BaseException):
                    raise Cancelled if stop.asked() else plain(message)
                yield message
        finally:
            response.cancel()  # a response that is dropped goes on

    @staticmethod
    def _listen(response: Iterable[Tile], news: queue.SimpleQueue[Tile | BaseException | None]) -> None:
        try:
            for tile in response:
                news.put(tile)
            news.put(None)
        except BaseException as error:  # asyncio's CancelledError is no Exception
            news.put(error)


class Lost(Exception):
    """The process that computed ended."""


class Cancelled(Exception):
    """A run was stopped."""


def plain(error: BaseException) -> BaseException:
    """Lost for what Ray raises when a process or a machine ends, else what was raised there."""
    from ray import exceptions
    from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError

    if isinstance(error, exceptions.RayTaskError):
        return error.cause if isinstance(error.cause, BaseException) else error
    ends = (
        exceptions.RayActorError,
        exceptions.WorkerCrashedError,
        exceptions.NodeDiedError,
        exceptions.OutOfMemoryError,
        exceptions.ObjectLostError,
        DeploymentUnavailableError,
        ReplicaUnavailableError,
    )
    return Lost(str(error)) if isinstance(error, ends) else error


def changed(tiles: Mapping[str, Tile], change: Callable[[Tile], Tile]) -> Iterator[Tile]:
    """The tiles that a change makes others of, changed."""
    return (new for tile in tiles.values() if (new := change(tile)) is not tile)


class Painter:
    """A worker of a batch."""

    def __init__(self, kinds: Sequence[type[Method]], device: str, threads: int) -> None:
        torch.set_num_threads(threads)
        self.comparison = Comparison([kind() for kind in kinds], device)

    def paint(self, task: Task) -> list[Painted]:
        """What the methods of a task make."""
        return paint(self.comparison, task, Stop())


class RayPool:
    """See `compare.batch.Pool`: actors, with one task that each does and one that waits for it there. A task
    whose actor ended is done again once."""

    def __init__(self, kinds: Sequence[type[Method]], device: str, count: int) -> None:
        """ValueError where there is no Ray, or the environment is unfit."""
        if problem := unavailable():
            raise ValueError(problem)
        self.kinds, self.device = tuple(kinds), device
        self.workers = Workers.of(os.environ, count)

    def run(self, tasks: Iterable[Task], stop: Stop) -> Iterator[tuple[Task, list[Painted]]]:
        """See `compare.batch.Pool`."""
        folder = ray_folder()
        connect(self.workers, folder)
        import ray

        try:
            yield from self._results(iter(tasks), stop)
        finally:
            ray.shutdown()
            shutil.rmtree(folder, ignore_errors=True)

    def _results(self, tasks: Iterator[Task], stop: Stop) -> Iterator[tuple[Task, list[Painted]]]:
        import ray

        actors = [self._actor() for _ in range(self.workers.most)]
        free = 2 * [*range(len(actors))]
        going: dict[
            Any, tuple[int, Any, Task]
        ] = {}  # by what is to come: the place, its actor then, the task
        again, twice = list[Task](), set[Task]()
        while not stop.asked():
            while free and (task := again.pop() if again else next(tasks, None)) is not None:
                place = free.pop(0)
                going[actors[place].paint.remote(task)] = place, actors[place], task
            if not going:
                return
            for result in ray.wait(list(going), timeout=LOOK_SECONDS)[0]:
                place, actor, task = going.pop(result)
                free.append(place)
                try:
                    made = ray.get(result)
                except Exception as error:
                    cause = plain(error)
                    lost = isinstance(cause, Lost)
                    if lost and actors[place] is actor:
                        actors[place] = self._actor()
                    if lost and task not in twice:
                        twice.add(task)
                        again.append(task)
                        continue
                    words = LOST if lost else f"It failed: {cause}"
                    made = [failed_row(name, words) for name in task.request.settings]
                yield task, made

    def _actor(self) -> Any:
        """Another worker."""
        import ray

        kind = ray.remote(num_cpus=self.workers.cpus, num_gpus=self.workers.gpus)(Painter)
        return kind.remote(self.kinds, self.device, self.workers.cpus)
