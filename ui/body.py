"""The body of an HTTP request on its way in: how large it may be, how long it may take, what it may hold."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.formparsers import MultiPartException

from compare.limits import Limits
from core.formats import START, recognised

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

MOST_NAME = 100  # characters of a session's name; Gradio's clients choose at most 36
SECONDS = 60  # in which a body must have arrived; an upload has as long for each of its messages


class Refusal(MultiPartException):
    """A body is not taken: an HTTP status and a sentence. Gradio's reader of uploads, which gets it from
    `Body.receive`, removes what it has written by then and answers with the sentence itself."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Body:
    """A request's body: counted, with a time limit, read ahead where it is no upload.

    Args:
        kind: its content type, by which the files of an upload are told apart; None for what is no upload.
    """

    def __init__(self, receive: Receive, limits: Limits, kind: str | None = None) -> None:
        self._receive, self.upload = receive, kind is not None
        self._parts = None if kind is None else Parts(kind, limits)
        self.most = limits.upload_bytes * limits.upload_files if self.upload else limits.json_bytes
        self.bytes, self.ended, self._kept = 0, False, list[Message]()

    @property
    def sentence(self) -> str:
        """What is said where it is too large."""
        return f"The request is too large: at most {self.most:,} bytes are allowed."

    async def read(self) -> bytes:
        """The whole body, which `receive` then gives again. Raises Refusal."""
        try:
            await asyncio.wait_for(self._read(), SECONDS)
        except asyncio.TimeoutError as error:
            raise late() from error
        return b"".join(message.get("body", b"") for message in self._kept)

    async def receive(self) -> Message:
        """The next message of the request, as ASGI has it. Raises Refusal."""
        if self._kept:
            return self._kept.pop(0)
        if self.ended:
            return await self._receive()  # waits for the visitor to leave
        try:
            return await asyncio.wait_for(self._next(), SECONDS)
        except asyncio.TimeoutError as error:
            raise late() from error

    async def _read(self) -> None:
        while not self.ended:
            self._kept.append(await self._next())

    async def _next(self) -> Message:
        message = await self._receive()
        data = message.get("body", b"")
        self.bytes += len(data)
        if self.bytes > self.most:
            raise Refusal(413, self.sentence)
        if self._parts is not None:
            self._parts.write(data)
        self.ended = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


class Parts:
    """Watches the files of an upload as they come: how many, how large, of which kind."""

    def __init__(self, kind: str, limits: Limits) -> None:
        boundary = parse_options_header(kind)[1].get(b"boundary")
        if not boundary:
            raise Refusal(400, "The upload is no form with files.")
        self.limits, self.files, self.bytes, self.start = limits, 0, 0, b""
        try:
            self._parser = MultipartParser(
                boundary, {"on_part_begin": self._begin, "on_part_data": self._data}
            )
        except FormParserError as error:
            raise Refusal(400, "The upload is no form with files.") from error

    def write(self, data: bytes) -> None:
        """Look at the next bytes. Raises Refusal."""
        try:
            self._parser.write(data)
        except FormParserError as error:
            raise Refusal(400, "The upload is damaged.") from error

    def _begin(self) -> None:
        self.files, self.bytes, self.start = self.files + 1, 0, b""
        if self.files > self.limits.upload_files:
            raise Refusal(413, f"At most {self.limits.upload_files} files are allowed in one upload.")

    def _data(self, data: bytes, start: int, end: int) -> None:
        self.bytes += end - start
        self.start += data[start : min(end, start + START - len(self.start))]
        known = recognised(self.start)
        most = self.limits.upload_bytes if known else min(self.limits.json_bytes, self.limits.upload_bytes)
        if self.bytes > most:
            what = "" if known else " that is neither a picture nor a network"
            raise Refusal(413, f"The file is too large: at most {most:,} bytes are allowed of one{what}.")


def late() -> Refusal:
    """What a body meets that does not arrive."""
    return Refusal(408, f"The request took longer than {SECONDS} s to arrive.")


def names_address(data: bytes) -> bool:
    """Whether JSON has a file whose path is an address, which Gradio would fetch in whole, or no text; or a
    session without a name, or with an endless one."""
    try:
        rest = [json.loads(data)]
    except (ValueError, RecursionError):
        return False  # which Gradio refuses
    while rest:
        value = rest.pop()
        if isinstance(value, list):
            rest += value
        elif isinstance(value, dict):
            session = value.get("session_hash", "-")
            if isinstance(session, str) and not 0 < len(session) <= MOST_NAME:
                return True  # of an empty one Gradio's queue would die, for everybody; it keeps long ones
            path = value.get("path")
            if isinstance(path, str) and ("://" in path or not path.isprintable()):
                return True  # what cannot be printed would forge lines of the log
            rest += value.values()
    return False
