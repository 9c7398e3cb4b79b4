"""What a session needs of whatever trains for it: a process here, or one day a cluster's actor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from server.protocol.orders import Order, Ping
from server.protocol.reports import Pong, Report


class EndCause(Enum):
    """Why a trainer ended; the value says it in a sentence, with the ending's detail."""

    FINISHED = "The training process ended."
    FAILED = "The training process ended with an error ({})."
    KILLED = "The training process was killed, possibly because memory ran out."
    OUT_OF_MEMORY = "The training process ran out of memory."
    SIGNALED = "The training process was ended by {}."
    NOT_STARTED = "The training process could not be started: {}."
    GARBLED = "What was said to or by the training process was lost ({})."
    STALLED = "The training process stopped answering."


@dataclass(frozen=True, slots=True)
class Ending:
    """A trainer's end: its cause, and the detail that the cause's sentence has room for."""

    cause: EndCause
    detail: str = ""

    @property
    def sentence(self) -> str:
        """The end in words for people."""
        return self.cause.value.format(self.detail)


class TrainerHost(Protocol):
    """One trainer: it takes orders, and reports until it ends.

    Orders are carried out, and pings answered with a `Pong`, in the order in which they were sent;
    pings even while a step takes long. The first `Pong` says that the trainer has loaded. Reports
    and the end are delivered on the event loop that called `start`.
    """

    def start(
        self, deliver: Callable[[Report | Pong], None], ended: Callable[[Ending], None]
    ) -> None:
        """Start; `ended` is called once when it is over, unless `stop` was called."""

    def send(self, order: Order | Ping) -> None:
        """Hand over an order or a ping, without waiting."""

    async def stop(self, *, at_once: bool = False) -> None:
        """End it, `at_once` or after it was asked to finish, by force if need be.

        Idempotent. Nothing is delivered after.
        """


HostFactory = Callable[[], TrainerHost]
