"""The engine of several workers as the page holds it: Ray's client is a child process of the page.

A process that uses Ray ends when the head of its cluster does; the page goes on, and another client begins.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection

import psutil

from compare.schema import Request
from core.sentence import Sentence
from engine.child import Child
from engine.process import ProcessEngine
from engine.ray.client import Cluster
from engine.ray.connection import ray_folder, unavailable
from engine.worker import Worker, kill_family
from engine.workers import Workers
from methods.base import Method, Stop

LOOK_SECONDS = 1.0  # between two looks at how many workers run
STOP_SECONDS = 15.0  # for the client to end a run: it waits for no worker, and is killed where it hangs

log = logging.getLogger("stylegrid.engine")


class RayEngine(ProcessEngine):
    """See `Engine`. ValueError where there is no Ray, or the environment is unfit."""

    pauses = False  # no run waits for a long one where there are workers enough
    who = Sentence("process_asking", "The process that asks the workers")
    stop_seconds = STOP_SECONDS

    def __init__(self, methods: Sequence[Method], device: str = "auto") -> None:
        if problem := unavailable():
            raise ValueError(problem)
        Workers.of(os.environ)
        self.folder = ray_folder()
        super().__init__(methods, device)

    @property
    def workers(self) -> int:  # type: ignore[override]
        """Replicas that run."""
        return max(1, int(self.worker.told.get("workers", 1)))

    def warm(self, request: Request, stop: Stop) -> None:
        """Nothing: which worker a run will have is known when it has it."""

    def close(self) -> None:
        """End the client, and the Ray that it began."""
        super().close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> Worker:
        kinds = [type(method) for method in self.methods.values()]
        return Worker(serve, (kinds, self.device, self.folder), self._replace, watched=False)

    def _measured(self) -> float:
        return float(self._ready(Stop()).told["speed"])


def serve(connection: Connection, kinds: Sequence[type[Method]], device: str, folder: str) -> None:
    """What the client does until the page is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal reaches it as well: the page decides
    logging.basicConfig(format="%(asctime)s %(name)s %(message)s")
    try:
        cluster = Cluster(kinds, device, folder)
        child = Child(connection, cluster.run)
        machine, speed = cluster.about()
        child.send("speed", 0, speed)
        threading.Thread(target=count, args=(cluster, child), name="workers", daemon=True).start()
        child.serve(machine)
    except Exception:
        log.exception("The workers cannot be used")
    finally:
        kill_family(psutil.Process())
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)  # at once, whatever its threads are doing


def count(cluster: Cluster, child: Child) -> None:
    """Tell the page how many workers run, whenever that changes."""
    told = 0
    while True:
        with suppress(Exception):  # the next look may find an answer
            found = cluster.workers()
            if found != told:
                child.send("workers", 0, found)
                told = found
        time.sleep(LOOK_SECONDS)
