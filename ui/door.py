"""What every HTTP request passes before Gradio sees it: sizes, closed addresses, headers, signs of life."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs, unquote

from anyio import to_thread

from compare.limits import current
from ui.body import MOST_NAME, Body, Message, Receive, Refusal, names_address
from ui.disk import Disk
from ui.upkeep import Upkeep
from ui.uploads import uploads
from ui.visitors import SCOPE, Readers, Visitors

Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

PREFIX = "/gradio_api"
CLOSED = (  # they fetch foreign addresses, change the page, or tell of other visitors
    "/api/",
    "/proxy=",
    "/monitoring",
    "/profiling",
    "/runs",
    "/run-history",
    "/process_recording",
    "/vibe-",
    "/undo-vibe-",
)
NEW = ("/", "/vote", "/config", "/visitor")  # where who comes without a cookie gets one
HEADERS = (  # no X-Frame-Options: a Space lives in a frame of the Hub's
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=(), usb=()"),
)


class Door:
    """ASGI middleware in front of the page.

    Args:
        ready: whether a comparison could begin; metrics: what /metrics answers, None where that is closed.
    """

    def __init__(
        self,
        app: App,
        ready: Callable[[], bool] = lambda: True,
        metrics: Callable[[], bytes] | None = None,
    ) -> None:
        self.app, self.ready, self.metrics = app, ready, metrics
        self.open, self.present = Counter[str](), Counter[str]()  # requests by network, and by visitor
        self.visitors, self.readers, self.disk = Visitors(), Readers(), Disk()
        self.upkeep = Upkeep(self.readers, self.disk, self.present)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.lifespan(scope, receive, send)
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = unquote(scope["path"])
        if path == "/healthz":
            return await answer(send, 200, "ok")
        if path == "/readyz":
            return await (answer(send, 200, "ok") if self.ready() else answer(send, 503, "not yet"))
        if path == "/metrics" and self.metrics is not None:
            return await answer(send, 200, self.metrics().decode(), b"text/plain")
        if closed(path):
            return await answer(send, 403, "This address is closed.")
        visitor, most = self.visitors.of(scope), current().requests
        if self.open[visitor.network] >= most:
            return await answer(send, 429, f"At most {most} requests of an address are answered at once.")
        if not visitor.known and path in NEW:
            visitor = self.visitors.new(visitor.network)
            send = with_headers(send, self.visitors.cookie(visitor, scope.get("scheme", "http")))
        if path == "/visitor":
            return await answer(send, 200, self.visitors.token(visitor), b"text/plain")
        read = streams(path, scope)
        self.open[visitor.network] += 1
        self.present[visitor.key] += 1
        self.readers.enter(read)
        try:
            await self.admitted(path, {**scope, SCOPE: (visitor, self.readers)}, receive, send)
        finally:
            self.readers.leave(read)
            for counted, name in ((self.open, visitor.network), (self.present, visitor.key)):
                counted[name] -= 1
                if not counted[name]:
                    del counted[name]

    async def lifespan(self, scope: Message, receive: Receive, send: Send) -> None:
        """From the start of the application to its end."""
        upkeep = asyncio.create_task(self.upkeep.run(scope["app"]))
        try:
            await self.app(scope, receive, send)
        finally:
            upkeep.cancel()

    async def admitted(self, path: str, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request through unless its body is refused."""
        begun, send, told = False, with_headers(send, *HEADERS), list[bytes]()

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
            elif upload:
                told.append(message.get("body", b""))
            await send(message)

        headers = dict(scope["headers"])
        upload = path.startswith(f"{PREFIX}/upload") and scope["method"] == "POST"
        try:
            kind = headers.get(b"content-type", b"").decode("latin-1") if upload else None
            body = Body(receive, current(), kind)
            stated = headers.get(b"content-length", b"0")
            owner = scope[SCOPE][0].key
            if upload and stated.isdigit() and int(stated) > (room := self.disk.room(owner)):
                raise Refusal(413, f"{max(0, room):,.0f} bytes more may be uploaded within this hour.")
            if not stated.isdigit() or int(stated) > body.most:
                raise Refusal(413, body.sentence)
            if scope["method"] == "POST" and not upload and names_address(await body.read()):
                raise Refusal(
                    403,
                    "Files are uploaded first; addresses are not fetched; a session has a name of at most "
                    f"{MOST_NAME} characters.",
                )
            await self.app(scope, body.receive, sent)
            if upload:
                self.disk.uploaded(owner, body.bytes)
                uploads().came(paths_in(b"".join(told)), owner)
                await to_thread.run_sync(self.disk.trim)
        except Refusal as refusal:
            if not begun:
                await answer(send, refusal.status, refusal.sentence)


def closed(path: str) -> bool:
    """Whether a path, unquoted, leads to something that strangers have no business with."""
    inner = path.removeprefix(PREFIX)
    return (
        "://" in path or inner.startswith(CLOSED) or inner.lower().startswith(("/file=http:", "/file=https:"))
    )


def streams(path: str, scope: Message) -> list[str]:
    """Whose messages a request reads: a session's or an event's; none where it reads none."""
    inner = path.removeprefix(PREFIX)
    if inner == "/queue/data":
        return parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_hash", [])[:1]
    if inner.startswith("/call/") and scope["method"] == "GET":
        return [inner.rstrip("/").rpartition("/")[2]]
    return []


def paths_in(answer: bytes) -> list[str]:
    """The paths that an upload is answered with; none where it is refused."""
    try:
        found = json.loads(answer)
    except ValueError:
        return []
    return [path for path in found if isinstance(path, str)] if isinstance(found, list) else []


def with_headers(send: Send, *headers: tuple[bytes, bytes]) -> Send:
    """`send`, with more headers in the answer."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return sent


async def answer(send: Send, status: int, text: str, kind: bytes = b"application/json") -> None:
    """A small answer of our own, as Gradio's errors are: JSON with a detail; or text as it is."""
    data = text.encode() if kind == b"text/plain" else json.dumps({"detail": text}).encode()
    headers = [(b"content-type", kind), (b"content-length", str(len(data)).encode()), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
