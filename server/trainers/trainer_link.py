"""A session's tie to the trainer that works for it, while there is one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from server.protocol.orders import Order
from server.protocol.refusals import HostSilent, SessionError
from server.protocol.reports import Reply, Report
from server.trainers.host import HostBusy, TrainerHost
from server.trainers.requests import Requests

R = TypeVar("R")


class Link:
    """Gives orders to the trainer and asks it things; an earlier one is not heard any more."""

    def __init__(self, reply_seconds: float) -> None:
        self._host: TrainerHost | None = None
        self._requests = Requests(reply_seconds)

    @property
    def is_open(self) -> bool:
        """Whether there is a trainer."""
        return self._host is not None

    def open(
        self, host: TrainerHost, take: Callable[[Report], None], mourn: Callable[[str], None]
    ) -> None:
        """Start this trainer: `take` its reports; `mourn` if it ends unasked."""

        def deliver(report: Report) -> None:
            if host is self._host:
                take(report)

        def ended(reason: str) -> None:
            if host is self._host:
                self._host = None
                self._requests.fail(reason)
                mourn(reason)

        self._host = host
        host.start(deliver, ended)

    def order(self, order: Order) -> None:
        """Give an order; without a trainer there is nobody to obey it.

        Raises:
            HostSilent: the trainer takes none.
        """
        if self._host is None:
            return
        try:
            self._host.send(order)
        except HostBusy:
            raise HostSilent("The training process does not take any orders.") from None

    async def ask(self, order: Callable[[int], Order], kind: type[R]) -> R:
        """Give an order that is replied to, with a token; returns the reply.

        Raises:
            SessionError: there is no trainer.
            Declined: the reply is a refusal.
            HostSilent: there is no reply.
        """
        if self._host is None:
            raise SessionError("The network does not run now.")
        return await self._requests.ask(self.order, order, kind)

    def answer(self, reply: Reply) -> None:
        """Hand a reply to whoever asked."""
        self._requests.answer(reply)

    async def close(self) -> None:
        """End the trainer; may be called twice."""
        host, self._host = self._host, None
        if host is not None:
            self._requests.fail("The training process was ended.")
            await host.stop()
