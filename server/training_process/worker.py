"""The training process: take orders, train, report on the clock. No asyncio, no web framework.

A thread reads the pipe, so that between two steps it costs nothing to see that there are no orders,
and so that the process ends at once when its parent is gone. A step of a huge network takes
minutes: orders are then obeyed between its chunks, and a step that is in their way is abandoned.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import assert_never

from engine.data import DataError, Dataset, load_builtin
from engine.formats import SnapshotError
from engine.layers import ShapeError
from engine.training.divergence import DivergenceError
from engine.training.trainer import StepAbandoned
from server.protocol.added_pictures import AddedPicture
from server.protocol.orders import (
    Finish,
    GoBack,
    Inspect,
    LoadSnapshot,
    Order,
    SetPaused,
    SetTrainer,
    SetWatched,
    ShowExample,
    ShowImage,
    StartRun,
    TakeCheckpoint,
    TakeSnapshot,
    TrainOnce,
    UseData,
    UsePictures,
)
from server.protocol.reports import (
    Adopted,
    DataRefused,
    Done,
    Guesses,
    Refused,
    Report,
    Started,
)
from server.protocol.run_values import DataReference
from server.training_process import replies
from server.training_process.begin_run import load_run, start_run
from server.training_process.checkpoint_clock import CheckpointClock
from server.training_process.data_places import DataPlaces
from server.training_process.failures import NO_MEMORY, failure_of
from server.training_process.inspections import Inspections
from server.training_process.live_run import LiveRun
from server.training_process.order_queue import OrderQueue
from server.training_process.report_clock import Reporter

ENDING_A_STEP = (StartRun, GoBack, LoadSnapshot, UseData, Finish)
"""Orders that a step in progress is abandoned for."""


class Worker:
    """The loop of the training process, and what each order does.

    Attributes:
        signs: a count that rises whenever the loop gets on: with each step, and within long ones.
    """

    def __init__(
        self,
        inbox: OrderQueue[Order],
        send: Callable[[Report], None],
        places: DataPlaces,
        processes: int,
        checkpoint_seconds: float,
    ) -> None:
        self.signs = 0
        self._inbox = inbox
        # Taken from the inbox within a step, to be carried out after it.
        self._held: deque[Order] = deque()
        self._obeying = False
        self._places = places
        self._processes = processes
        self._send = send
        self._reporter = Reporter(send)
        self._inspections = Inspections(send)
        self._checkpoints = CheckpointClock(send, checkpoint_seconds)
        self._dataset: Dataset = load_builtin()
        self._pictures: tuple[AddedPicture, ...] = ()
        # What a run is to be trained on that has not begun, as long as it cannot be used.
        self._missing: DataReference | None = None
        self._run: LiveRun | None = None
        self._paused = False
        self._failed = False
        self._finished = False

    def work(self) -> None:
        """Train and obey until told to finish."""
        while not self._finished:
            self.signs += 1
            run = self._run
            if run is None or self._held or self._inbox:
                self._obey_next()
            elif self._inspections and (self._paused or self._failed):
                self._inspections.work(run)
            elif self._failed:
                self._obey_next()
            elif not self._paused:
                self._guard(run.run_id, partial(self._advance, run))
            elif not self._guard(run.run_id, partial(self._test_on, run)):
                self._obey_next()

    @property
    def is_busy(self) -> bool:
        """Whether there is an order that has not been carried out; for other threads."""
        return self._obeying or bool(self._inbox)

    def close(self) -> None:
        """End the run's helpers. Idempotent."""
        if self._run is not None:
            self._run.close()

    # --- the loop ---------------------------------------------------------------------------------

    def _advance(self, run: LiveRun) -> bool:
        if not self._train(run):
            return True
        now = perf_counter()
        run.full_tester.test_a_little(now)
        self._reporter.tick(run, now)
        self._inspections.work_if_due(run)
        if self._checkpoints.is_due(now):
            self._checkpoint(run)
        return True

    def _train(self, run: LiveRun) -> bool:
        """Take a step; false if it was abandoned."""
        try:
            run.train_batch(self._look_up)
        except StepAbandoned:
            return False
        except DivergenceError:
            # The graph is drawn up to here, and the last good weights are shown and kept.
            run.make_point()
            self._show_everything(run)
            self._checkpoint(run)
            raise
        return True

    def _look_up(self, run: LiveRun) -> None:
        """Within a long step: obey, and show how it gets on.

        Raises:
            StepAbandoned: for the sake of an order, which is the next to be carried out.
        """
        self.signs += 1
        while self._inbox:
            order = self._inbox.take()
            if isinstance(order, TrainOnce):
                self._held.append(order)
            elif self._ends_step(order):
                self._held.appendleft(order)
                raise StepAbandoned
            else:
                self._obey(order)
        if self._failed:
            raise StepAbandoned
        self._reporter.tick(run, perf_counter(), within_step=True)
        self._inspections.work_if_due(run)

    def _ends_step(self, order: Order) -> bool:
        pausing = isinstance(order, SetPaused) and order.paused and not self._paused
        return pausing or isinstance(order, ENDING_A_STEP)

    def _checkpoint(self, run: LiveRun) -> None:
        self._reporter.numbers(run)
        self._checkpoints.take(run)

    def _test_on(self, run: LiveRun) -> bool:
        """While training stands there is time for the full test; false once it is done."""
        if not run.full_tester.test_on(perf_counter()):
            return False
        if run.full_tester.is_current:
            self._reporter.numbers(run)
        return True

    def _guard(self, run_id: int, act: Callable[[], bool]) -> bool:
        """Act; what goes wrong ends the run, not the process. False then, or what `act` returns."""
        try:
            return act()
        except BrokenPipeError:
            raise
        except Exception as error:
            self._failed = True
            examples = 0 if self._run is None else self._run.training.trainer.examples_seen
            self._send(failure_of(run_id, error, examples))
            if self._run is None:
                self._inspections.refuse_all(replies.NO_NETWORK)
            return False

    # --- orders -----------------------------------------------------------------------------------

    def _obey_next(self) -> None:
        self._obey(self._held.popleft() if self._held else self._inbox.take())

    def _obey(self, order: Order) -> None:
        """Carry out an order; where the memory is wanting, whoever asked is told."""
        outer, self._obeying = self._obeying, True
        try:
            self._carry_out(order)
        except MemoryError:
            if isinstance(order, ShowImage | TakeSnapshot | TakeCheckpoint | LoadSnapshot):
                self._send(Refused(order.token, NO_MEMORY))
        finally:
            self._obeying = outer

    def _carry_out(self, order: Order) -> None:
        match order:
            case StartRun():
                self._start(order)
            case GoBack():
                self._go_back()
            case SetPaused(paused):
                self._set_paused(paused)
            case TrainOnce():
                self._with_run(self._train_once)
            case SetTrainer(options):
                # Of a run that has failed too: it may go back to its last good weights.
                self._with_run(
                    lambda run: run.training.trainer.configure(options), even_failed=True
                )
            case SetWatched(layers):
                self._watch(layers)
            case UseData(data):
                self._use_data(data)
            case UsePictures(pictures):
                self._use_pictures(pictures)
            case ShowExample():
                self._show_example(order)
            case ShowImage():
                self._show_image(order)
            case Inspect():
                self._inspect(order)
            case TakeSnapshot():
                self._send(replies.snapshot(self._run, order))
            case TakeCheckpoint(token):
                self._take_checkpoint(token)
            case LoadSnapshot():
                self._load_snapshot(order)
            case Finish():
                self._finished = True
            case _:
                assert_never(order)

    def _with_run(self, act: Callable[[LiveRun], object], *, even_failed: bool = False) -> None:
        if (run := self._run) is not None and (even_failed or not self._failed):
            self._guard(run.run_id, lambda: act(run) is None)

    def _start(self, order: StartRun) -> None:
        before = self._run.training.net if self._run is not None and order.keep else None
        self._leave_run()
        self._paused = order.paused

        def start() -> bool:
            if self._missing is not None:
                # Not on other data, without a word. It may be there again by now.
                self._dataset, self._missing = self._places.load(self._missing), None
            return self._begin(*start_run(order, before, self._dataset, self._processes))

        self._guard(order.run_id, start)

    def _begin(self, run: LiveRun, report: Started) -> bool:
        self._leave_run()
        self._run, self._failed = run, False
        run.added.use(self._pictures)
        self._reporter.begin()
        self._send(report)
        self._checkpoint(run)
        if self._paused:
            self._with_run(self._show_everything)
        return True

    def _leave_run(self) -> None:
        """What a change of network replaces is not lost with it."""
        self._with_run(self._checkpoint, even_failed=True)
        self.close()
        self._run = None
        self._held.clear()

    def _go_back(self) -> None:
        """The trainer went back to its last good weights when it found that the loss diverged."""
        if self._run is None:
            return
        self._failed, self._paused = False, True
        self._run.speed.reset()
        self._send(Started(self._run.run_id))
        self._with_run(self._show_everything)

    def _set_paused(self, paused: bool) -> None:
        changed, self._paused = paused is not self._paused, paused
        if changed and self._run is not None:
            self._run.speed.reset()
            if paused:
                self._held.clear()
                self._with_run(self._show_everything)
                self._with_run(self._checkpoint)

    def _train_once(self, run: LiveRun) -> None:
        if not self._train(run):
            # After the order that it was abandoned for, should that leave the run as it is.
            self._held.append(TrainOnce())
            return
        run.make_point()
        self._show_everything(run)
        self._checkpoint(run)

    def _show_everything(self, run: LiveRun) -> None:
        self._reporter.everything(run, perf_counter())

    def _show_cards(self, run: LiveRun) -> None:
        self._reporter.cards(run, perf_counter())

    def _show_example(self, order: ShowExample) -> None:
        if self._run is not None:
            self._run.shown.choose(order.choice, order.pixels)
            self._with_run(self._show_cards)

    def _watch(self, layers: frozenset[int]) -> None:
        added = layers - self._reporter.watched
        self._reporter.watched = layers
        if added and self._paused:
            self._with_run(self._show_cards)

    def _show_image(self, order: ShowImage) -> None:
        run = None if self._failed else self._run
        _, height, width = self._dataset.test_images.shape
        reply = replies.guesses(run, order, (height, width))
        self._send(reply)
        if isinstance(reply, Guesses) and self._paused:
            # Else it is soon their turn anyway: a drawing may come fifteen times a second.
            self._with_run(self._show_cards)

    def _inspect(self, order: Inspect) -> None:
        if self._run is None:
            self._send(Refused(order.token, replies.NO_NETWORK))
        else:
            self._inspections.add(order)

    def _use_data(self, data: DataReference) -> None:
        """Train on this data set from now on; a bad one is reported and changes nothing."""
        try:
            dataset = self._places.load(data)
            if self._run is not None:
                self._run.use(dataset)
            self._dataset, self._missing = dataset, None
        except (DataError, ShapeError) as error:
            if self._run is None:
                self._missing = data
            else:
                self._send(DataRefused(str(error)))
        except MemoryError:
            self._send(DataRefused("there is not enough memory for it"))

    def _use_pictures(self, pictures: tuple[AddedPicture, ...]) -> None:
        self._pictures = pictures
        if (run := self._run) is not None:
            run.added.use(pictures)
            self._with_run(lambda run: self._reporter.added(run, perf_counter()))

    def _take_checkpoint(self, token: int) -> None:
        if self._run is None:
            self._send(Refused(token, replies.NO_NETWORK))
        else:
            self._checkpoint(self._run)
            self._send(Done(token))

    def _load_snapshot(self, order: LoadSnapshot) -> None:
        try:
            run, report = load_run(order, self._dataset, self._processes)
        except (SnapshotError, ShapeError) as error:
            self._send(Refused(order.token, str(error)))
        else:
            self._send(Adopted(run.run_id, run.training.spec))
            self._send(Done(order.token))
            self._guard(run.run_id, partial(self._begin, run, report))
