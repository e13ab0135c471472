"""What it means that Ray raises something: a process or a machine is gone, or what was raised there."""

from __future__ import annotations

from core.sentence import Sentence

LOST = Sentence(
    "worker_lost",
    "The worker that computed this ended, as where memory runs out or its machine goes; another takes its "
    "place: compare again.",
)


class Lost(Exception):
    """The process that computed ended."""


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
