"""Who a visitor is: by a signed cookie, by the same as a token where cookies are blocked, or by address."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from http.cookies import CookieError, SimpleCookie
from typing import Any

import gradio as gr
from itsdangerous import BadSignature, Signer

from compare.limits import current
from engine.visitor import Visitor

SCOPE = "stylegrid.visit"  # where the door leaves (Visitor, Readers) for the page's handlers
COOKIE = "stylegrid-visitor"
HEADER = b"x-stylegrid-visitor"  # of a token, which visitor.js keeps in the browser's storage
SECONDS = 30 * 24 * 3600  # that a browser keeps the cookie
IPV6_PREFIX = 64  # bits of an address that a household has


class Visitors:
    """Recognises those whom it has given a cookie or a token, which STYLEGRID_SECRET signs; without that a
    secret of this process does, so that all are strangers again after a restart."""

    def __init__(self, secret: str | None = None) -> None:
        secret = secret or os.environ.get("STYLEGRID_SECRET") or secrets.token_hex(32)
        self.signer = Signer(secret, salt="stylegrid visitor", digest_method=hashlib.sha256)

    def of(self, scope: Any) -> Visitor:
        """Who sent a request, by its ASGI scope."""
        headers = dict(scope["headers"])
        network = network_of((scope.get("client") or ("",))[0])
        for signed in (cookie_of(headers.get(b"cookie", b"")), headers.get(HEADER, b"").decode("latin-1")):
            try:
                return Visitor(self.signer.unsign(signed).decode(), network)
            except BadSignature:
                continue
        return Visitor(network, network, known=False)

    def new(self, network: str = "") -> Visitor:
        """One who has not been here."""
        return Visitor(secrets.token_urlsafe(16), network)

    def token(self, visitor: Visitor) -> str:
        """What a known visitor is recognised by."""
        return self.signer.sign(visitor.key).decode()

    def cookie(self, visitor: Visitor, scheme: str) -> tuple[bytes, bytes]:
        """The header that sets the cookie. Behind https it is sent from a frame too, as a Space lives in."""
        frame = "SameSite=None; Secure; Partitioned" if scheme == "https" else "SameSite=Lax"
        text = f"{COOKIE}={self.token(visitor)}; Path=/; Max-Age={SECONDS}; HttpOnly; {frame}"
        return b"set-cookie", text.encode()


class Readers:
    """Which streams of messages are read, by the session or event that they belong to."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.open: dict[str, int] = {}
        self.left: dict[str, float] = {}  # when the last reader went

    def enter(self, names: Iterable[str]) -> None:
        """Somebody begins to read."""
        for name in names:
            self.open[name] = self.open.get(name, 0) + 1

    def leave(self, names: Iterable[str]) -> None:
        """Somebody no longer reads."""
        for name in names:
            self.open[name] -= 1
            if not self.open[name]:
                del self.open[name]
                self.left[name] = self.clock()
        oldest = self.clock() - 2 * current().reader_seconds
        self.left = {name: moment for name, moment in self.left.items() if moment > oldest}

    def here(self, name: str, since: float) -> bool:
        """Whether somebody reads, or has a short while ago; `since` is when they could begin."""
        absent = self.clock() - max(since, self.left.get(name, since))
        return name in self.open or absent < current().reader_seconds


def visitor_of(request: gr.Request) -> Visitor:
    """Who caused an event, and whether they read what comes of it."""
    if request.request is None:  # made by hand, as in tests
        return Visitor(str(request.kwargs.get("visitor", "")))
    visit: tuple[Visitor, Readers] | None = request.request.scope.get(SCOPE)
    if visit is None:  # served without the door
        network = network_of(request.client.host if request.client else "")
        return Visitor(network, network, known=False)
    visitor, readers = visit
    here = partial(readers.here, request.session_hash or "", readers.clock())
    return replace(visitor, here=here)


def page_of(request: gr.Request) -> str:
    """The key of one of a visitor's pages. The session, which a client chooses, tells apart theirs alone."""
    return f"{visitor_of(request).key}/{request.session_hash or ''}"


def network_of(address: str) -> str:
    """What addresses are counted by: an IPv6 one by its first 64 bits, which one household has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def cookie_of(header: bytes) -> str:
    """Our cookie's value in a Cookie header; empty where it is not there."""
    try:
        morsel = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    except CookieError:
        return ""
    return morsel.value if morsel else ""
