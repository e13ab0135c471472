"""Numbers for Prometheus at /metrics, where STYLEGRID_METRICS=1 asks for them; they name nobody."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil

from engine.queue import Queue

if TYPE_CHECKING:
    from prometheus_client.core import Metric


def metrics_of(queue: Queue) -> Callable[[], bytes] | None:
    """Gives the text of /metrics; None where it is not asked for. ValueError where its package is missing."""
    if os.environ.get("STYLEGRID_METRICS", "0") == "0":
        return None
    try:
        from prometheus_client import CollectorRegistry, generate_latest
    except ModuleNotFoundError as error:
        raise ValueError("STYLEGRID_METRICS needs the package prometheus-client: install it.") from error
    registry = CollectorRegistry()
    registry.register(Collector(queue))
    return lambda: generate_latest(registry)


class Collector:
    """Looks at the line and at the processes when it is asked."""

    def __init__(self, queue: Queue) -> None:
        self.queue = queue

    def collect(self) -> Iterator[Metric]:
        """What there is to know now."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        queue = self.queue
        text = "Comparisons that ended, inspections and work of the style space with them."
        ended = CounterMetricFamily("stylegrid_comparisons", text, labels=["outcome"])
        for outcome, count in dict(queue.outcomes).items():
            ended.add_metric([outcome], count)
        yield ended
        yield CounterMetricFamily("stylegrid_seconds", "Seconds that they took.", value=queue.seconds)
        running, waiting = queue.standing()
        yield GaugeMetricFamily("stylegrid_running", "Comparisons that run or are paused.", value=running)
        yield GaugeMetricFamily("stylegrid_waiting", "Comparisons in line.", value=waiting)
        ready = queue.engine.ready()
        yield GaugeMetricFamily("stylegrid_ready", "Whether one could begin.", value=float(ready))
        memory = GaugeMetricFamily("stylegrid_memory_bytes", "Resident memory.", labels=["process"])
        page = psutil.Process()
        memory.add_metric(["page"], page.memory_info().rss)
        with suppress(psutil.Error):  # as where one ends just now
            children = sum(each.memory_info().rss for each in page.children(recursive=True))
            memory.add_metric(["engine"], children)
        yield memory
