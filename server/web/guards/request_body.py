"""Reads request bodies as they are, within limits of size and time."""

from __future__ import annotations

import asyncio

from starlette.requests import Request


class BodyTooLarge(Exception):
    """The body has more bytes than its route takes."""


class BodyTooSlow(Exception):
    """The body took too long to arrive."""


class UnsupportedBody(Exception):
    """The body is wrapped in something that this route does not take."""


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """The request's body, at most `limit` bytes, refused as soon as it is known to be longer.

    Raises:
        BodyTooLarge, BodyTooSlow: it is.
        UnsupportedBody: it is a form, or compressed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("multipart/") or kind == "application/x-www-form-urlencoded":
        raise UnsupportedBody("Send the file itself as the body, not a form with it.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise UnsupportedBody("Send the body without compression.")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:20]) > limit:
        raise _too_large(limit)
    try:
        async with asyncio.timeout(seconds):
            return await _read(request, limit)
    except TimeoutError:
        raise BodyTooSlow("The file took too long to arrive.") from None


async def _read(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The file is larger than {limit // 1024**2} MiB.")
