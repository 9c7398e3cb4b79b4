"""A viewer of a session that costs next to nothing, so that hundreds fit on one machine.

It skips over websocket frames by their lengths, reads only `session` messages, and of `stats`
messages notes only when they came.
"""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

_HANDSHAKE = (
    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
    "{cookie}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_HEAD = 48
"""A message's type is within its first so many bytes."""


class Watcher(asyncio.Protocol):
    """One stream, from the first byte to the last.

    Attributes:
        session: the newest message of that type.
        arrivals: when each `stats` message came, in seconds of `time.perf_counter`.
        bytes: received so far.
        met: done at the first `session` message.
        ended: done when the connection has ended.
    """

    def __init__(self, port: int, path: str, cookie: str | None, *, watch: bool) -> None:
        """Connect to `path`; with `watch`, ask for the pictures of all layers."""
        self.session: dict[str, Any] = {}
        self.arrivals: list[float] = []
        self.bytes = 0
        loop = asyncio.get_running_loop()
        self.met: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self._watch = watch
        self._run_id = 0
        self._buffer = bytearray()
        self._upgraded = False
        line = f"Cookie: {cookie}\r\n" if cookie else ""
        self._request = _HANDSHAKE.format(path=path, port=port, cookie=line).encode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        if not self.met.done():
            self.met.set_exception(error or ConnectionError("the stream ended at once"))
        if not self.ended.done():
            self.ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        now = time.perf_counter()
        self.bytes += len(data)
        self._buffer += data
        if not self._upgraded and not self._upgrade():
            return
        while (frame := _first_frame(self._buffer)) is not None:
            start, end = frame
            self._take(self._buffer[0] & 15, start, end, now)
            del self._buffer[:end]

    def begin(self) -> None:
        """Forget what was counted so far."""
        self.arrivals.clear()
        self.bytes = 0

    def close(self) -> None:
        """Close the connection; idempotent."""
        self._transport.abort()

    def _upgrade(self) -> bool:
        head, blank, _ = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return False
        if not head.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(head.decode(errors="replace"))
        del self._buffer[: len(head) + len(blank)]
        self._upgraded = True
        return True

    def _take(self, opcode: int, start: int, end: int, now: float) -> None:
        if opcode == _TEXT:
            head = self._buffer[start : min(end, start + _HEAD)]
            if b'"type":"stats"' in head:
                self.arrivals.append(now)
            elif b'"type":"session"' in head:
                self._meet(json.loads(self._buffer[start:end]))
        elif opcode == _PING:
            self._send(_PONG, bytes(self._buffer[start:end]))
        elif opcode == _CLOSE:
            self._transport.close()

    def _meet(self, session: dict[str, Any]) -> None:
        self.session = session
        if not self.met.done():
            self.met.set_result(None)
        if self._watch and session["run_id"] != self._run_id:
            self._run_id = session["run_id"]
            layers = [layer["index"] for layer in session["layers"]]
            self._send(_TEXT, json.dumps({"type": "watch", "id": 1, "layers": layers}).encode())

    def _send(self, opcode: int, payload: bytes) -> None:
        # A client's frame: final, shorter than 126 bytes, masked with zeros.
        assert len(payload) < 126
        self._transport.write(bytes([0x80 | opcode, 0x80 | len(payload)]) + bytes(4) + payload)


def _first_frame(buffer: bytearray) -> tuple[int, int] | None:
    """Where the first frame's payload begins and ends, once all of it has come."""
    if len(buffer) < 2:
        return None
    length, start = buffer[1], 2
    if length > 125:
        start = 4 if length == 126 else 10
        length = int.from_bytes(buffer[2:start])
    end = start + length
    return (start, end) if len(buffer) >= end else None


async def watch(port: int, path: str, cookie: str | None, *, pictures: bool) -> Watcher:
    """Open a stream; returns after its first `session` message."""
    _, watcher = await asyncio.get_running_loop().create_connection(
        lambda: Watcher(port, path, cookie, watch=pictures), "127.0.0.1", port
    )
    await watcher.met
    return watcher
