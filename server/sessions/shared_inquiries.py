"""Asks once what several viewers ask at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from server.protocol.inquiries import Inquiry
from server.protocol.refusals import SessionError

MOST_ASKED = 64
BUSY = "Too many different questions are being asked at once. Try again in a moment."


class SharedInquiries:
    """Inquiries under way; whoever asks the same meanwhile gets the same answer."""

    def __init__(self, ask: Callable[[Inquiry], Awaitable[str]]) -> None:
        self._ask = ask
        self._asked: dict[Inquiry, asyncio.Task[str]] = {}

    async def answer(self, inquiry: Inquiry) -> str:
        """The answer, as JSON.

        Raises:
            SessionError: there is none now; the message says why.
        """
        asked = self._asked.get(inquiry)
        if asked is None:
            if len(self._asked) >= MOST_ASKED:
                raise SessionError(BUSY)
            asked = asyncio.get_running_loop().create_task(self._task(inquiry))
            self._asked[inquiry] = asked
        # Whoever leaves must not take the answer from the others.
        return await asyncio.shield(asked)

    async def _task(self, inquiry: Inquiry) -> str:
        try:
            return await self._ask(inquiry)
        finally:
            del self._asked[inquiry]
