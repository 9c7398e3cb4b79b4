"""The training process: take orders, train, report on the clock. No asyncio, no web framework.

A thread reads the pipe, so that between two steps it costs nothing to see that there are no orders,
and so that the process ends at once when its parent is gone.
"""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import assert_never

import numpy as np

from engine.data import DataError, Dataset, load_builtin
from engine.formats import SnapshotError, dump_convnetjs
from engine.layers import ShapeError
from engine.training.divergence import DivergenceError
from server.protocol.orders import (
    Finish,
    GoBack,
    LoadSnapshot,
    Order,
    SetPaused,
    SetTrainer,
    SetWatched,
    ShowBatch,
    ShowImage,
    StartRun,
    TakeCheckpoint,
    TakeSnapshot,
    TrainOnce,
    UseData,
)
from server.protocol.reports import (
    Adopted,
    CheckpointReport,
    DataRefused,
    Done,
    Failed,
    Guesses,
    Refused,
    Report,
    Snapshot,
    Started,
)
from server.protocol.run_values import Checkpoint, DataReference, Divergence
from server.training_process.begin_run import load_run, start_run
from server.training_process.data_places import DataPlaces
from server.training_process.live_run import LiveRun
from server.training_process.report_clock import Reporter
from server.training_process.run_events import likeliest

log = logging.getLogger(__name__)

CHECKPOINT_SHARE = 0.05
"""Checkpoints of large networks take a while: no more than this share of the time."""
NO_MEMORY = "There is not enough memory for this network and batch size."


class Worker:
    """The loop of the training process, and what each order does."""

    def __init__(
        self,
        inbox: queue.SimpleQueue[Order],
        send: Callable[[Report], None],
        places: DataPlaces,
        processes: int,
        checkpoint_seconds: float,
    ) -> None:
        self._inbox = inbox
        self._places = places
        self._checkpoint_seconds = checkpoint_seconds
        self._next_checkpoint = 0.0
        self._processes = processes
        self._send = send
        self._reporter = Reporter(send)
        self._dataset: Dataset = load_builtin()
        # What a run is to be trained on that has not begun, as long as it cannot be used.
        self._missing: DataReference | None = None
        self._run: LiveRun | None = None
        self._paused = False
        self._failed = False
        self._finished = False

    def work(self) -> None:
        """Train and obey until told to finish."""
        while not self._finished:
            run = self._run
            if run is None or self._failed or not self._inbox.empty():
                self._obey(self._inbox.get())
            elif not self._paused:
                self._guard(run.run_id, partial(self._advance, run))
            elif not self._guard(run.run_id, partial(self._test_on, run)):
                self._obey(self._inbox.get())

    def close(self) -> None:
        """End the run's helpers. Idempotent."""
        if self._run is not None:
            self._run.close()

    # --- the loop ---------------------------------------------------------------------------------

    def _advance(self, run: LiveRun) -> bool:
        self._train(run)
        now = perf_counter()
        run.full_tester.test_a_little(now)
        self._reporter.tick(run, now)
        if now >= self._next_checkpoint:
            self._checkpoint(run)
        return True

    def _train(self, run: LiveRun) -> None:
        try:
            run.train_batch()
        except DivergenceError:
            # The graph is drawn up to here, and the last good weights are shown and kept.
            run.make_point()
            self._show_everything(run)
            self._checkpoint(run)
            raise

    def _checkpoint(self, run: LiveRun) -> None:
        """Send everything needed to continue from here, after the graph up to here."""
        began = perf_counter()
        self._reporter.numbers(run)
        checkpoint = Checkpoint(
            run.run_id,
            run.training.trainer.examples_seen,
            run.points.made,
            run.full_tester.kept.made,
            run.training.snapshot(),
        )
        self._send(CheckpointReport(checkpoint))
        ended = perf_counter()
        rest = (ended - began) / CHECKPOINT_SHARE
        self._next_checkpoint = ended + max(self._checkpoint_seconds, rest)

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
            self._send(Failed(run_id, _describe(error), self._divergence(error)))
            return False

    def _divergence(self, error: Exception) -> Divergence | None:
        if not isinstance(error, DivergenceError) or self._run is None:
            return None
        examples = self._run.training.trainer.examples_seen
        return Divergence(examples, error.step, error.learning_rate)

    # --- orders -----------------------------------------------------------------------------------

    def _obey(self, order: Order) -> None:
        """Carry out an order; where the memory is wanting, whoever asked is told."""
        try:
            self._carry_out(order)
        except MemoryError:
            if isinstance(order, ShowImage | TakeSnapshot | TakeCheckpoint | LoadSnapshot):
                self._send(Refused(order.token, NO_MEMORY))

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
            case ShowBatch():
                self._with_run(self._show_batch)
            case ShowImage():
                self._show_image(order)
            case TakeSnapshot():
                self._take_snapshot(order)
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
                self._with_run(self._show_everything)
                self._with_run(self._checkpoint)

    def _train_once(self, run: LiveRun) -> None:
        self._train(run)
        run.make_point()
        self._show_everything(run)
        self._checkpoint(run)

    def _show_everything(self, run: LiveRun) -> None:
        self._reporter.everything(run, perf_counter())

    def _show_cards(self, run: LiveRun) -> None:
        self._reporter.cards(run, perf_counter())

    def _show_batch(self, run: LiveRun) -> None:
        run.show_training()
        self._show_cards(run)

    def _watch(self, layers: frozenset[int]) -> None:
        added = layers - self._reporter.watched
        self._reporter.watched = layers
        if added and self._paused:
            self._with_run(self._show_cards)

    def _show_image(self, order: ShowImage) -> None:
        run, (_, height, width) = self._run, self._dataset.test_images.shape
        if run is None or self._failed:
            self._send(Refused(order.token, "There is no network that could look at it."))
        elif len(order.pixels) != height * width:
            reason = f"The network looks at images of {width}x{height}, not at this one."
            self._send(Refused(order.token, reason))
        else:
            image = np.frombuffer(order.pixels, np.uint8).reshape(height, width)
            self._send(Guesses(order.token, likeliest(run.show_image(image))))
            self._with_run(self._show_cards)

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

    def _take_snapshot(self, order: TakeSnapshot) -> None:
        if self._run is None:
            self._send(Refused(order.token, "There is no network yet."))
            return
        training = self._run.training
        try:
            options = training.trainer.options
            data = dump_convnetjs(training.net, options) if order.convnetjs else training.snapshot()
        except SnapshotError as error:
            self._send(Refused(order.token, str(error)))
        else:
            self._send(Snapshot(order.token, data))

    def _take_checkpoint(self, token: int) -> None:
        if self._run is None:
            self._send(Refused(token, "There is no network yet."))
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


def _describe(error: Exception) -> str:
    """Why a run cannot go on, as a sentence for people."""
    match error:
        case MemoryError():
            return NO_MEMORY
        case DivergenceError():
            reason = str(error)
            return f"{reason[:1].upper()}{reason[1:]}."
        case DataError():
            return f"The data set cannot be used: {error}."
        case SnapshotError() | ShapeError():
            return f"The network cannot be trained: {error}."
        case _:
            log.error("a run failed", exc_info=error)
            return f"An error in the program ended the run: {error!r}."
