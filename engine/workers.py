"""How many workers a cluster gives a page or a batch, and what each has, from the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from core.device import cores
from methods.settings import echo


@dataclass(frozen=True)
class Workers:
    """How many replicas there may be, and what each has; from the environment, ValueError where it is unfit.

    Attributes:
        least, most: replicas.
        cpus: cores of each, and its threads; gpus: of each.
    """

    least: int
    most: int
    cpus: int
    gpus: int

    @classmethod
    def of(cls, environment: Mapping[str, str], count: int | None = None) -> Workers:
        """Those of the environment; `count` takes the place of least and most."""
        least = count or whole(environment, "STYLEGRID_WORKERS_MIN", 1, 1)
        most = count or whole(environment, "STYLEGRID_WORKERS_MAX", least, 1)
        if most < least:
            raise ValueError(
                f"STYLEGRID_WORKERS_MAX is {most}; it must be at least STYLEGRID_WORKERS_MIN, {least}."
            )
        ours = not environment.get("RAY_ADDRESS")
        cpus = whole(environment, "STYLEGRID_WORKER_CPUS", max(1, cores() // most) if ours else 2, 1)
        gpus = whole(environment, "STYLEGRID_WORKER_GPUS", int(ours and torch.cuda.is_available()), 0)
        there = torch.cuda.device_count()
        if ours and gpus * most > there:
            raise ValueError(
                f"{most} workers with {gpus} GPUs each need {gpus * most}; this machine has {there}: set "
                "STYLEGRID_WORKERS_MAX or STYLEGRID_WORKER_GPUS."
            )
        return cls(least, most, cpus, gpus)


def whole(environment: Mapping[str, str], name: str, usual: int, least: int) -> int:
    """A whole number of the environment; ValueError where it is none, or below `least`."""
    text = environment.get(name) or str(usual)
    if not text.isdecimal() or int(text) < least:
        raise ValueError(f"{name} is {echo(text)}; it must be a whole number from {least} on.")
    return int(text)
