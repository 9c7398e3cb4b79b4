"""Starts a session's trainer from the newest checkpoint, and another one whenever it dies."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from server.audience.audience import Audience
from server.protocol.events import Notice
from server.protocol.kinds import Failure, Level, Status
from server.protocol.orders import Order, SetTrainer, SetWatched, StartRun, UseData, UsePictures
from server.protocol.refusals import SessionError, Unreadable
from server.protocol.reports import Adopted, CheckpointReport, Report
from server.protocol.run_values import Checkpoint, DataReference
from server.sessions.checkpointing import Checkpointing
from server.sessions.names import short
from server.sessions.session_state import SessionState
from server.sessions.surroundings import Surroundings
from server.trainers.host import EndCause, Ending
from server.trainers.trainer_link import TrainerLink

log = logging.getLogger(__name__)

MOST_DEATHS = 5
"""After so many deaths in a row the run is marked failed instead of getting another trainer."""

R = TypeVar("R")


class Supervisor:
    """One session's trainer, while it has one."""

    def __init__(
        self,
        state: SessionState,
        audience: Audience,
        checkpointing: Checkpointing,
        shared: Surroundings,
        *,
        take: Callable[[Report], None],
        gave_up: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """No trainer yet.

        Args:
            take: called with each report that is not a reply.
            gave_up: called when a trainer has died and no other follows.
            changed: called when viewers are to be told the session's state anew.
        """
        self._state, self._audience, self._checkpointing = state, audience, checkpointing
        self._shared = shared
        self._pass_on, self._gave_up, self._changed = take, gave_up, changed
        self._link: TrainerLink | None = None
        self._launching: asyncio.Task[None] | None = None
        self._deaths = self._resumed_at = 0
        self._trusted = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Whether there is a trainer."""
        return self._link is not None

    @property
    def is_launching(self) -> bool:
        """Whether a trainer is about to be started."""
        return self._launching is not None

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
        dataset = self._shared.dataset()
        self.order(UseData(DataReference(dataset.name, dataset.digest)))

    def use_pictures(self) -> None:
        """Train on the pictures that the session has now, too."""
        self.order(UsePictures(self._state.added))

    def launch(self, after: str | None = None) -> None:
        """Start a trainer, `after` another one ended for this reason.

        In a task, since what it continues from is read from disk, and may be large.
        """
        self._state.life.move(Status.STARTING)
        self._launching = asyncio.get_running_loop().create_task(self._pause_and_start(after))
        self._changed()

    def begin_run(self, checkpoint: Checkpoint | None) -> None:
        """The trainer takes up the session's run, from this checkpoint of it or anew.

        It has by itself what a run with `keep` takes over.

        Raises:
            HostSilent: it takes no orders.
        """
        self.order(self._start_order(checkpoint))
        if checkpoint is not None:
            self._resumed_at = checkpoint.examples
            self.order(SetTrainer(self._state.run.spec.trainer))

    async def launched(self) -> None:
        """Wait until no trainer is about to be started."""
        while self._launching is not None:
            await asyncio.wait([self._launching])

    def trust_anew(self, *, another_run: bool) -> None:
        """Forget the deaths so far; with `another_run`, from where they are counted, too."""
        self._deaths = 0
        self._trusted.set()
        if another_run:
            self._resumed_at = 0

    async def close(self) -> None:
        """End the trainer; idempotent."""
        if self._launching is not None:
            self._launching.cancel()
            self._launching = None
        link, self._link = self._link, None
        if link is not None:
            await link.close()

    async def _pause_and_start(self, after: str | None) -> None:
        # Whatever ends one trainer after another, such as want of files, may pass; each start makes
        # it worse. The first death is followed at once, and so is a person's word.
        if self._deaths > 1:
            self._trusted.clear()
            pause = self._shared.settings.limits.relaunch_seconds * 2 ** (self._deaths - 2)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._trusted.wait()
        await self._read_and_start(after)

    async def _read_and_start(self, after: str | None) -> None:
        try:
            checkpoint = await self._read()
            self._launching = None
            self._start(checkpoint, after)
        except Unreadable as error:
            self._launching = None
            self._state.life.move(Status.FAILED, str(error), Failure.UNREADABLE)
            self._gave_up()
            self._changed()
        except Exception as error:
            # Whatever fails in starting a trainer is the end of it, like any other.
            log.error("a trainer cannot be started", exc_info=error)
            self._launching = None
            self._died(Ending(EndCause.NOT_STARTED, str(error) or type(error).__name__).sentence)

    async def _read(self) -> Checkpoint | None:
        """What the session's run goes on from, whichever run that is by then."""
        while True:
            run_id = self._state.run.run_id
            try:
                await self._checkpointing.wake(self._state)
                return await self._checkpointing.newest(self._state.run)
            except Unreadable:
                if run_id == self._state.run.run_id:
                    raise

    def _start(self, checkpoint: Checkpoint | None, after: str | None) -> None:
        # Nothing waits in here: whatever has changed up to now is taken into account.
        run, shared = self._state.run, self._shared
        mine = checkpoint if checkpoint and run.goes_on_from(checkpoint) else None
        self._resumed_at = mine.examples if mine else 0
        self._checkpointing.rewind(mine)
        run.go_back_to(self._resumed_at)
        seconds = shared.settings.limits.reply_seconds
        self._link = TrainerLink(shared.hosts(), self._take, self._died, seconds)
        self._link.start()
        self.use_data()
        self.use_pictures()
        self.order(self._start_order(checkpoint))
        self.order(SetTrainer(run.spec.trainer))
        self.order(SetWatched(self._audience.watched))
        if after is not None:
            at = self._resumed_at
            what = f"goes on from {at:,} examples" if at else "starts over"
            self._audience.send(Notice(Level.WARNING, f"{after} Another one {what}."))

    def _start_order(self, checkpoint: Checkpoint | None) -> StartRun:
        audience = self._audience
        return self._state.run.start_order(
            checkpoint,
            paused=self._state.paused,
            points=len(audience.history),
            tests=len(audience.tests),
            tested=audience.tests.examples,
        )

    def _take(self, report: Report) -> None:
        match report:
            case CheckpointReport(checkpoint):
                mine = checkpoint.run_id == self._state.run.run_id
                if mine and checkpoint.examples > self._resumed_at:
                    # It got somewhere: whatever killed those before it does not kill every one.
                    self._deaths = 0
            case Adopted():
                self.trust_anew(another_run=True)
        self._pass_on(report)

    def _died(self, reason: str) -> None:
        """The trainer ended without being told to: another continues from the last checkpoint."""
        self._link = None
        self._deaths += 1
        self._shared.tally.worker_deaths += 1
        life = self._state.life
        about = {"session": short(self._state.id), "run": self._state.run.run_id}
        log.error("worker lost", extra={**about, "reason": reason})
        if life.status is not Status.FAILED and self._deaths < MOST_DEATHS:
            self.launch(after=reason)
            return
        if life.status is not Status.FAILED:
            reason = f"{reason} This has happened {MOST_DEATHS} times in a row."
            life.move(Status.FAILED, reason, Failure.DIED)
        self._gave_up()
        self._changed()
