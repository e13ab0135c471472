"""A server on 127.0.0.1 that speaks as much of the Hub's protocol as its client needs, faults included."""

from __future__ import annotations

import base64
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"
BLOCK, LARGE_BLOCK = 2**16, 2**22  # bytes; the second of files on the disk


@dataclass
class Repo:
    """A repository: files by path, as bytes or on the disk with their hash given, at one commit."""

    files: dict[str, bytes | Path] = field(default_factory=dict)
    commit: str = COMMIT
    etags: dict[str, str] = field(default_factory=dict)

    def etag(self, name: str) -> str:
        content = self.files[name]
        return self.etags.get(name) or sha256(content if isinstance(content, bytes) else b"").hexdigest()


class LocalHub(ThreadingHTTPServer):
    """Serves `repos`, keyed as in its addresses: OWNER/NAME, spaces/OWNER/NAME.

    Attributes:
        faults: by "HEAD" or "GET", what goes wrong with the next requests for a file: a status, "hang" (no
            answer), "drop" (half the body, then the connection breaks), "stall" (half, then nothing),
            "truncate" (a whole answer with half the body), "empty" (one with none of it), "wrong" (a bit
            differs), "whole" (no ranges).
        requests: all requests for files so far: method, path, range.
        sent: bytes of bodies so far.
        tokens: what came as Authorization.
        pace: seconds between the blocks of a body.
        created: the requests for new repositories; denied: whether that is refused.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos: dict[str, Repo] = {}
        self.faults: dict[str, Iterator[str | int]] = {}
        self.requests: list[tuple[str, str, str]] = []
        self.sent = 0
        self.tokens: set[str] = set()
        self.pace = 0.0
        self.uploads: dict[str, bytes] = {}
        self.created: list[dict[str, Any]] = []
        self.denied = False
        self.ended = threading.Event()
        self.connections: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Be gone, for connections that are still open as well."""
        self.ended.set()
        self.shutdown()
        self.server_close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.connections.append(connection)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that leaves is no error."""

    def fault(self, method: str) -> str | int | None:
        return next(self.faults.get(method, iter(())), None)


class Handler(BaseHTTPRequestHandler):
    server: LocalHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self.file()

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        if "/resolve/" in path:
            self.file()
        elif path == "/api/whoami-v2":
            self.json({"name": "owner", "type": "user", "orgs": [], "auth": {}})
        elif path.startswith("/api/") and self.repo_of(path) in self.server.repos:
            repo = self.repo_of(path)
            files = [{"rfilename": name} for name in self.server.repos[repo].files]
            self.json({"id": repo, "sha": self.server.repos[repo].commit, "siblings": files, "tags": []})
        elif path == "/api/agent-harnesses":
            self.json([])
        else:
            self.error(404, "RepoNotFound")

    def do_POST(self) -> None:
        path = urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.tokens.add(self.headers.get("Authorization", ""))
        if self.server.denied:
            self.error(403)
        elif path == "/api/repos/create":
            self.create(json.loads(body))
        elif path == "/api/validate-yaml":
            self.json({"errors": [], "warnings": []})
        elif "/preupload/" in path:
            files = json.loads(body)["files"]
            mode = [
                "lfs" if each["size"] > 10_000 or each["path"].endswith(".safetensors") else "regular"
                for each in files
            ]
            self.json(
                {
                    "files": [
                        {"path": each["path"], "uploadMode": how, "shouldIgnore": False}
                        for each, how in zip(files, mode, strict=True)
                    ]
                }
            )
        elif path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            href = f"{self.server.url}/lfs/"
            self.json(
                {
                    "transfer": "basic",
                    "objects": [
                        {**each, "actions": {"upload": {"href": href + each["oid"]}}} for each in objects
                    ],
                }
            )
        elif "/commit/" in path:
            self.commit(self.repo_of(path), body)
        else:
            self.error(404, "EntryNotFound")

    def do_PUT(self) -> None:
        oid = self.path.rpartition("/")[2]
        self.server.uploads[oid] = self.rfile.read(int(self.headers["Content-Length"]))
        self.json({})

    @staticmethod
    def repo_of(path: str) -> str:
        kind, owner, name = path.removeprefix("/api/").split("/")[:3]
        return f"{owner}/{name}" if kind == "models" else f"{kind}/{owner}/{name}"

    def create(self, request: dict[str, Any]) -> None:
        self.server.created.append(request)
        kind = request.get("type", "model")
        owner = request.get("organization") or "owner"
        repo = f"{owner}/{request['name']}" if kind == "model" else f"{kind}s/{owner}/{request['name']}"
        self.server.repos.setdefault(repo, Repo())
        self.json({"url": f"{self.server.url}/{repo}", "name": f"{owner}/{request['name']}", "id": COMMIT})

    def commit(self, repo: str, body: bytes) -> None:
        files = self.server.repos[repo].files
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                content = self.server.uploads[value["oid"]]
                assert sha256(content).hexdigest() == value["oid"]
                files[value["path"]] = content
            elif entry["key"] == "deletedFile":
                del files[value["path"]]
        self.json(
            {"commitUrl": f"{self.server.url}/{repo}/commit/{COMMIT}", "commitOid": COMMIT, "success": True}
        )

    def file(self) -> None:
        repo, _, rest = unquote(urlsplit(self.path).path).strip("/").partition("/resolve/")
        revision, _, name = rest.partition("/")
        server = self.server
        server.requests.append((self.command, name, self.headers.get("Range", "")))
        server.tokens.add(self.headers.get("Authorization", ""))
        fault = server.fault(self.command)
        if fault == "hang":
            server.ended.wait()
            self.close_connection = True
        elif isinstance(fault, int):
            self.error(fault)
        elif repo not in server.repos:
            self.error(401 if self.command == "HEAD" else 404, "RepoNotFound")
        elif revision not in ("main", server.repos[repo].commit):
            self.error(404, "RevisionNotFound")
        elif name not in server.repos[repo].files:
            self.error(404, "EntryNotFound", {"X-Repo-Commit": server.repos[repo].commit})
        else:
            self.body(server.repos[repo], name, fault)

    def body(self, repo: Repo, name: str, fault: str | None) -> None:
        content = repo.files[name]
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        first, last, status = 0, size, 200
        requested = self.headers.get("Range", "")
        if requested and self.command == "GET" and fault != "whole":
            begin, _, end = requested.removeprefix("bytes=").partition("-")
            first, last, status = int(begin), min(int(end) + 1 if end else size, size), 206
        length = {"truncate": (last - first) // 2, "empty": 0}.get(fault, last - first)
        self.send_response(status)
        self.send_header("X-Repo-Commit", repo.commit)
        self.send_header("ETag", f'"{repo.etag(name)}"')
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(length))
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{last - 1}/{size}")
        self.end_headers()
        if self.command == "HEAD":
            return
        if fault in ("drop", "stall"):
            length //= 2
        for block in blocks(content, first, first + length):
            self.wfile.write(bytes([block[0] ^ 1]) + block[1:] if fault == "wrong" else block)
            self.server.sent += len(block)
            self.server.ended.wait(self.server.pace)
        if fault == "stall":
            self.wfile.flush()
            self.server.ended.wait()
        self.close_connection = fault in ("drop", "stall")

    def json(self, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def error(self, status: int, code: str = "", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()


def blocks(content: bytes | Path, first: int, last: int) -> Iterator[bytes]:
    """The bytes from one place up to another, a block at a time."""
    if isinstance(content, bytes):
        yield from (content[place : min(place + BLOCK, last)] for place in range(first, last, BLOCK))
        return
    with content.open("rb") as file:
        file.seek(first)
        for place in range(first, last, LARGE_BLOCK):
            yield file.read(min(LARGE_BLOCK, last - place))
