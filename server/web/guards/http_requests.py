"""uvicorn's HTTP protocol, with what it leaves out: a bound on connections, and long headers.

It accepts connections until the process may open no more files, which the database, checkpoints and
training processes need too. It hands a websocket's request on to a library that refuses any line of
more than 8 KB, and browsers send along the cookies of everything else on the same machine.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from websockets.http11 import MAX_LINE_LENGTH, MAX_NUM_HEADERS

from server.open_files import most_connections
from server.web.guards.owner_cookie import COOKIE_PREFIX

log = logging.getLogger(__name__)

MOST_HEADER_BYTES = 64 * 1024
TOO_LONG = (
    f"The headers of this request are larger than {MOST_HEADER_BYTES // 1024} KiB, or one of them "
    "larger than a stream may have: remove this address's cookies in the browser, and try again."
)


class BoundedHttp(H11Protocol):
    """Takes no more connections than leave room for files, and says so of headers too long."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, unless there are too many."""
        most = most_connections()
        if len(self.connections) >= most:
            log.warning("connection refused: there are too many", extra={"most": most})
            transport.abort()
        super().connection_made(transport)

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Hand the request on, without the cookies of others."""
        self.headers = [_with_own_cookies(name, value) for name, value in self.headers]
        longest = max(len(name) + len(value) for name, value in self.headers)
        too_long = max(longest, len(event.target)) > MAX_LINE_LENGTH - len(b"GET  HTTP/1.1\r\n")
        if too_long or len(self.headers) > MAX_NUM_HEADERS:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LONG)
        else:
            super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer what cannot be read as a request."""
        unread, _ = self.conn.trailing_data
        if len(unread) > MOST_HEADER_BYTES:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, TOO_LONG)
        else:
            super().send_400_response(msg)

    def _refuse(self, status: HTTPStatus, reason: str) -> None:
        headers = [("content-type", "text/plain; charset=utf-8"), ("connection", "close")]
        for part in (
            h11.Response(status_code=status, headers=headers, reason=status.phrase),
            h11.Data(data=reason.encode()),
            h11.EndOfMessage(),
        ):
            self.transport.write(self.conn.send(part))
        self.transport.close()


def _with_own_cookies(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    if name != b"cookie":
        return name, value
    cookies = (cookie.strip() for cookie in value.split(b";"))
    prefix = COOKIE_PREFIX.encode()
    return name, b"; ".join(cookie for cookie in cookies if cookie.startswith(prefix))
