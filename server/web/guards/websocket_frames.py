"""uvicorn's websocket protocol, with the bounds that it leaves out.

It keeps much for a client that reads slowly, and waits for one that reads nothing. It bounds the
bytes of a message, but not the number of its fragments, which may be empty, and not the pings and
pongs between them. Measured: one client that sent nothing but such frames took the
event loop for a second at a time, and the server's memory grew with every empty fragment.

Frames are counted before uvicorn sees them. So all that this builds on is what every
`asyncio.Protocol` has, `run_asgi`, and `send`; `uvicorn_version` sees that they are there.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from typing import cast

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Close, Frame, Opcode

from server.protocol.connections import CloseReason

MAX_FRAGMENTS = 1000
"""Of one message; the page sends none in pieces, and browsers cut only large ones."""

MAX_CONTROLS = 100
"""Pings and pongs in one second; browsers send none but what they are asked for."""

UNSENT_BYTES = 16 * 1024
"""So little is kept for a client that reads slowly: what is newer takes its place."""

FAREWELL_SECONDS = 2


class BoundedProtocol(WebSocketsSansIOProtocol):
    """Ends connections that send too many frames, and keeps little for those that read slowly."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, with small buffers for what the client has not read."""
        super().connection_made(transport)
        self._connection = cast(asyncio.Transport, transport)
        self._frames: FrameCounter | None = None
        self._connection.set_write_buffer_limits(high=UNSENT_BYTES)
        if hasattr(socket, "TCP_NOTSENT_LOWAT"):
            # Else the system keeps megabytes: by the time they are read, they are out of date.
            tcp = self._connection.get_extra_info("socket")
            tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, UNSENT_BYTES)

    def data_received(self, data: bytes) -> None:
        """Take bytes, unless they hold one frame too many."""
        frames = data
        if self._frames is None:
            # First comes the request, whole, that became a websocket.
            self._frames = FrameCounter(asyncio.get_running_loop().time())
            frames = data.partition(b"\r\n\r\n")[2]
        reason = self._frames.count(frames, asyncio.get_running_loop().time())
        if reason is None:
            super().data_received(data)
        else:
            self._end(reason)

    async def run_asgi(self) -> None:
        """Serve the connection, and see that it ends then."""
        await super().run_asgi()
        self._abort_soon()

    async def send(self, message: ASGISendEvent) -> None:
        """Send a message; returns when most of it has gone out, not when it waits to."""
        await super().send(message)
        await self.writable.wait()

    def _end(self, reason: CloseReason) -> None:
        farewell = Frame(Opcode.CLOSE, Close(reason.code, reason.sentence).serialize())
        self._connection.write(farewell.serialize(mask=False))
        self._connection.close()
        self._abort_soon()

    def _abort_soon(self) -> None:
        # Closing waits until the client has read the rest, which it may never do.
        asyncio.get_running_loop().call_later(FAREWELL_SECONDS, self._connection.abort)


class FrameCounter:
    """Counts a client's frames, and says when there are too many; times are in seconds."""

    def __init__(self, now: float) -> None:
        self._heads = FrameHeads()
        self._fragments = self._controls = 0
        self._counted_since = now

    def count(self, data: bytes, now: float) -> CloseReason | None:
        """Count the frames that begin in `data`; why the connection is to end, if it is."""
        if now - self._counted_since >= 1:
            self._counted_since, self._controls = now, 0
        for opcode in self._heads.read(data):
            if opcode >= Opcode.CLOSE:
                self._controls += 1
            elif opcode == Opcode.CONT:
                self._fragments += 1
            else:
                self._fragments = 0
            if self._controls > MAX_CONTROLS:
                return CloseReason.TOO_MANY_CONTROLS
            if self._fragments > MAX_FRAGMENTS:
                return CloseReason.TOO_MANY_FRAGMENTS
        return None


class FrameHeads:
    """Finds the heads of frames in a client's bytes, however these are cut (RFC 6455, 5.2)."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._content = 0

    def read(self, data: bytes) -> Iterator[int]:
        """The opcode of each frame whose head ends in `data`, which follows what came before."""
        at = 0
        while at < len(data):
            if self._content:
                step = min(self._content, len(data) - at)
                self._content -= step
                at += step
                continue
            self._head.append(data[at])
            at += 1
            if len(self._head) >= 2 and len(self._head) == _head_bytes(self._head[1]):
                self._content = _content_bytes(self._head)
                opcode = self._head[0] & 0x0F
                self._head.clear()
                yield opcode


def _length_bytes(second: int) -> int:
    """How many bytes behind a frame's second one say how long its content is."""
    return {126: 2, 127: 8}.get(second & 0x7F, 0)


def _head_bytes(second: int) -> int:
    """How long a frame's head is, by its second byte: with the length, and a mask if there is."""
    return 2 + _length_bytes(second) + (4 if second & 0x80 else 0)


def _content_bytes(head: bytearray) -> int:
    """How long a frame's content is, by its head."""
    more = _length_bytes(head[1])
    return int.from_bytes(head[2 : 2 + more]) if more else head[1] & 0x7F
