"""Requests and websocket frames byte for byte, as no well-behaved client would send them."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from fastapi import FastAPI
from starlette.routing import Mount

from tests.server.serving import ADDRESS, PATIENCE, Browser, Site

WEBSOCKET = "WEBSOCKET"
HARMLESS = {"GET", "HEAD", "OPTIONS"}
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10


class Answer(NamedTuple):
    """What came back; headers in lower case and without `date`, which only tells the time."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        """The sentence of an error."""
        message: str = json.loads(self.body)["error"]["message"]
        return message


def ask(
    site: Site, method: str, path: str, headers: Mapping[str, str] = {}, body: bytes = b""
) -> Answer:
    """One request exactly as told, on a connection of its own; WEBSOCKET asks for an upgrade."""
    connection = http.client.HTTPConnection(ADDRESS, site.port, timeout=PATIENCE)
    try:
        if method == WEBSOCKET:
            method, headers = "GET", {**UPGRADE, **headers}
        connection.putrequest(method, path, skip_host="Host" in headers, skip_accept_encoding=True)
        if method not in HARMLESS:
            headers = {"Content-Length": str(len(body)), **headers}
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        response = connection.getresponse()
        kept = {name.lower(): value for name, value in response.getheaders()}
        kept.pop("date", None)
        content = b"" if response.status == 101 else response.read()
        return Answer(response.status, kept, content)
    finally:
        connection.close()


def routes(app: FastAPI) -> set[tuple[str, str]]:
    """Method and path of everything that the app answers, but for mounted files."""
    return {
        (method, route.path)
        for route in _flat(app.routes)
        if not isinstance(route, Mount)
        for method in getattr(route, "methods", None) or {WEBSOCKET}
    }


def _flat(given: list[Any]) -> Iterator[Any]:
    for route in given:
        # What FastAPI keeps of a router that was included; earlier ones copied its routes.
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from _flat(router.routes)


class RawStream:
    """One viewer's end of a stream, on which anything can be sent."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client

    def send(self, opcode: int, data: bytes = b"", *, final: bool = True, times: int = 1) -> None:
        """Send a frame, masked with zeros, so many times in one go."""
        self.client.sendall(frame(opcode, data, final=final) * times)

    def closing_code(self) -> int:
        """Read on to the server's close frame; returns its code."""
        with self.client.makefile("rb") as file:
            while True:
                first, size = file.read(2)
                if size in (126, 127):
                    size = int.from_bytes(file.read(2 if size == 126 else 8), "big")
                content = file.read(size)
                if first & 0x0F == CLOSE:
                    return int.from_bytes(content[:2], "big")


def frame(opcode: int, data: bytes = b"", *, final: bool = True) -> bytes:
    """A client's frame."""
    size = len(data)
    if size < 126:
        head = bytes([0x80 | size])
    elif size < 1 << 16:
        head = bytes([0x80 | 126]) + size.to_bytes(2, "big")
    else:
        head = bytes([0x80 | 127]) + size.to_bytes(8, "big")
    return bytes([(0x80 if final else 0) | opcode]) + head + bytes(4) + data


@contextmanager
def raw_stream(
    browser: Browser, session: str, buffer: int | None = None, kind: str = "sessions"
) -> Iterator[RawStream]:
    """A stream's socket after the handshake; `buffer` bounds what it takes without being read."""
    lines = [
        f"GET /api/{kind}/{session}/stream HTTP/1.1",
        f"Host: {ADDRESS}:{browser.site.port}",
        f"Origin: {browser.site.origin}",
        f"Cookie: {browser.cookie}",
        *(f"{name}: {value}" for name, value in UPGRADE.items()),
    ]
    with socket.socket() as client:
        if buffer is not None:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client.settimeout(PATIENCE)
        client.connect((ADDRESS, browser.site.port))
        client.sendall("\r\n".join([*lines, "", ""]).encode())
        reply = b""
        while not reply.endswith(b"\r\n\r\n"):
            reply += client.recv(1)
        assert reply.startswith(b"HTTP/1.1 101"), reply
        yield RawStream(client)
