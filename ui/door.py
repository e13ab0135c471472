"""What every HTTP request passes before Gradio sees it: sizes, closed addresses, headers, signs of life."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

from compare.limits import current
from ui.body import Body, Message, Receive, Refusal, names_address

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
HEADERS = (  # no X-Frame-Options: a Space lives in a frame of the Hub's
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"permissions-policy", b"geolocation=(), microphone=(), payment=(), usb=()"),
)


class Door:
    """ASGI middleware in front of the page. `ready` says whether a comparison could begin."""

    def __init__(self, app: App, ready: Callable[[], bool] = lambda: True) -> None:
        self.app, self.ready = app, ready
        self.open = Counter[str]()  # requests by address

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        path = unquote(scope["path"])
        if path == "/healthz":
            return await answer(send, 200, "ok")
        if path == "/readyz":
            return await (answer(send, 200, "ok") if self.ready() else answer(send, 503, "not yet"))
        if closed(path):
            return await answer(send, 403, "This address is closed.")
        address, most = (scope.get("client") or ("",))[0], current().requests
        if self.open[address] >= most:
            return await answer(send, 429, f"At most {most} requests of an address are answered at once.")
        self.open[address] += 1
        try:
            await self.admitted(path, scope, receive, send)
        finally:
            self.open[address] -= 1
            if not self.open[address]:
                del self.open[address]

    async def admitted(self, path: str, scope: Message, receive: Receive, send: Send) -> None:
        """Let a request through unless its body is refused."""
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        headers = dict(scope["headers"])
        upload = path.startswith(f"{PREFIX}/upload") and scope["method"] == "POST"
        try:
            kind = headers.get(b"content-type", b"").decode("latin-1") if upload else None
            body = Body(receive, current(), kind)
            stated = headers.get(b"content-length", b"0")
            if not stated.isdigit() or int(stated) > body.most:
                raise Refusal(413, body.sentence)
            if scope["method"] == "POST" and not upload and names_address(await body.read()):
                raise Refusal(403, "Files are uploaded first; addresses are not fetched.")
            await self.app(scope, body.receive, sent)
        except Refusal as refusal:
            if not begun:
                await answer(send, refusal.status, refusal.sentence)


def closed(path: str) -> bool:
    """Whether a path, unquoted, leads to something that strangers have no business with."""
    inner = path.removeprefix(PREFIX)
    return (
        "://" in path or inner.startswith(CLOSED) or inner.lower().startswith(("/file=http:", "/file=https:"))
    )


async def answer(send: Send, status: int, sentence: str) -> None:
    """A small answer of our own, as Gradio's errors are: JSON with a detail."""
    data = json.dumps({"detail": sentence}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(data)).encode()), *HEADERS]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": data})
