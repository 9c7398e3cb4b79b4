"""A session: one network's life on the server, as its viewers and its owner's commands see it.

It knows nothing of the web. Its parts share one `SessionState`: a training place says when there is
to be a trainer, a supervisor starts it, a report handler takes what it reports.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from engine.data import Dataset
from engine.formats import dump_convnetjs, load, refusal
from engine.language import NetSpec
from server.audience.audience import Audience
from server.audience.viewer import Viewer
from server.protocol.added_pictures import AddedPicture
from server.protocol.connections import CloseReason, Role
from server.protocol.encode_events import encode
from server.protocol.events import SessionEvent, SessionSummary
from server.protocol.example_choice import ExampleChoice
from server.protocol.inquiries import Inquiry
from server.protocol.kinds import Failure, Leaving, Status
from server.protocol.orders import (
    Inspect,
    LoadSnapshot,
    SetTrainer,
    SetWatched,
    ShowImage,
    TakeSnapshot,
)
from server.protocol.refusals import HostSilent, SessionError, Unreadable
from server.protocol.reports import Done, Guesses, Inspected, Report, Snapshot, Started
from server.protocol.run_values import Checkpoint, FullTest
from server.sessions import added_pictures
from server.sessions.checkpointing import Checkpointing
from server.sessions.descriptions import session_event, session_summary
from server.sessions.example_pin import ExamplePin
from server.sessions.remembering import record_of, state_of
from server.sessions.report_handler import ReportHandler
from server.sessions.run_before import WayBack, leave_run
from server.sessions.run_definition import RunDefinition
from server.sessions.session_state import SessionState
from server.sessions.shared_inquiries import SharedInquiries
from server.sessions.supervisor import Supervisor
from server.sessions.surroundings import Surroundings
from server.sessions.training_place import TrainingPlace
from server.storage.records import SessionRecord

WHY_NO_PAUSE = {
    Failure.DIVERGED: "The loss has diverged: go back to the last good weights, or restart.",
    Failure.DIED: "The training process died too often: try again, or restart.",
    Failure.UNREADABLE: "What this run needs cannot be read: try again, or restart.",
    Failure.ERROR: "This run has failed: restart it, or change the network.",
}


class Session:
    """One network's life.

    Attributes:
        state: what is remembered of it and told about it.
        audience: its viewers.
        tally: what has happened on the server, to be added to.
    """

    def __init__(self, state: SessionState, shared: Surroundings) -> None:
        self.state = state
        self.tally = shared.tally
        self.audience = Audience(self.tally, shared.outgoing)
        self._shared = shared
        self._checkpointing = Checkpointing(state.id, shared.keeper, self.audience)
        self._reports = ReportHandler(
            state,
            self.audience,
            self._checkpointing,
            images=lambda: self.images.shape,
            changed=self._announce,
            remember=self._remember,
        )
        self._trainer = Supervisor(
            state,
            self.audience,
            self._checkpointing,
            shared,
            take=self._take,
            gave_up=lambda: self._place.lost(),
            changed=self._announce,
        )
        self._place = TrainingPlace(
            state, self.audience, self._trainer, shared.settings, shared.line, self._announce
        )
        self._way_back = WayBack(
            state,
            self._checkpointing,
            self._place,
            begin_run=self._reports.begin_run,
            remember=self._remember,
        )
        self._inquiries = SharedInquiries(self._ask_about)
        self._pin = ExamplePin(self._trainer.order)
        self._waking: asyncio.Task[None] | None = None
        self._closed = False
        self._reports.show_run()
        self.show_dataset()

    @classmethod
    def new(cls, session_id: str, owner: str, shared: Surroundings, network: str = "") -> Session:
        """A session that begins with the default network for the data in use."""
        run = RunDefinition.first(shared.dataset().shape)
        state = SessionState(
            session_id, owner, run, network=network, seen_uptime=shared.uptime.total
        )
        return cls(state, shared)

    @classmethod
    def kept(cls, record: SessionRecord, shared: Surroundings) -> Session:
        """A session that an earlier server kept.

        Raises:
            SpecError, OptionError, ValueError: this program has no such network as the record says.
        """
        return cls(state_of(record), shared)

    @property
    def id(self) -> str:
        """Unguessable name."""
        return self.state.id

    @property
    def watch_id(self) -> str:
        """Unguessable name for spectators."""
        return self.state.watch_id

    @property
    def status(self) -> Status:
        """What it is doing."""
        return self.state.life.status

    @property
    def resting(self) -> bool:
        """Whether it is giving its trainer back just now."""
        return self._place.resting

    @property
    def examples_per_second(self) -> float:
        """How fast it trains."""
        return self._reports.progress.per_second if self.status is Status.RUNNING else 0.0

    @property
    def run_id(self) -> int:
        """Rises with every new run."""
        return self.state.run.run_id

    @property
    def spec(self) -> NetSpec:
        """The network of the current run, with the trainer's current options."""
        return self.state.run.spec

    @property
    def examples(self) -> int:
        """How many the run was trained on, as of the newest graph point."""
        asleep = self.state.asleep
        return self.audience.history.examples if asleep is None else asleep

    @property
    def _trained_on(self) -> int:
        """How many the run was trained on, as of a tenth of a second ago."""
        progress = self._reports.progress
        reported = progress.examples if progress.run_id == self.run_id else 0
        return max(self.examples, reported)

    @property
    def images(self) -> Dataset:
        """The data set in use."""
        return self._shared.dataset()

    # --- viewers ----------------------------------------------------------------------------------

    async def wake(self) -> None:
        """Fetch what is still on disk of a session that an earlier server kept; idempotent.

        Where that cannot be read the session has failed, and all is left as it is.
        """
        if self.state.asleep is None:
            return
        if self._waking is None:
            self._waking = asyncio.get_running_loop().create_task(self._wake())
        # Others may wait for the same: one that gives up must not take it from them.
        await asyncio.shield(self._waking)

    async def _wake(self) -> None:
        life = self.state.life
        try:
            await self._checkpointing.wake(self.state)
        except Unreadable as error:
            # One that had failed before is told of that first: it is its owner who goes on.
            if life.status is not Status.FAILED:
                life.move(Status.FAILED, str(error), Failure.UNREADABLE)
        finally:
            self._waking = None

    def join(self, viewer: Viewer) -> None:
        """Somebody looks: a session that rests goes on. `wake` it before."""
        if self._closed:
            viewer.close(CloseReason.CLOSED)
            return
        self.state.used = True
        self._place.watched()
        viewer.put(encode(self._describe(viewer.role)))
        self.audience.join(viewer)
        self.note_seen()

    def leave(self, viewer: Viewer) -> None:
        """Somebody looks no more; idempotent."""
        if self.audience.leave(viewer):
            with suppress(HostSilent):
                self._trainer.order(SetWatched(self.audience.watched))
        if not self.audience:
            self._place.unwatched()
        self.note_seen()

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
        self._announce()

    # --- commands ---------------------------------------------------------------------------------

    def pause(self, wanted: bool) -> None:
        """Pause or resume.

        Raises:
            SessionError: the run has failed.
        """
        if (failure := self.state.life.failure) is not None:
            raise SessionError(WHY_NO_PAUSE[failure])
        self.state.wants_pause = wanted
        self._place.apply_pause()

    def step(self) -> None:
        """Train one batch while paused.

        Raises:
            SessionError: the network is not paused.
        """
        if self.status is not Status.PAUSED:
            raise SessionError("A single step needs a paused network.")
        self._place.step()

    def restart(self) -> None:
        """The same network from the same initial weights."""
        if self.state.run.keep and self.status in (Status.WAITING, Status.STARTING):
            # What it will begin with is not known yet, and nothing has happened to it.
            return
        self._leave_run(Leaving.RESTART)
        self.state.run.begin_again()
        self._begin_run()

    def recover(self) -> None:
        """Continue a failed run from its last checkpoint; after a divergence paused.

        Raises:
            SessionError: the run has not failed, or there is nothing to continue from.
        """
        state = self.state
        if not state.recoverable:
            raise SessionError("This run has not failed: there is nothing to go back from.")
        # Otherwise the loss would go on as it did, before anybody could lower the learning rate.
        state.wants_pause |= state.life.failure is Failure.DIVERGED
        self._place.recover()
        self._announce()

    def change_network(self, spec: NetSpec, text: str, *, keep: bool = False) -> None:
        """A new network; with `keep`, layers that fit start with their current weights."""
        self._leave_run(Leaving.CHANGE)
        self.state.run.begin(spec, text, keep=keep)
        self._begin_run()

    async def return_to_run_before(self) -> int:
        """Go on with the run that the current one replaced; returns its new id.

        Raises:
            SessionError: there is none, or it cannot be read; nothing has changed.
        """
        await self._way_back.take()
        self._announce()
        return self.run_id

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change options of the running trainer.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        trainer = self.state.run.configure(settings, self._trained_on)
        self._trainer.order(SetTrainer(trainer))
        self._announce()

    def show_example(self, choice: ExampleChoice) -> None:
        """The cards show this example until another is chosen.

        Raises:
            CommandError: there is no such example; nothing has changed.
        """
        self._pin.choose(choice, self.images)

    async def predict(self, pixels: bytes) -> Guesses:
        """What the network takes an image for, which the cards show from now on.

        Raises:
            SessionError: there is no network that could look at it.
        """
        guesses = await self._place.ask(lambda token: ShowImage(token, pixels), Guesses)
        self._pin.keep_picture(pixels, self.run_id)
        return guesses

    def add_picture(self, picture: AddedPicture) -> None:
        """Train on this picture, too.

        Raises:
            BadPicture, SessionError: it cannot be added; nothing has changed.
        """
        added_pictures.add(self.state, picture, self.images)
        self._use_pictures()

    def remove_picture(self, picture_id: str) -> None:
        """Train on a picture no more.

        Raises:
            NoSuchPicture: there is none of this id.
        """
        added_pictures.remove(self.state, picture_id)
        self._use_pictures()

    def _use_pictures(self) -> None:
        self._trainer.use_pictures()
        self._announce()

    async def inspect(self, inquiry: Inquiry) -> str:
        """What the network is like now, as a JSON object's text.

        Raises:
            Declined: the network has no such thing.
            SessionError: there is no network that could be looked into.
        """
        return await self._inquiries.answer(inquiry)

    async def _ask_about(self, inquiry: Inquiry) -> str:
        return (await self._place.ask(lambda token: Inspect(token, inquiry), Inspected)).text

    async def full_tests(self) -> tuple[int, tuple[FullTest, ...]]:
        """The run's id and its full tests, oldest first, whether anybody looks or not.

        Raises:
            SessionError: they are on disk and cannot be read now.
        """
        await self.wake()
        if self.state.asleep is not None:
            raise SessionError(self.state.life.reason or WHY_NO_PAUSE[Failure.UNREADABLE])
        tests = self.audience.tests
        return self.run_id, tuple(tests.rows(0, len(tests)))

    async def snapshot(self, *, convnetjs: bool = False) -> bytes:
        """The network as a file of ours, or as one of ConvNetJS.

        Raises:
            SessionError: there is no network now, or ConvNetJS has no such network.
        """
        if convnetjs and (reason := refusal(self.spec)):
            raise SessionError(f"This cannot be saved as a file of ConvNetJS: {reason}.")
        run = self.state.run
        checkpoint = None if self._trainer.is_open else await self._checkpointing.newest(run)
        if checkpoint is None or not run.goes_on_from(checkpoint):
            return (await self._place.ask(lambda at: TakeSnapshot(at, convnetjs), Snapshot)).data
        data, images = checkpoint.data, self.images.shape
        if not convnetjs:
            return data
        return await asyncio.to_thread(lambda: dump_convnetjs(load(data, images=images).net))

    async def load_snapshot(self, data: bytes) -> int:
        """Run the network of a file; returns the new run's id.

        Raises:
            Declined: the file is refused, and nothing has changed.
            SessionError: there is no trainer, or the network was changed meanwhile.
        """
        run = self.state.run
        run_id, trainer, seed = run.reserve_run(), self.spec.trainer, run.seed
        await self._place.ask(lambda token: LoadSnapshot(token, run_id, data, trainer, seed), Done)
        if self.run_id != run_id:
            raise SessionError("The network was changed again while the file was read.")
        return run_id

    async def close(self, *, keep: bool = True) -> None:
        """End the trainer and let the viewers go; idempotent.

        All that it did is kept, or forgotten for good.
        """
        self._closed = True
        for viewer in self.audience:
            viewer.close(CloseReason.CLOSED)
        await self._place.close(checkpoint=keep)
        if not keep:
            self._shared.keeper.forget(self.id)

    def summary(self) -> SessionSummary:
        """What the list of its owner's sessions says of it."""
        return session_summary(self.state, self.examples, len(self.audience))

    def _leave_run(self, how: Leaving) -> None:
        self.state.before = leave_run(self.state, self._checkpointing.examples, how)

    def record(self) -> SessionRecord:
        """What is kept of it."""
        return record_of(self.state, self.examples)

    def mark_removed(self) -> None:
        """Whatever is remembered of it from now on says that it was removed, and when."""
        self.state.removed = self._shared.uptime.total
        self._remember()

    def note_seen(self) -> None:
        """Somebody has just begun or stopped looking."""
        self.state.seen = time.time()
        self.state.seen_uptime = self._shared.uptime.total
        self._remember()

    def _begin_run(self) -> None:
        self._reports.begin_run()
        self._place.begin_run()
        self._announce()

    def _take(self, report: Report) -> None:
        self._reports.take(report)
        if isinstance(report, Started):
            self._place.started()
            self._pin.begun(self.run_id)
        elif self.state.life.failure is Failure.UNREADABLE:
            # The trainer has nothing that it could go on with.
            self._place.give_back()

    # --- what is kept, and what viewers are told --------------------------------------------------

    def _remember(self) -> None:
        if self.state.used and not self._closed:
            self._shared.keeper.remember(self.record())

    def _announce(self) -> None:
        """Something has changed: tell the viewers, and keep it."""
        frames = {role: encode(self._describe(role)) for role in self.audience.roles}
        for viewer in self.audience:
            viewer.put(frames[viewer.role])
        self._remember()

    def _describe(self, role: Role) -> SessionEvent:
        return session_event(self.state, role, self.images)


def _network_of(checkpoint: Checkpoint, images: Dataset) -> NetSpec:
    return load(checkpoint.data, images=images.shape).net.spec
