"""What is looked after while the page is served: its connections, Gradio's messages, and the disk."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from anyio import to_thread

from ui.connections import Connections
from ui.disk import Disk
from ui.undelivered import Undelivered
from ui.uploads import uploads
from ui.visitors import Readers

LOOK_SECONDS = 1  # between two looks
DISK_LOOKS = 60  # of which one is at the disk

log = logging.getLogger(__name__)


class Upkeep:
    """Args: readers: who fetches messages; disk: of uploads; present: visitors who have a request open, as
    an open page has."""

    def __init__(self, readers: Readers, disk: Disk, present: Collection[str]) -> None:
        self.connections, self.undelivered = Connections(), Undelivered(readers)
        self.disk, self.present = disk, present

    async def run(self, app: Any) -> None:
        """Look after Gradio's application in its loop, until that is cancelled."""
        looks = 0
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            looks += 1
            try:
                page = app.get_blocks()
                self.undelivered.look(page._queue)
                server = page.server  # None where another program than Gradio's serves it
                if server is not None:
                    self.connections.look(server.server_state.connections)
                if looks % DISK_LOOKS == 0:
                    await to_thread.run_sync(self.disk.remove, uploads().due(self.present))
                    await to_thread.run_sync(self.disk.trim)
            except Exception:
                log.exception("The page could not be looked after")
