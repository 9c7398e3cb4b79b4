"""Sees that a session has a trainer when it needs one, and none when it does not.

It waits in line for a place, starts a trainer that continues from the newest checkpoint, starts
another when that dies, and gives it back when nobody has been watching for a while.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from server.audience.audience import Audience
from server.protocol.events import Notice
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
from server.protocol.reports import Adopted, Checkpoint, Done, Report
from server.protocol.run_values import DataReference
from server.sessions.checkpointing import Checkpointing
from server.sessions.idle_timer import IdleTimer
from server.sessions.lifecycle import Failure, Status
from server.sessions.names import short
from server.sessions.session_state import SessionState
from server.sessions.surroundings import Surroundings
from server.storage.records import StoredCheckpoint
from server.trainers.host import EndCause, Ending
from server.trainers.trainer_link import TrainerLink

log = logging.getLogger(__name__)

UNSEEN = "Training waits because nobody was watching."
FULL = "All training slots are in use; this session is waiting for one."
MOST_DEATHS = 5
"""After so many deaths in a row the run is marked failed instead of getting another trainer."""
CLOSING_SECONDS = 2.5
"""How long a trainer may take for its last checkpoint when the server ends."""

R = TypeVar("R")


class Supervisor:
    """Provides one session's trainer; a `waiting_line.Waiter`."""

    def __init__(
        self,
        state: SessionState,
        audience: Audience,
        checkpointing: Checkpointing,
        shared: Surroundings,
        take: Callable[[Report], None],
        changed: Callable[[], None],
    ) -> None:
        """No trainer yet.

        Args:
            take: called with each report that is not a reply.
            changed: called when viewers are to be told the session's state anew.
        """
        self._state, self._audience, self._checkpointing = state, audience, checkpointing
        self._shared, self._line = shared, shared.line
        self._pass_on, self._changed = take, changed
        self._idle = IdleTimer(shared.settings, self._rest, self._release)
        self._link: TrainerLink | None = None
        self._launching: asyncio.Task[None] | None = None
        self._releasing: asyncio.Task[None] | None = None
        self._deaths = self._resumed_at = 0
        self._closed = False

    @property
    def is_open(self) -> bool:
        """Whether there is a trainer."""
        return self._link is not None

    @property
    def resting(self) -> bool:
        """Whether the trainer is being given back just now."""
        return self._releasing is not None

    def order(self, order: Order) -> None:
        """Give an order; without a trainer there is nobody to obey it.

        Raises:
            HostSilent: the trainer takes none.
        """
        if self._link is not None:
            self._link.order(order)

    async def ask(self, order: Callable[[int], Order], kind: type[R]) -> R:
        """Give an order that is replied to; returns the reply. See `TrainerLink.ask`.

        Raises:
            SessionError: there is no trainer.
        """
        if self._link is None:
            raise SessionError("The network is not running now.")
        return await self._link.ask(order, kind)

    def use_data(self) -> None:
        """There is another data set: train on with it."""
        self.order(UseData(self._data()))

    # --- what the session says --------------------------------------------------------------------

    def watched(self) -> None:
        """Somebody looks: a session that rests goes on."""
        if self._idle.end():
            self._state.unwatched = False
            self.apply_pause()
        if self._state.life.status is Status.STOPPED and not self.resting:
            self._ask_for_place()

    def unwatched(self) -> None:
        """Nobody looks any more; idempotent."""
        if not self._closed:
            self._idle.begin()

    def apply_pause(self) -> None:
        """Let the network stand or go on, whichever is wanted."""
        state = self._state
        self.order(SetPaused(state.paused))
        if state.life.status in (Status.RUNNING, Status.PAUSED):
            state.life.move(Status.PAUSED if state.paused else Status.RUNNING)
        self._changed()

    def begin_run(self) -> None:
        """There is a new run: the trainer takes it up, or one is needed."""
        self._forget_deaths()
        state = self._state
        if self.is_open:
            state.life.move(Status.STARTING)
            # The trainer itself has what a run with `keep` takes over.
            self.order(state.run.start_order(None, paused=state.paused, points=0))
        elif state.life.status in (Status.STOPPED, Status.FAILED) and not self.resting:
            self._ask_for_place()

    def recover(self) -> None:
        """A failed run continues from its last good weights, in its trainer or in another."""
        self._deaths = 0
        if self.is_open:
            self.order(GoBack())
            self._state.life.move(Status.STARTING)
        elif self.resting:
            self._state.life.move(Status.STOPPED)
        else:
            self._ask_for_place()

    async def close(self, *, checkpoint: bool) -> None:
        """End the trainer, with a last checkpoint; idempotent."""
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

    # --- a place in line, and a trainer -----------------------------------------------------------

    def _ask_for_place(self) -> None:
        place = self._line.enter(self)
        if place:
            self._state.life.move(Status.WAITING, FULL)
            self.advance(place)
        else:
            self.admit()

    def advance(self, place: int) -> None:
        """See `waiting_line.Waiter`."""
        if place != self._state.place:
            self._state.place = place
            self._changed()

    def admit(self) -> None:
        """There is a place: start a trainer; see `waiting_line.Waiter`."""
        self._state.place = None
        self._launch()

    def spare(self) -> bool:
        """Give the place back if nobody has been watching for a while; see `Waiter`."""
        has_trainer = self.is_open or self._launching is not None
        if not self._state.unwatched or self.resting or not has_trainer:
            return False
        self._idle.hurry()
        return True

    def _launch(self, after: str | None = None) -> None:
        """Start a trainer, `after` another one ended for this reason.

        In a task, since what it continues from is read from disk, and may be large.
        """
        self._state.life.move(Status.STARTING)
        self._launching = asyncio.get_running_loop().create_task(self._read_and_start(after))
        self._changed()

    async def _read_and_start(self, after: str | None) -> None:
        try:
            checkpoint = await self._checkpointing.newest()
            self._launching = None
            self._start(checkpoint, after)
        except Exception as error:
            # Whatever fails in starting a trainer is the end of it, like any other.
            log.error("a trainer cannot be started", exc_info=error)
            self._launching = None
            self._died(Ending(EndCause.NOT_STARTED, str(error) or type(error).__name__).sentence)

    def _start(self, checkpoint: StoredCheckpoint | None, after: str | None) -> None:
        state, run = self._state, self._state.run
        mine = checkpoint if checkpoint and run.goes_on_from(checkpoint) else None
        self._resumed_at = mine.examples if mine else 0
        self._checkpointing.rewind(mine.points if mine else 0)
        points = len(self._audience.history)
        order = run.start_order(checkpoint, paused=state.paused, points=points)
        self._link = TrainerLink(
            self._shared.hosts(), self._take, self._died, self._shared.settings.limits.reply_seconds
        )
        self._link.start()
        self.order(UseData(self._data()))
        self.order(order)
        self.order(SetTrainer(run.spec.trainer))
        self.order(SetWatched(self._audience.watched))
        if after is not None:
            from_where = f"from {self._resumed_at:,} examples" if self._resumed_at else "anew"
            self._audience.send(Notice("warning", f"{after} Another one goes on {from_where}."))

    def _data(self) -> DataReference:
        dataset = self._shared.dataset()
        return DataReference(dataset.name, dataset.digest)

    def _take(self, report: Report) -> None:
        match report:
            case Checkpoint(run_id, examples):
                if run_id == self._state.run.run_id and examples > self._resumed_at:
                    # It got somewhere: whatever killed those before it does not kill every one.
                    self._deaths = 0
            case Adopted():
                self._forget_deaths()
        self._pass_on(report)

    def _forget_deaths(self) -> None:
        """Another run: what killed trainers of those before it has nothing to do with it."""
        self._deaths = self._resumed_at = 0

    def _died(self, reason: str) -> None:
        """The trainer ended without being told to: another continues from the last checkpoint."""
        self._link = None
        self._deaths += 1
        self._shared.tally.worker_deaths += 1
        life = self._state.life
        about = {"session": short(self._state.id), "run": self._state.run.run_id}
        log.error("worker lost", extra={**about, "reason": reason})
        if life.status is not Status.FAILED and self._deaths < MOST_DEATHS:
            self._launch(after=reason)
            return
        self._line.leave(self)
        if life.status is not Status.FAILED:
            reason = f"{reason} This has happened {MOST_DEATHS} times in a row."
            life.move(Status.FAILED, reason, Failure.DIED)
        self._changed()

    # --- nobody watches ---------------------------------------------------------------------------

    def _rest(self) -> bool:
        """Nobody has been watching for a while: pause; true if somebody waits for the place."""
        self._state.unwatched = True
        with suppress(HostSilent):
            self.apply_pause()
        return self._line.waiting > 0

    def _release(self) -> None:
        """Nobody has been watching for long: give the trainer back."""
        self._releasing = asyncio.get_running_loop().create_task(self._rest_without_trainer())

    async def _rest_without_trainer(self) -> None:
        life, audience = self._state.life, self._audience
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
        await self.ask(TakeCheckpoint, Done)

    async def _give_back(self, status: Status, reason: str | None) -> None:
        if status is not self._state.life.status:
            self._state.life.move(status, reason)
        if self._launching is not None:
            self._launching.cancel()
            self._launching = None
        link, self._link = self._link, None
        if link is not None:
            await link.close()
        self._line.leave(self)
