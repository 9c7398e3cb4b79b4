"""A session's tie to one trainer: orders, questions with their replies, and whether it is alive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from server.protocol.orders import Order, Ping, Withdraw, size_of
from server.protocol.refusals import Declined, HostSilent
from server.protocol.reports import Done, Guesses, Inspected, Pong, Refused, Reply, Report, Snapshot
from server.trainers.host import EndCause, Ending, TrainerHost

PING_SECONDS = 3.0
MOST_SILENT_PINGS = 3
"""A trainer that has answered none of so many pings is stalled: stopped by a signal, say."""
START_PINGS = 20
"""How many it may leave unanswered while it starts, on a machine that has much else to do."""
MOST_STUCK_PINGS = 20
"""One that has had orders for so many pings and has not got on meanwhile is stuck: on a slow
machine, too, a chunk of a huge network takes less."""
MOST_WAITING_ORDERS = 1000
MOST_WAITING_BYTES = 64 << 20
"""What orders that are not replied to yet may carry together; a single one may carry more."""
ORDERS_BETWEEN_PINGS = 100
"""A ping after so many orders tells how many of them have arrived."""

R = TypeVar("R")


class TrainerLink:
    """Gives orders to a trainer and asks it questions until it ends or the link is closed."""

    def __init__(
        self,
        host: TrainerHost,
        take: Callable[[Report], None],
        lost: Callable[[str], None],
        reply_seconds: float,
    ) -> None:
        """Nothing happens before `start`.

        Args:
            take: called with each report that is not a reply.
            lost: called with a sentence if the trainer ends without having been told to.
            reply_seconds: how long a reply may take.
        """
        self._host, self._take, self._lost = host, take, lost
        self._reply_seconds = reply_seconds
        self._questions: dict[int, asyncio.Future[Reply]] = {}
        self._token = 0
        self._sent = self._arrived = self._waiting_bytes = 0
        # Negative until it has loaded.
        self._silent_pings = MOST_SILENT_PINGS - START_PINGS
        self._stuck_pings = 0
        self._pong: Pong | None = None
        self._signs = -1
        self._timer: asyncio.TimerHandle | None = None
        self._stopping: asyncio.Task[None] | None = None
        self._over = False

    def start(self) -> None:
        """Start the trainer."""
        self._host.start(self._deliver, self._ended)
        self._ping_later()

    def order(self, order: Order) -> None:
        """Give an order.

        Raises:
            HostSilent: too many orders have not arrived yet.
        """
        if self._sent - self._arrived >= MOST_WAITING_ORDERS:
            raise HostSilent("The training process does not take any orders.")
        self._host.send(order)
        self._sent += 1
        if self._sent % ORDERS_BETWEEN_PINGS == 0:
            self._host.send(Ping(self._sent))

    async def ask(self, order: Callable[[int], Order], kind: type[R]) -> R:
        """Give the order `order(token)` and wait for its reply, which should be a `kind`.

        An order that nobody waits for any more is withdrawn: it must not lie in a busy trainer.

        Raises:
            Declined: the reply is a refusal.
            HostSilent: there is no reply, or the trainer is gone or has too much to do.
        """
        self._token += 1
        token = self._token
        question = order(token)
        size = size_of(question)
        if self._waiting_bytes and self._waiting_bytes + size > MOST_WAITING_BYTES:
            raise HostSilent("The training process is busy. Try again in a moment.")
        reply = self._questions[token] = asyncio.get_running_loop().create_future()
        self._waiting_bytes += size
        try:
            self.order(question)
            answer = await asyncio.wait_for(reply, self._reply_seconds)
        except TimeoutError:
            raise HostSilent("The training process does not answer.") from None
        finally:
            del self._questions[token]
            self._waiting_bytes -= size
            if not reply.done() or reply.cancelled():
                self._host.send(Withdraw(token))
        if isinstance(answer, Refused):
            raise Declined(answer.reason)
        assert isinstance(answer, kind)
        return answer

    async def close(self) -> None:
        """End the trainer; idempotent."""
        self._finish("The training process was ended.")
        await self._host.stop()
        if self._stopping is not None:
            await self._stopping

    def _deliver(self, report: Report | Pong) -> None:
        if self._over:
            return
        self._silent_pings = 0
        match report:
            case Pong(orders):
                self._arrived = max(self._arrived, orders)
                self._pong = report
            case Guesses() | Inspected() | Snapshot() | Done() | Refused():
                question = self._questions.get(report.token)
                if question is not None and not question.done():
                    question.set_result(report)
            case _:
                self._take(report)

    def _ended(self, ending: Ending) -> None:
        if not self._over:
            self._finish(ending.sentence)
            self._lost(ending.sentence)

    def _finish(self, reason: str) -> None:
        """Hear nothing more, and tell whoever still waits for a reply."""
        self._over = True
        if self._timer is not None:
            self._timer.cancel()
        for question in self._questions.values():
            if not question.done():
                question.set_exception(HostSilent(reason))

    def _ping_later(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(PING_SECONDS, self._ping)

    def _ping(self) -> None:
        # Counted, not timed: after a pause of the whole machine nobody is taken for stalled.
        self._count_stuck()
        if self._silent_pings >= MOST_SILENT_PINGS:
            self._give_up(EndCause.STALLED)
        elif self._stuck_pings >= MOST_STUCK_PINGS:
            self._give_up(EndCause.STUCK)
        else:
            self._silent_pings += 1
            self._host.send(Ping(self._sent))
            self._ping_later()

    def _count_stuck(self) -> None:
        """Pings are answered beside the work: see whether the work gets on, too."""
        pong, self._pong = self._pong, None
        if pong is not None:
            stuck = pong.busy and pong.signs == self._signs
            self._stuck_pings = self._stuck_pings + 1 if stuck else 0
            self._signs = pong.signs

    def _give_up(self, cause: EndCause) -> None:
        self._stopping = asyncio.get_running_loop().create_task(self._host.stop(at_once=True))
        self._ended(Ending(cause))
