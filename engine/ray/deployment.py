"""Replicas of the inline engine behind one Serve deployment: what computes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch

from compare.costs import speed_factor
from compare.schema import Request, Tile
from engine.base import Machine
from engine.inline import InlineEngine
from engine.workers import Workers
from methods import ALL
from methods.base import Method, Stop

DEPLOYMENT = "comparisons"
STEP_SECONDS = 5.0  # that a stopped method has until its next check, before its replica is replaced
WAITING_REQUESTS = 4  # of a replica, the running one counted; the line in front lets fewer come
# Replicas for each comparison that goes on, so that the next one finds a free one where there may be more.
TARGET = 0.8


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
    """For `serve run engine.ray.deployment:app` and Serve's config file, whose arguments are as those of the
    environment, for instance WORKERS_MAX."""
    return application(Workers.of({f"STYLEGRID_{name}": str(value) for name, value in arguments.items()}))
