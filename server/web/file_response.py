"""A file as a response, piece by piece: however slowly it is read, its memory stays counted."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AbstractContextManager

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE_BYTES = 256 * 1024


class FileResponse(Response):
    """Sends `data`, and ends `held` when it has gone out or its reader takes nothing any more."""

    def __init__(
        self,
        data: bytes,
        held: AbstractContextManager[object],
        *,
        take_seconds: float,
        kind: str,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Nobody keeps it, unless `headers` say otherwise."""
        headers = {"cache-control": "no-store", **(headers or {})}
        super().__init__(data, media_type=kind, headers=headers)
        self._data, self._held, self._take_seconds = data, held, take_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See `Response`."""
        with self._held:
            start = {"status": self.status_code, "headers": self.raw_headers}
            await send({"type": "http.response.start", **start})
            size = len(self._data)
            # An empty file has a piece, too.
            for at in range(0, max(1, size), PIECE_BYTES):
                piece, more = self._data[at : at + PIECE_BYTES], at + PIECE_BYTES < size
                try:
                    # Each waits until the one before has found room.
                    async with asyncio.timeout(self._take_seconds):
                        await send({"type": "http.response.body", "body": piece, "more_body": more})
                except TimeoutError:
                    return
