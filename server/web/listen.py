"""Opens the listening socket, before anything slow starts, and runs the web server on it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.web.guards.origin import is_loopback
from server.web.guards.uvicorn_version import check_uvicorn

GRACE_SECONDS = 2
BACKLOG = 512
"""How many connections the system holds until they are accepted: a class comes at once."""
ACCEPTED_AT_ONCE = 8
"""So many are accepted, and have files open, before the first is refused for being too many."""


def open_socket(host: str, port: int, take_seconds: float) -> socket.socket:
    """A listening socket; port 0 lets the system choose.

    The system ends connections whose other end takes nothing for `take_seconds`: it vanished, say.

    Raises:
        OSError: the address cannot be used, or something else listens there.
    """
    family, _, _, _, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            # Else a restart would have to wait until the last connections are forgotten.
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            # Connections have this from the socket that they came in by.
            milliseconds = round(1000 * take_seconds)
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)
        listening.bind(address)
        listening.listen(BACKLOG)
    except BaseException:
        listening.close()
        raise
    return listening


def url_of(host: str, port: int) -> str:
    """The address for a browser on this machine."""
    if host in ("0.0.0.0", ""):
        host = "127.0.0.1"
    elif host == "::":
        host = "::1"
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/"


def make_server(
    app: ASGIApp,
    host: str,
    listening: Callable[[], None],
    leaving: Callable[[], None],
    told_to_end: Callable[[], None] = lambda: None,
) -> uvicorn.Server:
    """A web server for `app`.

    Args:
        listening: called when it takes connections.
        leaving: called before it waits for the requests that it has.
        told_to_end: called before that, by the signal itself, whatever the event loop is busy with.

    Raises:
        UnsuitableUvicorn: the installed one lacks something.
    """
    check_uvicorn()
    # Not before: it builds on what has just been looked for.
    from server.web.guards.http_requests import MOST_HEADER_BYTES, BoundedHttp
    from server.web.guards.websocket_frames import BoundedProtocol

    config = uvicorn.Config(
        app,
        lifespan="on",
        http=BoundedHttp,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        backlog=ACCEPTED_AT_ONCE,
        # Of uvicorn's websocket implementations its base waits for a client that does not read,
        # and stands on the websockets library's current interface.
        ws=BoundedProtocol,
        ws_max_size=MAX_COMMAND_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        # Forwarded addresses are believed from a proxy on this machine, and from nobody else.
        proxy_headers=is_loopback(host),
        server_header=False,
        log_config=None,
        access_log=False,
    )
    return _Server(config, listening, leaving, told_to_end)


class _Server(uvicorn.Server):
    def __init__(
        self,
        config: uvicorn.Config,
        listening: Callable[[], None],
        leaving: Callable[[], None],
        told_to_end: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._listening, self._leaving = listening, leaving
        self._told_to_end = told_to_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or ():
            # asyncio has made it what it accepts at once.
            listening.listen(BACKLOG)
        self._listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._told_to_end()
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._leaving()
        await super().shutdown(sockets)
