"""A session: one network's life on the server.

It knows nothing of the web. It gives orders to a `TrainerHost`, takes its reports, and passes on to
its audience what they say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, assert_never

from engine.data import Dataset
from engine.formats import dump_convnetjs, load, refusal
from engine.language import NetSpec
from engine.update_rules.optimizers import OPTIMIZERS
from server.audience.audience import Audience
from server.audience.viewer import Viewer
from server.protocol.connections import CloseReason, Role
from server.protocol.encode_events import encode
from server.protocol.events import (
    Layers,
    Notice,
    Predictions,
    Saved,
    SessionEvent,
    SessionSummary,
    Stats,
)
from server.protocol.kinds import Failure, Level, Status
from server.protocol.orders import (
    LoadSnapshot,
    SetTrainer,
    SetWatched,
    ShowBatch,
    ShowImage,
    TakeSnapshot,
    TrainOnce,
)
from server.protocol.refusals import HostSilent, SessionError
from server.protocol.reports import (
    Checkpoint,
    DataRefused,
    Failed,
    FrameReport,
    Guesses,
    Loaded,
    PointsReport,
    Refused,
    Report,
    Snapshot,
    Started,
)
from server.protocol.run_values import Divergence, Guess
from server.sessions.checkpointing import Saving
from server.sessions.descriptions import dataset_info, kept_sentence, layer_infos, title
from server.sessions.lifecycle import Life
from server.sessions.names import short, watch_id_of
from server.sessions.progress import Pace
from server.sessions.run_definition import Work
from server.sessions.supervisor import Supervisor
from server.sessions.surroundings import Surroundings
from server.storage.records import SessionRecord

log = logging.getLogger(__name__)

OF_ONE_RUN = (Stats.type, Layers.type, Predictions.type, Saved.type)


class Session:
    """One network's life.

    Attributes:
        id: unguessable name.
        watch_id: unguessable name for spectators.
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
        self.watch_id = watch_id_of(session_id)
        self.owner = owner
        self.tally = shared.tally
        self._shared = shared
        self.audience = Audience(self.tally)
        self.saving = Saving(session_id, shared.keeper, self.audience)
        self._trainer = Supervisor(self, shared.settings, shared.hosts, shared.line, shared.dataset)
        self._pace = Pace(self.tally)
        self._closed = False
        if record is None:
            self.work, self.life = Work.first(shared.dataset().shape), Life()
            self.created = self.seen = time.time()
        else:
            self.work = Work.remembered(record)
            failure = Failure(record.failure) if record.failure else None
            self.life = Life(failure, record.reason)
            self._trainer.wants_pause = record.paused
            self.created, self.seen = record.created, record.seen
        # The graph and the first weights of a session from before stay on disk until it is seen.
        self._asleep = record
        self.used = record is not None
        self.audience.begin_run(self.run_id, forgotten=())
        self.show_dataset()

    @property
    def status(self) -> Status:
        return self.life.status

    @property
    def resting(self) -> bool:
        """Whether it is giving its process back just now."""
        return self._trainer.resting

    @property
    def examples_per_second(self) -> float:
        """How fast it trains now."""
        return self._pace.per_second if self.status is Status.RUNNING else 0.0

    @property
    def run_id(self) -> int:
        """Rises with every new run."""
        return self.work.run_id

    @property
    def spec(self) -> NetSpec:
        """The network of the current run, with the trainer's options of now."""
        return self.work.spec

    @property
    def examples(self) -> int:
        """How many the run was trained on, as of the newest graph point."""
        asleep = self._asleep
        return self.audience.history.examples if asleep is None else asleep.examples

    @property
    def recoverable(self) -> bool:
        """Whether a failed run can go on from its last checkpoint."""
        return self.life.failure in (Failure.DIVERGED, Failure.DIED)

    @property
    def images(self) -> Dataset:
        """The data set in use."""
        return self._shared.dataset()

    # --- viewers ----------------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """Somebody looks: a session that rests wakes up."""
        self.used = True
        self.wake()
        self._trainer.watched()
        viewer.put(encode(self._describe(viewer.role)))
        self.audience.join(viewer)
        self._note_seen()

    def leave(self, viewer: Viewer) -> None:
        """Somebody looks no more; may be called twice."""
        if self.audience.leave(viewer):
            with suppress(HostSilent):
                self._trainer.order(SetWatched(self.audience.watched))
        if not self.audience:
            self._trainer.unwatched()
        self._note_seen()

    def watch(self, viewer: Viewer, layers: frozenset[int]) -> None:
        """A viewer has these layers on screen."""
        if self.audience.watch(viewer, layers):
            self._trainer.order(SetWatched(self.audience.watched))

    def show_dataset(self) -> None:
        """Tell the viewers how far the data set is."""
        event = self._shared.dataset_event()
        self.audience.show(event.type, encode(event))

    def change_dataset(self) -> None:
        """There is another data set: train on with it."""
        self._trainer.use_data()
        self.announce()

    # --- commands ---------------------------------------------------------------------------------

    def pause(self, wanted: bool) -> None:
        """Pause or resume."""
        match self.life.failure:
            case Failure.DIVERGED:
                raise SessionError(
                    "The loss has diverged: go back to the last good weights, or restart."
                )
            case Failure.DIED:
                raise SessionError("The training process died too often: try again, or restart.")
            case Failure.ERROR:
                raise SessionError("This run has failed: restart it, or change the network.")
        self._trainer.wants_pause = wanted
        self._trainer.apply_pause()

    def step(self) -> None:
        """Train one batch while paused."""
        if self.status is not Status.PAUSED:
            raise SessionError("A single step needs a paused network.")
        self._trainer.order(TrainOnce())

    def restart(self) -> None:
        """The same network from the same initial weights."""
        if self.work.keep and self.status in (Status.WAITING, Status.STARTING):
            # What it will begin with is not known yet, and nothing has happened to it.
            return
        self.work.begin_again()
        self._begin_run()

    def recover(self) -> None:
        """Go on from the last checkpoint of a run that has failed; after a divergence paused."""
        if not self.recoverable:
            raise SessionError("This run has not failed: there is nothing to go back from.")
        # Else the loss would go on as it did, before anybody could lower the learning rate.
        self._trainer.wants_pause |= self.life.failure is Failure.DIVERGED
        self._trainer.recover()
        self.announce()

    def change_network(self, spec: NetSpec, text: str, *, keep: bool = False) -> None:
        """A new network; with `keep`, layers that fit go on with the weights they have now."""
        self.work.begin(spec, text, keep=keep)
        self._begin_run()

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change options of the running trainer.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        trainer = self.work.configure(settings)
        self._trainer.order(SetTrainer(trainer))
        self.announce()

    def show_training(self) -> None:
        """The cards show training examples again."""
        self._trainer.order(ShowBatch())

    async def predict(self, pixels: bytes) -> tuple[Guess, ...]:
        """The likeliest classes of an image, which the cards show from now on."""
        return (await self._trainer.ask(lambda token: ShowImage(token, pixels), Guesses)).top

    async def snapshot(self, *, convnetjs: bool = False) -> bytes:
        """The network as a file of ours, or as one of ConvNetJS.

        Raises:
            SessionError: there is no network now, or it is none that ConvNetJS has.
        """
        if convnetjs and (reason := refusal(self.spec)):
            raise SessionError(f"This cannot be saved as a file of ConvNetJS: {reason}.")
        checkpoint = None if self._trainer.is_open else self.saving.newest()
        if checkpoint is None or not self.work.goes_on_from(checkpoint):
            return (await self._trainer.ask(lambda at: TakeSnapshot(at, convnetjs), Snapshot)).data
        data, images = checkpoint.data, self.images.shape
        if not convnetjs:
            return data
        return await asyncio.to_thread(lambda: dump_convnetjs(load(data, images=images).net))

    async def load_snapshot(self, data: bytes) -> int:
        """Run the network of a file; returns the new run's id.

        Raises:
            Declined: the file is refused, and nothing has changed.
        """
        run_id, trainer, seed = self.work.reserve_run(), self.spec.trainer, self.work.seed
        reply = await self._trainer.ask(
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
        for viewer in self.audience:
            viewer.close(CloseReason.CLOSED)
        await self._trainer.close(checkpoint=keep)
        if not keep:
            self._shared.keeper.forget(self.id)

    def _begin_run(self) -> None:
        self.saving.begin_run()
        self.audience.begin_run(self.run_id, forgotten=OF_ONE_RUN)
        self._trainer.begin_run()
        self.announce()

    # --- what the training process reports --------------------------------------------------------

    def take(self, report: Report) -> None:
        """See `supervisor.Supervised`."""
        match report:
            case FrameReport(kind, run_id, frame, progress):
                if run_id == self.run_id:
                    self.audience.show(kind, frame)
                    if progress is not None:
                        self._pace.note(run_id, progress)
            case PointsReport(run_id, _, rows):
                if run_id == self.run_id:
                    self.audience.add_points(rows)
            case Checkpoint():
                self._checkpointed(report)
                self._trainer.answer(report)
            case Started():
                self._started(report)
            case Failed(run_id, reason, divergence):
                self._failed(run_id, reason, divergence)
            case DataRefused(reason):
                self.notify(Level.ERROR, f"The data set cannot be used: {reason}.")
            case Loaded(_, run_id, spec):
                self._loaded(run_id, spec)
                self._trainer.answer(report)
            case Guesses() | Snapshot() | Refused():
                self._trainer.answer(report)
            case _:
                assert_never(report)

    def _started(self, report: Started) -> None:
        if report.run_id == self.run_id and self.status is Status.STARTING:
            self.work.begun(report)
            if report.weights is not None:
                self._shared.keeper.keep_beginning(self.id, self.run_id, report.weights)
            self.life.move(Status.PAUSED if self._trainer.paused else Status.RUNNING)
            self._log(logging.INFO, "run started", paused=self._trainer.paused)
            self.announce()
            if report.kept is not None:
                self.notify(Level.INFO, kept_sentence(self.spec, report.kept))

    def _checkpointed(self, report: Checkpoint) -> None:
        self.saving.take(report, self.run_id)
        if report.run_id == self.run_id:
            self._trainer.progressed(report.examples)
        self._remember()

    def _failed(self, run_id: int, reason: str, divergence: Divergence | None) -> None:
        if run_id != self.run_id or self.status is Status.FAILED:
            return
        failure = Failure.ERROR if divergence is None else Failure.DIVERGED
        self.life.move(Status.FAILED, reason, failure)
        what = "run failed" if divergence is None else "run diverged"
        self._log(logging.WARNING, what, reason=reason)
        if divergence is not None:
            self.work.note(divergence)
        self.announce()
        if divergence is None:
            # Of a divergence the page tells by itself, and what can be done about it.
            self.notify(Level.ERROR, reason)

    def _loaded(self, run_id: int, spec: NetSpec) -> None:
        if self.work.adopt(run_id, spec, self.images.shape):
            self._trainer.forget_deaths()
            self.saving.begin_run()
            self.audience.begin_run(run_id, forgotten=OF_ONE_RUN)
            self.life.move(Status.STARTING)
            self.announce()

    # --- what is kept, and what viewers are told --------------------------------------------------

    def wake(self) -> None:
        """Fetch what stays on disk of a session that nobody looks at."""
        if self._asleep is not None:
            self._asleep = None
            remains = self._shared.keeper.remains(self.id, self.run_id)
            self.work.weights = remains.weights
            self.saving.begin_run(len(remains.points))
            self.audience.add_points(remains.points)

    def _note_seen(self) -> None:
        self.seen = time.time()
        self._remember()

    def _remember(self) -> None:
        if self._closed or not self.used:
            return
        life, work = self.life, self.work
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
                paused=self._trainer.wants_pause,
                failure=life.failure,
                reason=life.reason if life.failure else None,
                divergences=work.divergences,
                examples=self.examples,
            )
        )

    def announce(self) -> None:
        """Something has changed: tell the viewers, and keep it."""
        frames = {role: encode(self._describe(role)) for role in self.audience.roles}
        for viewer in self.audience:
            viewer.put(frames[viewer.role])
        self._remember()

    def lost(self, reason: str) -> None:
        """See `supervisor.Supervised`."""
        self.tally.worker_deaths += 1
        self._log(logging.ERROR, "worker lost", reason=reason)

    def notify(self, level: Level, message: str) -> None:
        """Tell the viewers something that is no state."""
        self.audience.send(Notice(level, message))

    def summary(self) -> SessionSummary:
        """What the list of its owner's sessions says of it."""
        return SessionSummary(
            session=self.id,
            title=title(self.spec),
            status=self.status,
            examples=self.examples,
            seen=self.seen,
            viewers=len(self.audience),
        )

    def _describe(self, role: Role) -> SessionEvent:
        return SessionEvent(
            session=self.id if role is Role.OWNER else self.watch_id,
            run_id=self.run_id,
            status=self.status,
            role=role,
            spec=self.work.text,
            layers=layer_infos(self.spec),
            parameters=self.spec.parameter_count,
            trainer=self.spec.trainer.options,
            methods=tuple(OPTIMIZERS),
            dataset=dataset_info(self._shared.dataset()),
            seed=self.work.seed,
            divergences=self.work.divergences,
            recoverable=self.recoverable,
            failure=self.life.failure,
            reason=self.life.reason,
            place=self._trainer.place,
            watch=f"/watch/{self.watch_id}" if role is Role.OWNER else None,
        )

    def _log(self, level: int, event: str, **about: object) -> None:
        log.log(level, event, extra={"session": short(self.id), "run": self.run_id, **about})
