"""Questions to the training process that wait for their reply."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from server.protocol.orders import Order
from server.protocol.refusals import Declined, HostSilent
from server.protocol.reports import Refused, Reply

R = TypeVar("R")


class Requests:
    """Matches replies to questions by their tokens."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._token = 0
        self._open: dict[int, asyncio.Future[Reply]] = {}

    async def ask(
        self, send: Callable[[Order], None], order: Callable[[int], Order], kind: type[R]
    ) -> R:
        """Send `order(token)` and wait for its reply, which should be a `kind`.

        Raises:
            Declined: the reply is a refusal.
            HostSilent: there is no reply, or the process is gone.
        """
        self._token += 1
        token = self._token
        future = self._open[token] = asyncio.get_running_loop().create_future()
        try:
            send(order(token))
            reply = await asyncio.wait_for(future, self._seconds)
        except TimeoutError:
            raise HostSilent("The training process does not answer.") from None
        finally:
            del self._open[token]
        if isinstance(reply, Refused):
            raise Declined(reply.reason)
        assert isinstance(reply, kind)
        return reply

    def answer(self, reply: Reply) -> None:
        """Hand a reply to whoever waits for it."""
        future = None if reply.token is None else self._open.get(reply.token)
        if future is not None and not future.done():
            future.set_result(reply)

    def fail(self, reason: str) -> None:
        """Nothing will be replied to any more."""
        for future in self._open.values():
            if not future.done():
                future.set_exception(HostSilent(reason))
