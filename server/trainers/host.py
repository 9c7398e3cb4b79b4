"""What a session needs of whatever trains for it: a process here, or one day a cluster's actor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.protocol.orders import Order
from server.protocol.reports import Report


class HostBusy(RuntimeError):
    """Orders pile up: the trainer has not taken any for a while."""


class TrainerHost(Protocol):
    """One trainer: it takes orders, and reports until it ends.

    Reports and the end are delivered on the event loop that called `start`.
    """

    def start(self, deliver: Callable[[Report], None], ended: Callable[[str], None]) -> None:
        """Start; `ended` is called once, with a sentence that says why, when it is over."""

    def send(self, order: Order) -> None:
        """Hand over an order, without waiting.

        Raises:
            HostBusy: too many orders have not been taken yet.
        """

    async def stop(self) -> None:
        """End it, by force if need be; may be called twice. Nothing is delivered after."""


HostFactory = Callable[[str | None], TrainerHost]
"""Makes a host that trains on the data set in this directory; None is the built-in one."""
