"""Reads request bodies as they are, within limits of size, time, and memory for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from server.web.guards.file_budget import FileBudget, Share


class BodyTooLarge(Exception):
    """The body has more bytes than its route takes."""


class BodyTooSlow(Exception):
    """The body took too long to arrive."""


class UnsupportedBody(Exception):
    """The body is wrapped in something that this route does not take."""


@asynccontextmanager
async def body_of(
    request: Request, owner: str, budget: FileBudget, *, limit: int, seconds: float
) -> AsyncIterator[bytes]:
    """The request's body, at most `limit` bytes, refused as soon as it is known to be longer.

    Until the block ends it counts as held, so what it is handed to should be done by then.

    Raises:
        BodyTooLarge, BodyTooSlow: it is.
        UnsupportedBody: it is a form, or compressed.
        TooManyFiles, NoRoomForFile: there is no memory for it now.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or kind == "application/x-www-form-urlencoded":
        raise UnsupportedBody("Send the file itself as the body, not a form with it.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedBody("Send the body without compression.")
    length = request.headers.get("content-length", "")
    declared = int(length[:20]) if length.isascii() and length.isdigit() else 0
    if declared > limit:
        raise _too_large(limit)
    with budget.share(request, owner) as share:
        # All of it at once: better one file whole than many by half.
        share.grow(declared)
        try:
            async with asyncio.timeout(seconds):
                body = await _read(request, limit, share)
        except TimeoutError:
            raise BodyTooSlow("The file took too long to arrive.") from None
        yield body


async def _read(request: Request, limit: int, share: Share) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
        share.grow(len(body))
    return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The file is larger than {limit // 1024**2} MiB.")
