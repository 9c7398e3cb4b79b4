"""Refuses requests that another site's page may have sent, before they reach any route.

A browser sends this server's cookie along whoever makes it send a request, so each websocket and
each request that may change something must say that it comes from a page of this server. The Host
is checked on every request: a name that resolves to this machine without being ours (DNS rebinding)
would make another site's page count as our own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.protocol.events import Problem
from server.web.error_table import answer

TWO_LENGTHS = "A request has either a Content-Length or a Transfer-Encoding, not both."
FOREIGN = "This request does not come from a page of this server; see --allow-origin."
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
ANY_ADDRESS = frozenset({"0.0.0.0", "::", ""})
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    # The page brings its own; nothing else that is served here is a page.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


def is_loopback(host: str) -> bool:
    """Whether a server bound to this address can only be reached from its own machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Policy:
    """Which hosts and origins are this server's own.

    Those are the loopback names and the address it is bound to, and what the settings allow. A
    server bound to all addresses also goes by any address written in numbers: nobody can make
    numbers resolve to something else.
    """

    def __init__(self, host: str, port: int, allowed_origins: Iterable[str]) -> None:
        names = {*LOOPBACK_NAMES, f"[{host}]" if ":" in host else host} - {"", "[::]", "0.0.0.0"}
        own = {f"http://{name}:{port}" for name in names}
        # Browsers leave the scheme's own port out.
        own |= {f"http://{name}" for name in names if port == 80}
        self._origins = own | {origin.rstrip("/").lower() for origin in allowed_origins}
        self._hosts = {urlsplit(origin).netloc for origin in self._origins}
        self._any_address = host in ANY_ADDRESS
        self._port = port

    def allows_host(self, host: str | None) -> bool:
        """Whether a request to this Host is meant for this server."""
        if host is None:
            return False
        return host.lower() in self._hosts or self._is_address(host)

    def allows_origin(self, origin: str | None, host: str, *, has_cookie: bool) -> bool:
        """Whether a request from this Origin may change something.

        Programs send no Origin, browsers always do: without one a cookie is not to be trusted.
        """
        if origin is None:
            return not has_cookie
        own = self._is_address(host) and origin.lower() == f"http://{host.lower()}"
        return own or origin.lower() in self._origins

    def _is_address(self, host: str) -> bool:
        if not self._any_address:
            return False
        try:
            parts = urlsplit(f"//{host}")
            ipaddress.ip_address(parts.hostname or "")
            return (parts.port or 80) == self._port
        except ValueError:
            return False


class Guard:
    """Middleware that applies a policy, and sets the headers that every response has."""

    def __init__(self, app: ASGIApp, policy: Policy) -> None:
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        if scope["type"] == "http" and _has_two_lengths(scope):
            await _respond(400, TWO_LENGTHS, {"connection": "close"}, scope, receive, send)
            return
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": refusal})
        else:
            await _respond(403, refusal, {}, scope, receive, send)

    def _refusal(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host")
        if not self._policy.allows_host(host):
            return "This server does not go by that name; see --allow-origin."
        if scope["type"] == "http" and scope["method"] in HARMLESS:
            return None if _may_read(headers) else FOREIGN
        has_cookie = "cookie" in headers
        origins = headers.getlist("origin")
        origin = origins[0] if origins else None
        if len(origins) > 1 or not self._policy.allows_origin(
            origin, host or "", has_cookie=has_cookie
        ):
            return FOREIGN
        return None


def _has_two_lengths(scope: Scope) -> bool:
    """Whether a request says twice how long its body is; a proxy may have read it otherwise."""
    return {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}


async def _respond(
    status: int,
    message: str,
    headers: Mapping[str, str],
    scope: Scope,
    receive: Receive,
    send: Send,
) -> None:
    response = answer(Request(scope), status, Problem(message))
    response.headers.update(headers)
    await response(scope, receive, _with_headers(send))


def _may_read(headers: Headers) -> bool:
    """Whether a harmless request comes from this site, or from somebody who follows a link to it.

    The page gives a cookie to whoever has none: other sites' pictures and frames must not. Old
    browsers, programs, and browsers on unencrypted networks do not say whose a request is.
    """
    if headers.get("sec-fetch-site", "none") in ("none", "same-origin"):
        return True
    return (headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")) == (
        "navigate",
        "document",
    )


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            present = {name.lower() for name, _ in message["headers"]}
            message["headers"] = [
                *message["headers"],
                *(
                    (name.encode(), value.encode())
                    for name, value in HEADERS.items()
                    if name.encode() not in present
                ),
            ]
        await send(message)

    return send_with_headers
