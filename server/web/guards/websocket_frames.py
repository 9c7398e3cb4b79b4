"""uvicorn's websocket protocol, with the bounds that it leaves out.

It keeps much for a client that reads slowly, and waits for one that reads nothing. It bounds the
bytes of a message, but not the number of its fragments, which may be empty, and not the pings and
pongs between them. Measured: one client that sent nothing but such frames took the
event loop for a second at a time, and the server's memory grew with every empty fragment.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.protocol import State

MAX_FRAGMENTS = 1000
"""Of one message; the page sends none in pieces, and browsers cut only large ones."""

MAX_CONTROLS = 100
"""Pings and pongs in one second; browsers send none but what they are asked for."""

SLICE_BYTES = 4096
UNSENT_BYTES = 16 * 1024
"""So little is kept here for a client that reads slowly: what is newer takes its place."""

FAREWELL_SECONDS = 2
TOO_LARGE = (1009, "The message comes in too many fragments.")
TOO_MANY_CONTROLS = (1008, "Too many pings.")


class BoundedProtocol(WebSocketsSansIOProtocol):
    """Ends connections that send too many frames, and keeps little for those that read slowly."""

    _fragments = 0
    _controls = 0
    _counted_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with a small buffer for what the client has not read."""
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=UNSENT_BYTES)

    async def run_asgi(self) -> None:
        """Serve the connection, and see that it ends then."""
        await super().run_asgi()
        # Closing waits until the client has read the rest, which it may never do.
        self.loop.call_later(FAREWELL_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Take bytes in pieces: what comes behind the frame that was too much is not looked at."""
        for start in range(0, len(data), SLICE_BYTES):
            if self.transport.is_closing():
                return
            super().data_received(data[start : start + SLICE_BYTES])

    def handle_text(self, event: Frame) -> None:
        """Take a message or its first fragment."""
        self._fragments = 0
        super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take a message or its first fragment."""
        self._fragments = 0
        super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take a further fragment."""
        self._fragments += 1
        if self._fragments > MAX_FRAGMENTS:
            self._end(*TOO_LARGE)
        else:
            super().handle_cont(event)

    def handle_ping(self) -> None:
        """Answer a ping."""
        if self._may_control():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Take the answer to a ping, or one that nobody asked for."""
        if self._may_control():
            super().handle_pong(event)

    def _may_control(self) -> bool:
        now = self.loop.time()
        if now - self._counted_since >= 1:
            self._counted_since, self._controls = now, 0
        self._controls += 1
        if self._controls > MAX_CONTROLS:
            self._end(*TOO_MANY_CONTROLS)
        return self._controls <= MAX_CONTROLS

    def _end(self, code: int, reason: str) -> None:
        # Not open, it is at its end already: by a close that came along with the frames.
        if self.conn.state is State.OPEN:
            self.conn.send_close(code, reason)
            self.handle_parser_exception()
