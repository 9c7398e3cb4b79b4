"""A session: one network's life on the server.

It knows nothing of the web. It gives orders to a `TrainerHost`, takes its reports, and passes on to
its audience what they say.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, assert_never

from engine.data import Dataset
from engine.optimizers import OPTIMIZERS
from engine.snapshot import dump_convnetjs, load, refusal
from engine.spec import NetSpec
from server.audience import Audience
from server.describe import dataset_info, kept_sentence, layer_infos
from server.host import HostFactory
from server.idle import Idle
from server.keeper import Keeper
from server.line import Line
from server.link import Link
from server.messages import (
    DatasetEvent,
    Divergence,
    Layers,
    Notice,
    Predictions,
    Saved,
    SessionEvent,
    Stats,
)
from server.orders import (
    Checkpoint,
    DataRefused,
    Failed,
    FrameReport,
    GoBack,
    Guesses,
    Loaded,
    LoadSnapshot,
    PointsReport,
    Refused,
    Report,
    SetPaused,
    SetTrainer,
    SetWatched,
    ShowBatch,
    ShowImage,
    Snapshot,
    Started,
    TakeCheckpoint,
    TakeSnapshot,
    TrainOnce,
    UseData,
)
from server.records import SessionRecord
from server.requests import HostSilent, SessionError
from server.saving import Saving
from server.settings import Settings
from server.states import Failure, Life, Status
from server.viewer import CLOSED, Viewer
from server.wire import encode
from server.work import Work

OF_ONE_RUN = (Stats.type, Layers.type, Predictions.type, Saved.type)
UNSEEN = "Training waits, since nobody was watching."
MOST_DEATHS = 5
"""Training processes may die one after the other so often; then nobody believes in the next."""
CLOSING_SECONDS = 2.5
"""So long a training process may take for its last checkpoint when the server ends."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sessions share. `dataset` and `dataset_event` say what is in use now."""

    settings: Settings
    hosts: HostFactory
    line: Line
    keeper: Keeper
    dataset: Callable[[], Dataset]
    dataset_event: Callable[[], DatasetEvent]


class Session:
    """One network's life.

    Attributes:
        id: unguessable name.
        owner: hash of the token of the browser that created it.
        created, seen: when that was, and when somebody last began or ended looking, in seconds
            since 1970.
        used: whether anybody ever looked; before that there is nothing to keep.
    """

    def __init__(
        self, session_id: str, owner: str, shared: Surroundings, record: SessionRecord | None = None
    ) -> None:
        """A new session, or with a `record` one that an earlier server left.

        Raises:
            SpecError, OptionError: this program has no such network as the record says.
        """
        self.id = session_id
        self.owner = owner
        self._shared = shared
        self.audience = Audience()
        self._saving = Saving(session_id, shared.keeper, self.audience)
        self._link = Link(shared.settings.limits.reply_seconds)
        self._idle = Idle(shared.settings, self._rest, self._release)
        self._place: int | None = None
        self._wants_pause = self._closed = False
        self._deaths = self._resumed_at = 0
        self._releasing: asyncio.Task[None] | None = None
        if record is None:
            self._work, self._life = Work(shared.dataset().shape), Life()
            self.created = self.seen = time.time()
        else:
            self._work = Work.remembered(record)
            failure = Failure(record.failure) if record.failure else None
            self._life = Life(failure, record.reason)
            self._wants_pause = record.paused
            self.created, self.seen = record.created, record.seen
        # The graph and the first weights of a session from before stay on disk until it is seen.
        self.used = self._asleep = record is not None
        self.audience.begin_run(self.run_id, forgotten=())
        self.show_dataset()

    @property
    def status(self) -> Status:
        return self._life.status

    @property
    def resting(self) -> bool:
        """Whether it is giving its process back just now."""
        return self._releasing is not None

    @property
    def run_id(self) -> int:
        """Rises with every new run."""
        return self._work.run_id

    @property
    def spec(self) -> NetSpec:
        """The network of the current run, with the trainer's options of now."""
        return self._work.spec

    @property
    def recoverable(self) -> bool:
        """Whether a failed run can go on from its last checkpoint."""
        return self._life.failure in (Failure.DIVERGED, Failure.DIED)

    @property
    def images(self) -> Dataset:
        """The data set in use."""
        return self._shared.dataset()

    # --- viewers ----------------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """Somebody looks: a session that rests wakes up."""
        self.used = True
        self._wake()
        if self._idle.end():
            self._apply_pause()
        if self.status is Status.STOPPED and not self.resting:
            self._ask_for_place()
        viewer.put(encode(self._describe(viewer.role)))
        self.audience.join(viewer)
        self._note_seen()

    def leave(self, viewer: Viewer) -> None:
        """Somebody looks no more; may be called twice."""
        if self.audience.leave(viewer):
            with suppress(HostSilent):
                self._link.order(SetWatched(self.audience.watched))
        if not self.audience and not self._closed:
            self._idle.begin()
        self._note_seen()

    def watch(self, viewer: Viewer, layers: frozenset[int]) -> None:
        """A viewer has these layers on screen."""
        if self.audience.watch(viewer, layers):
            self._link.order(SetWatched(self.audience.watched))

    def show_dataset(self) -> None:
        """Tell the viewers how far the data set is."""
        event = self._shared.dataset_event()
        self.audience.show(event.type, encode(event))

    def change_dataset(self) -> None:
        """There is another data set: train on with it."""
        self._link.order(UseData(self._directory()))
        self._announce()

    # --- commands ---------------------------------------------------------------------------------

    def pause(self, wanted: bool) -> None:
        """Pause or resume."""
        match self._life.failure:
            case Failure.DIVERGED:
                raise SessionError(
                    "The loss has diverged: go back to the last good weights, or restart."
                )
            case Failure.DIED:
                raise SessionError("The training process died too often: try again, or restart.")
            case Failure.ERROR:
                raise SessionError("This run has failed: restart it, or change the network.")
        self._wants_pause = wanted
        self._apply_pause()

    def step(self) -> None:
        """Train one batch while paused."""
        if self.status is not Status.PAUSED:
            raise SessionError("A single step needs a paused network.")
        self._link.order(TrainOnce())

    def restart(self) -> None:
        """The same network from the same initial weights."""
        if self._work.keep and self.status in (Status.WAITING, Status.STARTING):
            # What it will begin with is not known yet, and nothing has happened to it.
            return
        self._work.begin_again()
        self._begin_run()

    def recover(self) -> None:
        """Go on from the last checkpoint of a run that has failed; after a divergence paused."""
        if not self.recoverable:
            raise SessionError("This run has not failed: there is nothing to go back from.")
        # Else the loss would go on as it did, before anybody could lower the learning rate.
        self._wants_pause |= self._life.failure is Failure.DIVERGED
        self._deaths = 0
        if self._link.is_open:
            self._link.order(GoBack())
            self._life.move(Status.STARTING)
        elif self.resting:
            self._life.move(Status.STOPPED)
        else:
            self._ask_for_place()
        self._announce()

    def change_network(self, spec: NetSpec, text: str, *, keep: bool = False) -> None:
        """A new network; with `keep`, layers that fit go on with the weights they have now."""
        self._work.begin(spec, text, keep=keep)
        self._begin_run()

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change options of the running trainer.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        trainer = self._work.configure(settings)
        self._link.order(SetTrainer(trainer))
        self._announce()

    def show_training(self) -> None:
        """The cards show training examples again."""
        self._link.order(ShowBatch())

    async def predict(self, pixels: bytes) -> tuple[tuple[int, float], ...]:
        """The likeliest classes of an image, which the cards show from now on."""
        return (await self._link.ask(lambda token: ShowImage(token, pixels), Guesses)).top

    async def snapshot(self, *, convnetjs: bool = False) -> bytes:
        """The network as a file of ours, or as one of ConvNetJS.

        Raises:
            SessionError: there is no network now, or it is none that ConvNetJS has.
        """
        if convnetjs and (reason := refusal(self.spec)):
            raise SessionError(f"This cannot be saved as a file of ConvNetJS: {reason}.")
        checkpoint = None if self._link.is_open else self._saving.newest()
        if checkpoint is None or not self._work.goes_on_from(checkpoint):
            return (await self._link.ask(lambda at: TakeSnapshot(at, convnetjs), Snapshot)).data
        data, images = checkpoint.data, self.images.shape
        if not convnetjs:
            return data
        return await asyncio.to_thread(lambda: dump_convnetjs(load(data, images=images).net))

    async def load_snapshot(self, data: bytes) -> int:
        """Run the network of a file; returns the new run's id.

        Raises:
            Declined: the file is refused, and nothing has changed.
        """
        run_id, trainer, seed = self._work.reserve_run(), self.spec.trainer, self._work.seed
        reply = await self._link.ask(
            lambda token: LoadSnapshot(token, run_id, data, trainer, seed), Loaded
        )
        if self.run_id != reply.run_id:
            raise SessionError("The network was changed again while the file was read.")
        return reply.run_id

    async def close(self, *, keep: bool = True) -> None:
        """End the process and let the viewers go; may be called twice.

        All that it did is kept, or forgotten for good.
        """
        self._closed = True
        self._idle.stop()
        if self._releasing is not None and self._link.is_open:
            self._releasing.cancel()
        for viewer in self.audience:
            viewer.close(*CLOSED)
        if keep:
            with suppress(SessionError, TimeoutError):
                async with asyncio.timeout(CLOSING_SECONDS):
                    await self._take_checkpoint()
        await self._give_back(Status.STOPPED, None)
        if self._releasing is not None:
            await asyncio.wait([self._releasing])
        if not keep:
            self._shared.keeper.forget(self.id)

    # --- life -------------------------------------------------------------------------------------

    def _begin_run(self) -> None:
        self._deaths = 0
        self._saving.begin_run()
        self.audience.begin_run(self.run_id, forgotten=OF_ONE_RUN)
        if self._link.is_open:
            self._life.move(Status.STARTING)
            self._resumed_at = 0
            # The process itself has what a run with `keep` takes over.
            self._link.order(self._work.start_order(None, paused=self._paused, points=0))
        elif self.status in (Status.STOPPED, Status.FAILED) and not self.resting:
            self._ask_for_place()
        self._announce()

    def _ask_for_place(self) -> None:
        place = self._shared.line.enter(self)
        if place:
            self._life.move(Status.WAITING, "As many networks train already as may at once.")
            self.advance(place)
        else:
            self.admit()

    def advance(self, place: int) -> None:
        """See `line.Waiter`."""
        if place != self._place:
            self._place = place
            self._announce()

    def admit(self) -> None:
        """There is a place: start the training process; see `line.Waiter`."""
        self._place = None
        self._launch()
        self._announce()

    def _launch(self) -> None:
        """Start a process that goes on from the newest checkpoint, or begins the run."""
        self._wake()
        checkpoint = self._saving.newest()
        mine = checkpoint if checkpoint and self._work.goes_on_from(checkpoint) else None
        self._resumed_at = mine.examples if mine else 0
        self._saving.rewind(mine.points if mine else 0)
        order = self._work.start_order(
            checkpoint, paused=self._paused, points=len(self.audience.history)
        )
        self._life.move(Status.STARTING)
        self._link.open(self._shared.hosts(self._directory()), self._take, self._died)
        self._link.order(order)
        self._link.order(SetTrainer(self.spec.trainer))
        self._link.order(SetWatched(self.audience.watched))

    @property
    def _paused(self) -> bool:
        return self._wants_pause or self._idle.resting

    def _apply_pause(self) -> None:
        self._link.order(SetPaused(self._paused))
        if self.status in (Status.RUNNING, Status.PAUSED):
            self._life.move(Status.PAUSED if self._paused else Status.RUNNING)
        self._announce()

    def _rest(self) -> bool:
        """Nobody has been watching for a while: pause; true if somebody waits for the place."""
        with suppress(HostSilent):
            self._apply_pause()
        return self._shared.line.waiting > 0

    def spare(self) -> bool:
        """Give the place back if nobody has been watching for a while; see `line.Waiter`."""
        if not self._idle.resting or self.resting or not self._link.is_open:
            return False
        self._idle.hurry()
        return True

    def _release(self) -> None:
        """Nobody has been watching for long: give the process back."""
        self._releasing = asyncio.get_running_loop().create_task(self._rest_without_process())

    async def _rest_without_process(self) -> None:
        try:
            # Where there is no answer, what was saved at the pause has to do.
            with suppress(SessionError):
                await self._take_checkpoint()
            if self.audience:
                return
            failed = self.status is Status.FAILED
            await self._give_back(Status.FAILED if failed else Status.STOPPED, UNSEEN)
        finally:
            self._releasing = None
        if self.audience and self.status is Status.STOPPED and not self._closed:
            self._ask_for_place()

    async def _take_checkpoint(self) -> None:
        await self._link.ask(TakeCheckpoint, Checkpoint)

    async def _give_back(self, status: Status, reason: str | None) -> None:
        if status is not self.status:
            self._life.move(status, reason)
        await self._link.close()
        self._shared.line.leave(self)

    # --- the training process ---------------------------------------------------------------------

    def _take(self, report: Report) -> None:
        match report:
            case FrameReport(kind, run_id, frame):
                if run_id == self.run_id:
                    self.audience.show(kind, frame)
            case PointsReport(run_id, _, rows):
                if run_id == self.run_id:
                    self.audience.add_points(rows)
            case Checkpoint():
                self._checkpointed(report)
                self._link.answer(report)
            case Started():
                self._started(report)
            case Failed(run_id, reason, divergence):
                self._failed(run_id, reason, divergence)
            case DataRefused(reason):
                self._notify("error", f"The data set cannot be used: {reason}.")
            case Loaded(_, run_id, spec):
                self._loaded(run_id, spec)
                self._link.answer(report)
            case Guesses() | Snapshot() | Refused():
                self._link.answer(report)
            case _:
                assert_never(report)

    def _started(self, report: Started) -> None:
        if report.run_id == self.run_id and self.status is Status.STARTING:
            self._work.begun(report)
            if report.weights is not None:
                self._shared.keeper.keep_beginning(self.id, self.run_id, report.weights)
            self._life.move(Status.PAUSED if self._paused else Status.RUNNING)
            self._announce()
            if report.kept is not None:
                self._notify("info", kept_sentence(self.spec, report.kept))

    def _checkpointed(self, report: Checkpoint) -> None:
        self._saving.take(report, self.run_id)
        if report.run_id == self.run_id and report.examples > self._resumed_at:
            # It got somewhere: whatever killed those before it does not kill every one.
            self._deaths = 0

    def _failed(self, run_id: int, reason: str, divergence: Divergence | None) -> None:
        if run_id != self.run_id or self.status is Status.FAILED:
            return
        failure = Failure.ERROR if divergence is None else Failure.DIVERGED
        self._life.move(Status.FAILED, reason, failure)
        if divergence is not None:
            self._work.note(divergence)
        self._announce()
        if divergence is None:
            # Of a divergence the page tells by itself, and what can be done about it.
            self._notify("error", reason)

    def _loaded(self, run_id: int, spec: NetSpec) -> None:
        if self._work.adopt(run_id, spec, self.images.shape):
            self._deaths = self._resumed_at = 0
            self._saving.begin_run()
            self.audience.begin_run(run_id, forgotten=OF_ONE_RUN)
            self._life.move(Status.STARTING)
            self._announce()

    def _died(self, reason: str) -> None:
        """The process ended though nobody told it to: another goes on from the last checkpoint."""
        self._deaths += 1
        if self.status is not Status.FAILED and self._deaths < MOST_DEATHS:
            self._launch()
            self._announce()
            from_where = f"from {self._resumed_at:,} examples" if self._resumed_at else "anew"
            self._notify("warning", f"{reason} Another one goes on {from_where}.")
            return
        self._shared.line.leave(self)
        if self.status is not Status.FAILED:
            reason = f"{reason} That was so {MOST_DEATHS} times in a row."
            self._life.move(Status.FAILED, reason, Failure.DIED)
        self._announce()

    def _directory(self) -> str | None:
        directory = self._shared.dataset().directory
        return None if directory is None else str(directory)

    # --- what is kept, and what viewers are told --------------------------------------------------

    def _wake(self) -> None:
        """Fetch what stays on disk of a session that nobody looks at."""
        if self._asleep:
            self._asleep = False
            remains = self._shared.keeper.remains(self.id, self.run_id)
            self._work.weights = remains.weights
            self._saving.begin_run(len(remains.points))
            self.audience.add_points(remains.points)

    def _note_seen(self) -> None:
        self.seen = time.time()
        self._remember()

    def _remember(self) -> None:
        if self._closed or not self.used:
            return
        life, work = self._life, self._work
        self._shared.keeper.remember(
            SessionRecord(
                id=self.id,
                owner=self.owner,
                created=self.created,
                seen=self.seen,
                run_id=work.run_id,
                last_run_id=work.last_run_id,
                text=work.text,
                trainer=work.spec.trainer.options,
                seed=work.seed,
                keep=work.keep,
                paused=self._wants_pause,
                failure=life.failure.value if life.failure else None,
                reason=life.reason if life.failure else None,
                divergences=work.divergences,
            )
        )

    def _announce(self) -> None:
        """Something has changed: tell the viewers, and keep it."""
        for viewer in self.audience:
            viewer.put(encode(self._describe(viewer.role)))
        self._remember()

    def _notify(self, level: str, message: str) -> None:
        self.audience.send(Notice(level, message))

    def _describe(self, role: str) -> SessionEvent:
        return SessionEvent(
            session=self.id,
            run_id=self.run_id,
            status=self.status.value,
            role=role,
            spec=self._work.text,
            layers=layer_infos(self.spec),
            parameters=self.spec.parameter_count,
            trainer=self.spec.trainer.options,
            methods=tuple(OPTIMIZERS),
            dataset=dataset_info(self._shared.dataset()),
            seed=self._work.seed,
            divergences=self._work.divergences,
            recoverable=self.recoverable,
            failure=self._life.failure.value if self._life.failure else None,
            reason=self._life.reason,
            place=self._place,
        )
