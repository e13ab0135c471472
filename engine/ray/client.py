"""The deployment as one process asks it: its tiles, a stop passed on, and what becomes of a lost replica."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterable, Iterator, Sequence

from compare.comparison import waiting_tiles
from compare.schema import Request, Tile
from compare.scoring import error_message
from engine.base import Machine
from engine.ray.connection import connect
from engine.ray.deployment import DEPLOYMENT, application
from engine.ray.losses import LOST, Lost, plain
from engine.unfinished import COMPARISON, changed, failed, stopped
from engine.workers import Workers
from methods.base import Method, Stop

APP = "stylegrid"
LOOK_SECONDS = 0.05  # until a stop is passed on


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
        tiles, shown = waiting_tiles(request.settings, self.methods, request.style_name), set[str]()
        painted = False
        for last in (False, True):
            try:
                for tile in self._tiles(request, stop):
                    tiles[tile.method], painted = tile, painted or tile.image is not None
                    shown.add(tile.method)
                    yield tile
                break
            except Cancelled:
                yield from changed(tiles, shown, stopped)
                break
            except Lost:
                if painted or last:
                    yield from changed(tiles, shown, lambda tile: failed(tile, LOST))
                    break
                tiles = waiting_tiles(request.settings, self.methods, request.style_name)
            except Exception as error:
                sentence = error_message(error, COMPARISON)
                yield from changed(tiles, shown, lambda tile: failed(tile, sentence))  # noqa: B023
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


class Cancelled(Exception):
    """A run was stopped."""
