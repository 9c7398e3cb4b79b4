"""A session: one network's life on the server.

It knows nothing of the web. It gives orders to a `TrainerHost`, takes its reports, and passes on to
its audience what they say.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, assert_never

from engine.data import Dataset
from engine.optimizers import OPTIMIZERS, TRAINER_OPTIONS
from engine.spec import DEFAULT_TEXT, NetSpec, OptionError, parse, to_text
from server.audience import Audience
from server.describe import dataset_info, layer_infos
from server.host import HostBusy, HostFactory, TrainerHost
from server.line import Line
from server.messages import DatasetEvent, Layers, Notice, Predictions, SessionEvent, Stats
from server.orders import (
    DataRefused,
    Failed,
    FrameReport,
    Guesses,
    Loaded,
    LoadSnapshot,
    Order,
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
from server.requests import HostSilent, Requests, SessionError
from server.settings import Settings
from server.states import Life, Status
from server.viewer import CLOSED, Viewer
from server.wire import CommandError, encode

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


class Session:
    """One network's life.

    Attributes:
        id: unguessable name.
        owner: hash of the token of the browser that created it.
        run_id: rises with every new run.
        seen: when somebody last began or ended looking, in seconds since 1970.
    """

    def __init__(self, session_id: str, owner: str, shared: Surroundings) -> None:
        self.id = session_id
        self.owner = owner
        self.run_id = self._last_run_id = 1
        self.seen = time.time()
        self.audience = Audience()
        self.audience.begin_run(self.run_id, forgotten=())
        self._shared = shared
        self._life = Life()
        self._place: int | None = None
        self._host: TrainerHost | None = None
        self._requests = Requests(shared.settings.limits.reply_seconds)
        self._wants_pause = self._unseen = self._closed = False
        self._text = DEFAULT_TEXT
        self._spec = parse(DEFAULT_TEXT, images=shared.dataset().shape)
        self._seed = new_seed()
        self._checkpoint: bytes | None = None
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
    def spec(self) -> NetSpec:
        """The network of the current run, with the trainer's options of now."""
        return self._spec

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
                self._order(SetWatched(self.audience.watched))
        if not len(self.audience) and self._timer is None and not self._closed:
            self._later(self._shared.settings.pause_seconds, self._rest)

    def watch(self, viewer: Viewer, layers: frozenset[int]) -> None:
        """A viewer has these layers on screen."""
        if self.audience.watch(viewer, layers):
            self._order(SetWatched(self.audience.watched))

    def show_dataset(self) -> None:
        """Tell the viewers how far the data set is."""
        event = self._shared.dataset_event()
        self.audience.show(event.type, encode(event))

    def change_dataset(self) -> None:
        """There is another data set: train on with it."""
        self._order(UseData(self._directory()))
        self._announce()

    # --- commands ---------------------------------------------------------------------------------

    def pause(self, wanted: bool) -> None:
        """Pause or resume."""
        if self.status is Status.FAILED:
            raise SessionError("This run has failed: restart it, or change the network.")
        self._wants_pause = wanted
        self._apply_pause()

    def step(self) -> None:
        """Train one batch while paused."""
        if self.status is not Status.PAUSED:
            raise SessionError("A single step needs a paused network.")
        self._order(TrainOnce())

    def restart(self) -> None:
        """The same network from the same initial weights."""
        self._begin_run(self._spec, self._text)

    def change_network(self, spec: NetSpec, text: str) -> None:
        """A new network with new weights."""
        self._seed = new_seed()
        self._begin_run(spec, text)

    def configure(self, settings: Mapping[str, Any]) -> None:
        """Change options of the running trainer.

        Raises:
            CommandError: an option is unknown or has a bad value; nothing has changed.
        """
        known = {option.name for option in TRAINER_OPTIONS}
        for name in settings:
            if name not in known:
                raise CommandError(f"The trainer has no `{name[:40]}`.", field=name[:40])
        try:
            trainer = self._spec.trainer.with_options(**settings)
        except OptionError as error:
            raise CommandError(error.message, field=error.field) from None
        self._spec = replace(self._spec, trainer=trainer)
        self._order(SetTrainer(trainer))
        self._announce()

    def show_training(self) -> None:
        """The cards show training examples again."""
        self._order(ShowBatch())

    async def predict(self, pixels: bytes) -> tuple[tuple[int, float], ...]:
        """The likeliest classes of an image, which the cards show from now on."""
        host = self._running_host()
        reply = await self._requests.ask(host.send, lambda token: ShowImage(token, pixels), Guesses)
        return reply.top

    async def snapshot(self) -> bytes:
        """The network as a file."""
        if self._host is None and self._checkpoint is not None:
            return self._checkpoint
        host = self._running_host()
        return (await self._requests.ask(host.send, TakeSnapshot, Snapshot)).data

    async def load_snapshot(self, data: bytes) -> int:
        """Run the network of a file; returns the new run's id.

        Raises:
            Declined: the file is refused, and nothing has changed.
        """
        host = self._running_host()
        self._last_run_id += 1
        run_id, trainer, seed = self._last_run_id, self._spec.trainer, self._seed
        reply = await self._requests.ask(
            host.send, lambda token: LoadSnapshot(token, run_id, data, trainer, seed), Loaded
        )
        if self.run_id != reply.run_id:
            raise SessionError("The network was changed again while the file was read.")
        return reply.run_id

    async def close(self) -> None:
        """End the process and let the viewers go; may be called twice."""
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()
        if self._releasing is not None:
            self._releasing.cancel()
        for viewer in self.audience:
            viewer.close(*CLOSED)
        await self._give_back(Status.STOPPED, None)

    # --- life -------------------------------------------------------------------------------------

    def _begin_run(self, spec: NetSpec, text: str) -> None:
        self._last_run_id += 1
        self._adopt(self._last_run_id, spec, text)
        if self._host is not None:
            self._life.move(Status.STARTING)
            self._order(self._start_order())
        elif self.status in (Status.STOPPED, Status.FAILED) and not self.resting:
            self._ask_for_place()
        self._announce()

    def _adopt(self, run_id: int, spec: NetSpec, text: str) -> None:
        self.run_id, self._spec, self._text = run_id, spec, text
        self._checkpoint = None
        self.audience.begin_run(run_id, forgotten=OF_ONE_RUN)

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
        host = self._shared.hosts(self._directory())
        self._host = host
        host.start(
            lambda report: self._take(host, report), lambda reason: self._mourn(host, reason)
        )
        self._order(self._start_order())
        self._order(SetTrainer(self._spec.trainer))
        self._order(SetWatched(self.audience.watched))
        self._announce()

    def _start_order(self) -> StartRun:
        paused = self._wants_pause or self._unseen
        points = len(self.audience.history)
        return StartRun(self.run_id, self._spec, self._seed, paused, self._checkpoint, points)

    def _apply_pause(self) -> None:
        paused = self._wants_pause or self._unseen
        self._order(SetPaused(paused))
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
        if not self._unseen or self.resting or self._host is None:
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
            if self.status is Status.PAUSED:
                self._checkpoint = await self.snapshot()
            if not len(self.audience):
                resting = Status.FAILED if self.status is Status.FAILED else Status.STOPPED
                await self._give_back(resting, UNSEEN)
        except HostSilent:
            await self._give_back(Status.STOPPED, UNSEEN)
        finally:
            self._releasing = None
        if len(self.audience) and self.status is Status.STOPPED and not self._closed:
            self._ask_for_place()

    async def _give_back(self, status: Status, reason: str | None) -> None:
        host, self._host = self._host, None
        self._life.move(status, reason if status is Status.STOPPED else self._life.reason)
        self._requests.fail("The training process was ended.")
        if host is not None:
            await host.stop()
        self._shared.line.leave(self)

    # --- the training process ---------------------------------------------------------------------

    def _take(self, host: TrainerHost, report: Report) -> None:
        if host is not self._host:
            return
        match report:
            case FrameReport(kind, run_id, frame):
                if run_id == self.run_id:
                    self.audience.show(kind, frame)
            case PointsReport(run_id, _, rows):
                if run_id == self.run_id:
                    self.audience.add_points(rows)
            case Started(run_id):
                self._started(run_id)
            case Failed(run_id, reason):
                self._failed(run_id, reason)
            case DataRefused(reason):
                self._notify("error", f"The data set cannot be used: {reason}.")
            case Loaded(_, run_id, spec):
                self._loaded(run_id, spec)
                self._requests.answer(report)
            case Guesses() | Snapshot() | Refused():
                self._requests.answer(report)
            case _:
                assert_never(report)

    def _started(self, run_id: int) -> None:
        if run_id == self.run_id and self.status is Status.STARTING:
            paused = self._wants_pause or self._unseen
            self._life.move(Status.PAUSED if paused else Status.RUNNING)
            self._announce()

    def _failed(self, run_id: int, reason: str) -> None:
        if run_id == self.run_id and self.status is not Status.FAILED:
            self._life.move(Status.FAILED, reason)
            self._announce()
            self._notify("error", reason)

    def _loaded(self, run_id: int, spec: NetSpec) -> None:
        # A run that was begun after the file was sent has taken its place already.
        if run_id < self.run_id:
            return
        text = to_text(spec)
        self._adopt(run_id, parse(text, images=self.images.shape), text)
        self._life.move(Status.STARTING)
        self._announce()

    def _mourn(self, host: TrainerHost, reason: str) -> None:
        """The process ended though nobody told it to."""
        if host is not self._host:
            return
        self._host = None
        self._requests.fail(reason)
        self._shared.line.leave(self)
        if self.status is not Status.FAILED:
            self._life.move(Status.FAILED, reason)
        self._announce()
        self._notify("error", reason)

    def _order(self, order: Order) -> None:
        if self._host is None:
            return
        try:
            self._host.send(order)
        except HostBusy:
            raise HostSilent("The training process does not take any orders.") from None

    def _running_host(self) -> TrainerHost:
        if self._host is None:
            raise SessionError(f"The network does not run now: it is {self.status.value}.")
        return self._host

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
            spec=self._text,
            layers=layer_infos(self._spec),
            parameters=self._spec.parameter_count,
            trainer=self._spec.trainer.options,
            methods=tuple(OPTIMIZERS),
            dataset=dataset_info(self._shared.dataset()),
            seed=self._seed,
            reason=self._life.reason,
            place=self._place,
        )

    def _later(self, seconds: float, call: Callable[[], None]) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, call)


def new_seed() -> int:
    """A seed that nobody can foresee, and short enough to be written down."""
    return secrets.randbelow(2**31)
