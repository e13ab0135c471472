"""A pool of actors that paints the pairs of a batch."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch

from compare.batch import Task, paint
from compare.batch_folder import Painted, failed_row
from compare.comparison import Comparison
from engine.ray.connection import connect, ray_folder, unavailable
from engine.ray.losses import LOST, Lost, plain
from engine.workers import Workers
from methods.base import Method, Stop

WAIT_SECONDS = 0.05  # for a result, until a stop is looked for


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
        try:
            connect(self.workers, folder)
            yield from self._results(iter(tasks), stop)
        finally:
            import ray  # not before `connect` has set the environment that it reads

            ray.shutdown()
            shutil.rmtree(folder, ignore_errors=True)

    def _results(self, tasks: Iterator[Task], stop: Stop) -> Iterator[tuple[Task, list[Painted]]]:
        import ray

        actors = [self._actor() for _ in range(self.workers.most)]
        free = 2 * [*range(len(actors))]
        # by what is to come: the place, its actor then, the task
        going: dict[Any, tuple[int, Any, Task]] = {}
        again, twice = list[Task](), set[Task]()
        while not stop.asked():
            while free and (task := again.pop() if again else next(tasks, None)) is not None:
                place = free.pop(0)
                going[actors[place].paint.remote(task)] = place, actors[place], task
            if not going:
                return
            for result in ray.wait(list(going), timeout=WAIT_SECONDS)[0]:
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
