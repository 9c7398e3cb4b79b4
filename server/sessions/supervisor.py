"""Sees that a session has a training process when it needs one, and none when it does not.

It waits in line for a place, starts a process that goes on from the newest checkpoint, starts
another when that dies, and gives it back when nobody has been watching for a while.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeVar

from engine.data import Dataset
from server.audience.audience import Audience
from server.protocol.kinds import Failure, Level, Status
from server.protocol.orders import (
    GoBack,
    Order,
    SetPaused,
    SetTrainer,
    SetWatched,
    TakeCheckpoint,
    UseData,
)
from server.protocol.refusals import HostSilent, SessionError
from server.protocol.reports import Checkpoint, Reply, Report
from server.sessions.checkpointing import Saving
from server.sessions.idle_timer import Idle
from server.sessions.lifecycle import Life
from server.sessions.run_definition import Work
from server.settings import Settings
from server.trainers.host import HostFactory
from server.trainers.trainer_link import Link
from server.trainers.waiting_line import Line

UNSEEN = "Training waits, since nobody was watching."
FULL = "As many networks train already as may at once."
MOST_DEATHS = 5
"""Training processes may die one after the other so often; then nobody believes in the next."""
CLOSING_SECONDS = 2.5
"""So long a training process may take for its last checkpoint when the server ends."""

R = TypeVar("R")


class Supervised(Protocol):
    """The session that the process works for."""

    work: Work
    life: Life
    audience: Audience
    saving: Saving

    def wake(self) -> None:
        """Fetch what is still on disk, before a process goes on with it."""

    def take(self, report: Report) -> None:
        """The process has reported something."""

    def announce(self) -> None:
        """Something has changed that viewers are to know, and that is to be kept."""

    def notify(self, level: Level, message: str) -> None:
        """Tell the viewers."""

    def lost(self, reason: str) -> None:
        """The process has died."""


class Supervisor:
    """Provides the training process of one session; a `line.Waiter`.

    Attributes:
        place: in line; None while it does not wait.
        wants_pause: whether the session's owner wants it to stand.
    """

    def __init__(
        self,
        session: Supervised,
        settings: Settings,
        hosts: HostFactory,
        line: Line,
        dataset: Callable[[], Dataset],
    ) -> None:
        self.place: int | None = None
        self.wants_pause = False
        self._session = session
        self._hosts, self._line, self._dataset = hosts, line, dataset
        self._link = Link(settings.limits.reply_seconds)
        self._idle = Idle(settings, self._rest, self._release)
        self._deaths = self._resumed_at = 0
        self._releasing: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether there is a process."""
        return self._link.is_open

    @property
    def resting(self) -> bool:
        """Whether it is being given back just now."""
        return self._releasing is not None

    @property
    def paused(self) -> bool:
        """Whether the network is to stand: its owner wants it so, or nobody watches."""
        return self.wants_pause or self._idle.resting

    def order(self, order: Order) -> None:
        """See `Link.order`."""
        self._link.order(order)

    async def ask(self, order: Callable[[int], Order], kind: type[R]) -> R:
        """See `Link.ask`; what is reported in reply has to be handed to `answer`."""
        return await self._link.ask(order, kind)

    def answer(self, reply: Reply) -> None:
        """Hand a reply to whoever asked."""
        self._link.answer(reply)

    def use_data(self) -> None:
        """There is another data set: train on with it."""
        self.order(UseData(self._directory()))

    # --- what the session says --------------------------------------------------------------------

    def watched(self) -> None:
        """Somebody looks: a session that rests goes on."""
        if self._idle.end():
            self.apply_pause()
        if self._session.life.status is Status.STOPPED and not self.resting:
            self._ask_for_place()

    def unwatched(self) -> None:
        """Nobody looks any more; may be called twice."""
        if not self._closed:
            self._idle.begin()

    def apply_pause(self) -> None:
        """Let the network stand or go on, as is wanted now."""
        life = self._session.life
        self.order(SetPaused(self.paused))
        if life.status in (Status.RUNNING, Status.PAUSED):
            life.move(Status.PAUSED if self.paused else Status.RUNNING)
        self._session.announce()

    def begin_run(self) -> None:
        """There is a new run: the process takes it up, or one is needed."""
        self.forget_deaths()
        life = self._session.life
        if self.is_open:
            life.move(Status.STARTING)
            # The process itself has what a run with `keep` takes over.
            self.order(self._session.work.start_order(None, paused=self.paused, points=0))
        elif life.status in (Status.STOPPED, Status.FAILED) and not self.resting:
            self._ask_for_place()

    def recover(self) -> None:
        """A failed run goes on from its last good weights, in its process or in another."""
        self._deaths = 0
        if self.is_open:
            self.order(GoBack())
            self._session.life.move(Status.STARTING)
        elif self.resting:
            self._session.life.move(Status.STOPPED)
        else:
            self._ask_for_place()

    def forget_deaths(self) -> None:
        """Another run: what killed those before it has nothing to do with it."""
        self._deaths = self._resumed_at = 0

    def progressed(self, examples: int) -> None:
        """The current run has a checkpoint after so many examples."""
        if examples > self._resumed_at:
            # It got somewhere: whatever killed those before it does not kill every one.
            self._deaths = 0

    async def close(self, *, checkpoint: bool) -> None:
        """End the process, with a last checkpoint; may be called twice."""
        self._closed = True
        self._idle.stop()
        if self._releasing is not None and self.is_open:
            self._releasing.cancel()
        if checkpoint:
            with suppress(SessionError, TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._take_checkpoint()
        await self._give_back(Status.STOPPED, None)
        if self._releasing is not None:
            await asyncio.wait([self._releasing])

    # --- a place in line, and a process -----------------------------------------------------------

    def _ask_for_place(self) -> None:
        place = self._line.enter(self)
        if place:
            self._session.life.move(Status.WAITING, FULL)
            self.advance(place)
        else:
            self.admit()

    def advance(self, place: int) -> None:
        """See `line.Waiter`."""
        if place != self.place:
            self.place = place
            self._session.announce()

    def admit(self) -> None:
        """There is a place: start the training process; see `line.Waiter`."""
        self.place = None
        self._launch()
        self._session.announce()

    def spare(self) -> bool:
        """Give the place back if nobody has been watching for a while; see `line.Waiter`."""
        if not self._idle.resting or self.resting or not self.is_open:
            return False
        self._idle.hurry()
        return True

    def _launch(self) -> None:
        """Start a process that goes on from the newest checkpoint, or begins the run."""
        session = self._session
        session.wake()
        checkpoint = session.saving.newest()
        mine = checkpoint if checkpoint and session.work.goes_on_from(checkpoint) else None
        self._resumed_at = mine.examples if mine else 0
        session.saving.rewind(mine.points if mine else 0)
        points = len(session.audience.history)
        order = session.work.start_order(checkpoint, paused=self.paused, points=points)
        session.life.move(Status.STARTING)
        self._link.open(self._hosts(self._directory()), session.take, self._died)
        self.order(order)
        self.order(SetTrainer(session.work.spec.trainer))
        self.order(SetWatched(session.audience.watched))

    def _directory(self) -> str | None:
        directory = self._dataset().directory
        return None if directory is None else str(directory)

    def _died(self, reason: str) -> None:
        """The process ended though nobody told it to: another goes on from the last checkpoint."""
        self._deaths += 1
        self._session.lost(reason)
        life = self._session.life
        if life.status is not Status.FAILED and self._deaths < MOST_DEATHS:
            self._launch()
            self._session.announce()
            from_where = f"from {self._resumed_at:,} examples" if self._resumed_at else "anew"
            self._session.notify(Level.WARNING, f"{reason} Another one goes on {from_where}.")
            return
        self._line.leave(self)
        if life.status is not Status.FAILED:
            reason = f"{reason} That was so {MOST_DEATHS} times in a row."
            life.move(Status.FAILED, reason, Failure.DIED)
        self._session.announce()

    # --- nobody watches ---------------------------------------------------------------------------

    def _rest(self) -> bool:
        """Nobody has been watching for a while: pause; true if somebody waits for the place."""
        with suppress(HostSilent):
            self.apply_pause()
        return self._line.waiting > 0

    def _release(self) -> None:
        """Nobody has been watching for long: give the process back."""
        self._releasing = asyncio.get_running_loop().create_task(self._rest_without_process())

    async def _rest_without_process(self) -> None:
        life, audience = self._session.life, self._session.audience
        try:
            # Where there is no answer, what was saved at the pause has to do.
            with suppress(SessionError):
                await self._take_checkpoint()
            if audience:
                return
            failed = life.status is Status.FAILED
            await self._give_back(Status.FAILED if failed else Status.STOPPED, UNSEEN)
        finally:
            self._releasing = None
        if audience and life.status is Status.STOPPED and not self._closed:
            self._ask_for_place()

    async def _take_checkpoint(self) -> None:
        await self.ask(TakeCheckpoint, Checkpoint)

    async def _give_back(self, status: Status, reason: str | None) -> None:
        if status is not self._session.life.status:
            self._session.life.move(status, reason)
        await self._link.close()
        self._line.leave(self)
