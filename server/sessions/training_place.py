"""A session's place among those that may train: asked for, waited for, given back.

A session needs a trainer from when somebody looks. Where nobody has been watching for a while, or
the network stands and another session waits, the trainer is given back with a last checkpoint.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from server.audience.audience import Audience
from server.protocol.kinds import Failure, Status
from server.protocol.orders import (
    GoBack,
    Order,
    SetPaused,
    SetWatched,
    TakeCheckpoint,
    TrainOnce,
)
from server.protocol.refusals import HostSilent, SessionError
from server.protocol.reports import Done
from server.protocol.run_values import Checkpoint
from server.sessions.idle_timer import IdleTimer
from server.sessions.session_state import SessionState
from server.sessions.supervisor import Supervisor
from server.settings import Settings
from server.trainers.waiting_line import Line

UNSEEN = "Training waits because nobody was watching."
FULL = "All training slots are in use; this session is waiting for one."
NO_PLACE = "This network is paused, and all training slots are in use by others: resume it first."
CLOSING_SECONDS = 2.5
"""How long a trainer may take for its last checkpoint when the server ends."""
MOST_KEPT_ACTIVATIONS = 500_000
"""A network without a trainer keeps the pictures of all its cards, unless it is larger."""
AT_REST = (Status.STOPPED, Status.FAILED)

R = TypeVar("R")


class TrainingPlace:
    """Sees that a session has a trainer when it needs one; a `waiting_line.Waiter`.

    Attributes:
        closed: whether the session has ended.
    """

    def __init__(
        self,
        state: SessionState,
        audience: Audience,
        supervisor: Supervisor,
        settings: Settings,
        line: Line,
        changed: Callable[[], None],
    ) -> None:
        """No place yet; `changed` is called when viewers are to be told the session's state."""
        self._state, self._audience, self._supervisor = state, audience, supervisor
        self._line, self._changed = line, changed
        self._idle = IdleTimer(settings, self._rest, self.give_back)
        self._giving_back: asyncio.Task[None] | None = None
        self._steps_due = 0
        self.closed = False

    @property
    def resting(self) -> bool:
        """Whether the trainer is being given back just now."""
        return self._giving_back is not None

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
        if not self.closed:
            self._idle.begin()

    def apply_pause(self) -> None:
        """Let the network stand or go on, whichever is wanted."""
        state = self._state
        self._supervisor.order(SetPaused(state.paused))
        if self._is_parked:
            self._return_if_wanted()
        elif state.life.status in (Status.RUNNING, Status.PAUSED):
            state.life.move(Status.PAUSED if state.paused else Status.RUNNING)
            self._make_room()
        self._changed()

    def step(self) -> None:
        """Train one batch of a paused network, once it has a trainer."""
        if self._is_parked:
            self._steps_due += 1
            self._ask_for_place()
        else:
            self._supervisor.order(TrainOnce())

    async def ask(self, order: Callable[[int], Order], kind: type[R]) -> R:
        """See `Supervisor.ask`; a network that is parked gets a trainer again for it.

        Raises:
            SessionError: there is no trainer, and no place for one.
        """
        if self._is_parked:
            if self._line.is_full:
                raise SessionError(NO_PLACE)
            self._ask_for_place()
            await self._supervisor.launched()
        return await self._supervisor.ask(order, kind)

    def begin_run(self, checkpoint: Checkpoint | None = None) -> None:
        """There is a new run, from this checkpoint or anew: a trainer takes it up."""
        self._supervisor.trust_anew(another_run=True)
        state = self._state
        if self._supervisor.is_open:
            state.life.move(Status.STARTING)
            self._supervisor.begin_run(checkpoint)
        elif self.resting and state.life.status is Status.FAILED:
            # Asked for again as soon as the trainer is gone.
            state.life.move(Status.STOPPED)
        elif (self._is_parked or state.life.status in AT_REST) and not self.resting:
            self._ask_for_place()

    async def launched(self) -> None:
        """See `Supervisor.launched`."""
        await self._supervisor.launched()

    async def settled(self) -> None:
        """Wait until the end of the run before has been reported, if a trainer has still to."""
        await self.launched()
        if self._state.life.status is Status.STARTING:
            # Without an answer, what was saved of it has to do.
            with suppress(SessionError):
                await self._take_checkpoint()

    def recover(self) -> None:
        """A failed run continues from its last good weights, in its trainer or in another."""
        self._supervisor.trust_anew(another_run=False)
        if self._supervisor.is_open and self._state.life.failure is not Failure.UNREADABLE:
            self._supervisor.order(GoBack())
            self._state.life.move(Status.STARTING)
        elif self.resting:
            self._state.life.move(Status.STOPPED)
        else:
            self._ask_for_place()

    def started(self) -> None:
        """The trainer's run has begun."""
        for _ in range(self._steps_due):
            self._supervisor.order(TrainOnce())
        self._steps_due = 0
        self._make_room()

    def lost(self) -> None:
        """There is no trainer any more, and none follows."""
        self._line.leave(self)

    async def close(self, *, checkpoint: bool) -> None:
        """End the trainer, with a last checkpoint; idempotent."""
        self.closed = True
        self._idle.stop()
        if self._giving_back is not None and self._supervisor.is_open:
            self._giving_back.cancel()
        if checkpoint:
            with suppress(SessionError, TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._take_checkpoint()
        await self._leave(Status.STOPPED, None)
        if self._giving_back is not None:
            await asyncio.wait([self._giving_back])

    # --- the line ---------------------------------------------------------------------------------

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
        self._supervisor.launch()

    def spare(self) -> bool:
        """Give the place back if the network stands; see `waiting_line.Waiter`."""
        supervisor, status = self._supervisor, self._state.life.status
        if self.resting or not (supervisor.is_open or supervisor.is_launching):
            return False
        if self._state.unwatched:
            self._idle.hurry()
            return True
        if supervisor.is_open and status in (Status.PAUSED, Status.FAILED):
            self.give_back()
            return True
        return False

    # --- while the network stands -----------------------------------------------------------------

    @property
    def _is_parked(self) -> bool:
        """Whether a paused network has given its place to somebody who waited."""
        return self._state.life.status is Status.PAUSED and not self._supervisor.is_open

    def _make_room(self) -> None:
        """A network that stands needs no place while somebody waits for one."""
        if self._line.waiting:
            self.spare()

    def _rest(self) -> bool:
        """Nobody has been watching for a while: pause; true if somebody waits for the place."""
        self._state.unwatched = True
        with suppress(HostSilent):
            self.apply_pause()
        return self._line.waiting > 0

    def give_back(self) -> None:
        """The network stands, and somebody waits or nobody watches: end the trainer."""
        if self._giving_back is None:
            loop = asyncio.get_running_loop()
            self._giving_back = loop.create_task(self._give_back_in_order())

    async def _give_back_in_order(self) -> None:
        state, life = self._state, self._state.life
        try:
            # Where there is no answer, what was saved at the pause has to do.
            with suppress(SessionError):
                self._show_every_card()
                await self._take_checkpoint()
            if life.status in AT_REST:
                await self._leave(life.status, life.reason)
            elif not state.paused:
                return
            elif self._audience:
                await self._leave(Status.PAUSED, None)
            else:
                await self._leave(Status.STOPPED, UNSEEN)
        finally:
            self._giving_back = None
        self._return_if_wanted()

    def _return_if_wanted(self) -> None:
        """Somebody came back, or resumed, while the trainer was given back or after that."""
        stopped = self._state.life.status is Status.STOPPED
        wanted = self._is_parked and not self._state.paused
        if not (self.closed or self.resting) and (wanted or (stopped and self._audience)):
            self._ask_for_place()

    def _show_every_card(self) -> None:
        """Whoever scrolls on while there is no trainer finds the cards' pictures all the same."""
        spec = self._state.run.spec
        if self._audience and spec.activations <= MOST_KEPT_ACTIVATIONS:
            self._supervisor.order(SetWatched(frozenset(range(len(spec.layers)))))

    async def _take_checkpoint(self) -> None:
        await self._supervisor.ask(TakeCheckpoint, Done)

    async def _leave(self, status: Status, reason: str | None) -> None:
        if status is not self._state.life.status:
            self._state.life.move(status, reason)
        await self._supervisor.close()
        self._line.leave(self)
        if not self._audience:
            # It takes half a megabyte, and a trainer's first test brings another.
            self._audience.image_test = None
