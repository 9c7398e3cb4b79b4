"""A session: one network's life on the server.

It knows nothing of the web. It gives orders to a `TrainerHost`, takes its reports, and passes on to
its audience what they say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, assert_never

from engine.data import Dataset
from engine.optimizers import OPTIMIZERS
from engine.snapshot import dump_convnetjs, load, refusal
from engine.spec import NetSpec
from server.audience import Audience
from server.describe import dataset_info, kept_sentence, layer_infos
from server.host import HostFactory
from server.line import Line
from server.link import Link
from server.logs import short
from server.messages import (
    DatasetEvent,
    Divergence,
    Layers,
    Notice,
    Predictions,
    SessionEvent,
    Stats,
)
from server.orders import (
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
    StartRun,
    TakeSnapshot,
    TrainOnce,
    UseData,
)
from server.pace import Pace
from server.requests import HostSilent, SessionError
from server.settings import Settings
from server.states import Life, Status
from server.tally import Tally
from server.viewer import CLOSED, Viewer
from server.wire import encode
from server.work import Work

log = logging.getLogger(__name__)

OF_ONE_RUN = (Stats.type, Layers.type, Predictions.type)
UNSEEN = "Training waits, since nobody was watching."


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all sessions share. `dataset` and `dataset_event` say what is in use now."""

    settings: Settings
    hosts: HostFactory
    line: Line
    dataset: Callable[[], Dataset]
    dataset_event: Callable[[], DatasetEvent]
    tally: Tally = field(default_factory=Tally)


class Session:
    """One network's life.

    Attributes:
        id: unguessable name.
        owner: hash of the token of the browser that created it.
        seen: when somebody last began or ended looking, in seconds since 1970.
    """

    def __init__(self, session_id: str, owner: str, shared: Surroundings) -> None:
        self.id = session_id
        self.owner = owner
        self.seen = time.time()
        self.tally = shared.tally
        self._shared = shared
        self._work = Work(shared.dataset().shape)
        self.audience = Audience(self.tally)
        self.audience.begin_run(self.run_id, forgotten=())
        self._life = Life()
        self._pace = Pace(self.tally)
        self._place: int | None = None
        self._link = Link(shared.settings.limits.reply_seconds)
        self._wants_pause = self._unseen = self._closed = self._diverged = False
        self._timer: asyncio.TimerHandle | None = None
        self._releasing: asyncio.Task[None] | None = None
        self.show_dataset()

    @property
    def status(self) -> Status:
        return self._life.status

    @property
    def resting(self) -> bool:
        """Whether it is giving its process back just now."""
        return self._releasing is not None

    @property
    def examples_per_second(self) -> float:
        """How fast it trains now."""
        return self._pace.per_second if self.status is Status.RUNNING else 0.0

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
        """Whether there are good weights to go back to from a loss that is no longer finite."""
        kept = self._link.is_open or self._work.checkpoint is not None
        return self.status is Status.FAILED and self._diverged and kept

    @property
    def images(self) -> Dataset:
        """The data set in use."""
        return self._shared.dataset()

    # --- viewers ----------------------------------------------------------------------------------

    def join(self, viewer: Viewer) -> None:
        """Somebody looks: a session that rests wakes up."""
        self.seen = time.time()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._unseen:
            self._unseen = False
            self._apply_pause()
        if self.status is Status.STOPPED and not self.resting:
            self._ask_for_place()
        viewer.put(encode(self._describe(viewer.role)))
        self.audience.join(viewer)

    def leave(self, viewer: Viewer) -> None:
        """Somebody looks no more; may be called twice."""
        self.seen = time.time()
        if self.audience.leave(viewer):
            with suppress(HostSilent):
                self._link.order(SetWatched(self.audience.watched))
        if not self.audience and self._timer is None and not self._closed:
            self._later(self._shared.settings.pause_seconds, self._rest)

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
        if self.status is Status.FAILED:
            if self.recoverable:
                raise SessionError(
                    "The loss has diverged: go back to the last good weights, or restart."
                )
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
        """Go on, paused, from the last weights whose loss was finite."""
        if not self.recoverable:
            raise SessionError("The loss has not diverged: there is nothing to go back from.")
        self._wants_pause = True
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
        checkpoint = None if self._work.keep else self._work.checkpoint
        if self._link.is_open or checkpoint is None:
            return (await self._link.ask(lambda at: TakeSnapshot(at, convnetjs), Snapshot)).data
        if not convnetjs:
            return checkpoint
        images = self.images.shape
        return await asyncio.to_thread(lambda: dump_convnetjs(load(checkpoint, images=images).net))

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

    async def close(self) -> None:
        """End the process and let the viewers go; may be called twice."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._releasing is not None and self._link.is_open:
            self._releasing.cancel()
        for viewer in self.audience:
            viewer.close(*CLOSED)
        await self._give_back(Status.STOPPED, None)
        if self._releasing is not None:
            await asyncio.wait([self._releasing])

    # --- life -------------------------------------------------------------------------------------

    def _begin_run(self) -> None:
        self.audience.begin_run(self.run_id, forgotten=OF_ONE_RUN)
        if self._link.is_open:
            self._life.move(Status.STARTING)
            self._link.order(self._start_order())
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
        self._life.move(Status.STARTING)
        self._link.open(self._shared.hosts(self._directory()), self._take, self._mourn)
        self._link.order(self._start_order())
        self._link.order(SetTrainer(self.spec.trainer))
        self._link.order(SetWatched(self.audience.watched))
        self._announce()

    def _start_order(self) -> StartRun:
        paused = self._wants_pause or self._unseen
        return self._work.start_order(paused=paused, points=len(self.audience.history))

    def _apply_pause(self) -> None:
        paused = self._wants_pause or self._unseen
        self._link.order(SetPaused(paused))
        if self.status in (Status.RUNNING, Status.PAUSED):
            self._life.move(Status.PAUSED if paused else Status.RUNNING)
        self._announce()

    def _rest(self) -> None:
        """Nobody has been watching for a while: pause, and later give the process back."""
        self._unseen = True
        with suppress(HostSilent):
            self._apply_pause()
        somebody_waits = self._shared.line.waiting > 0
        self._later(0 if somebody_waits else self._shared.settings.release_seconds, self._release)

    def spare(self) -> bool:
        """Give the place back if nobody has been watching for a while; see `line.Waiter`."""
        if not self._unseen or self.resting or not self._link.is_open:
            return False
        self._release()
        return True

    def _release(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._releasing = asyncio.get_running_loop().create_task(self._rest_without_process())

    async def _rest_without_process(self) -> None:
        try:
            if self.status is Status.PAUSED or self.recoverable:
                checkpoint = await self.snapshot()
                if self.audience:
                    return
                self._work.checkpoint = checkpoint
            resting = Status.FAILED if self.status is Status.FAILED else Status.STOPPED
            await self._give_back(resting, UNSEEN)
        except SessionError as error:
            # Without its state the run cannot go on later; it must not seem as if it could.
            await self._give_back(Status.FAILED, str(error))
        finally:
            self._releasing = None
        if self.audience and self.status is Status.STOPPED and not self._closed:
            self._ask_for_place()

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
                    if kind == Stats.type:
                        self._pace.read(run_id, frame)
            case PointsReport(run_id, _, rows):
                if run_id == self.run_id:
                    self.audience.add_points(rows)
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
            paused = self._wants_pause or self._unseen
            self._life.move(Status.PAUSED if paused else Status.RUNNING)
            self._log(logging.INFO, "run started", paused=paused)
            self._announce()
            if report.kept is not None:
                self._notify("info", kept_sentence(self.spec, report.kept))

    def _failed(self, run_id: int, reason: str, divergence: Divergence | None) -> None:
        if run_id != self.run_id or self.status is Status.FAILED:
            return
        self._life.move(Status.FAILED, reason)
        self._diverged = divergence is not None
        what = "run diverged" if self._diverged else "run failed"
        self._log(logging.WARNING, what, reason=reason)
        if divergence is not None:
            self._work.note(divergence)
        self._announce()
        if divergence is None:
            # Of a divergence the page tells by itself, and what can be done about it.
            self._notify("error", reason)

    def _loaded(self, run_id: int, spec: NetSpec) -> None:
        if self._work.adopt(run_id, spec, self.images.shape):
            self.audience.begin_run(run_id, forgotten=OF_ONE_RUN)
            self._life.move(Status.STARTING)
            self._announce()

    def _mourn(self, reason: str) -> None:
        """The process ended though nobody told it to."""
        self.tally.worker_deaths += 1
        self._log(logging.ERROR, "worker lost", reason=reason)
        self._shared.line.leave(self)
        if self.status is not Status.FAILED:
            self._life.move(Status.FAILED, reason)
        self._announce()
        self._notify("error", reason)

    def _directory(self) -> str | None:
        directory = self._shared.dataset().directory
        return None if directory is None else str(directory)

    # --- what viewers are told --------------------------------------------------------------------

    def _announce(self) -> None:
        for viewer in self.audience:
            viewer.put(encode(self._describe(viewer.role)))

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
            reason=self._life.reason,
            place=self._place,
        )

    def _log(self, level: int, event: str, **about: object) -> None:
        log.log(level, event, extra={"session": short(self.id), "run": self.run_id, **about})

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, call)
