"""Messages of Gradio's queue that nobody fetches: dropped after a while, for it keeps them for ever."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from compare.limits import current
from ui.visitors import Readers


class Undelivered:
    """Looks at a queue's sessions every now and then.

    A session's messages go when none of its events goes on and nobody has read them for `message_seconds`.
    """

    def __init__(self, readers: Readers, clock: Callable[[], float] = time.monotonic) -> None:
        self.readers, self.clock = readers, clock
        self.since: dict[str, float] = {}  # when a session was first seen so

    def look(self, queue: Any) -> None:
        """Drop what is due of a `gradio.queueing.Queue`, in whose loop this is called."""
        now, messages, events = (
            self.clock(),
            queue.pending_messages_per_session,
            queue.pending_event_ids_session,
        )
        going = {event.session_hash for event in queue.event_ids_to_events.values()}
        unread = {
            session: self.since.get(session, now)
            for session in {*messages, *events} - going
            if not self.readers.open.keys() & {session, *events.get(session, ())}
        }
        due = [session for session, moment in unread.items() if now - moment > current().message_seconds]
        for session in due:
            del unread[session]
            messages.pop(session, None)
            events.pop(session, None)
        self.since = unread
