"""Sends what a run shows: on the clock while it trains, all at once when it stands."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from server.protocol.encode_events import encode, encode_layers
from server.protocol.events import Added, Layers, Predictions
from server.protocol.reports import (
    FrameReport,
    ImagesReport,
    PointsReport,
    Report,
    TestsReport,
)
from server.protocol.run_values import Progress
from server.training_process.live_run import LiveRun
from server.training_process.run_events import layers_of, predictions_of, stats_of

TICK = 0.1
LAYERS_INTERVAL = 0.25
SLOWEST_LAYERS_INTERVAL = 2.0
LAYERS_BYTES_PER_SECOND = 180_000
"""Cards that hold more are sent less often, so that a viewer's stream stays within bounds."""
PREDICTIONS_INTERVAL = 1.0
ADDED_INTERVAL, ADDED_SHARE = 1.0, 0.01
"""The added pictures are asked about so often, or less where that took more of the time."""


class Reporter:
    """Knows when what is due; times are those of one monotonic clock, in seconds.

    Attributes:
        watched: the layers that some viewer has on screen; only these are looked at and sent.
    """

    def __init__(self, send: Callable[[Report], None]) -> None:
        self.send = send
        self.watched: frozenset[int] = frozenset()
        self._rounds = 0
        self._next_tick = self._next_layers = self._next_predictions = self._next_added = 0.0

    def begin(self) -> None:
        """A new run: show it at once."""
        self._rounds = 0
        self._next_tick = self._next_layers = self._next_predictions = self._next_added = 0.0

    def tick(self, run: LiveRun, now: float, *, within_step: bool = False) -> None:
        """Send what is due at `now`, after a step or within one that takes long."""
        if now < self._next_tick:
            return
        # Never catching up: after a long step the next message is due a whole tick later.
        self._next_tick = max(self._next_tick + TICK, now)
        if not within_step:
            run.speed.mark(now, run.training.trainer.examples_seen)
        self._test(run, show=now >= self._next_predictions, now=now)
        self._send_numbers(run)
        if run.added and now >= self._next_added:
            self.added(run, now)
        if self.watched and now >= self._next_layers:
            self._send_layers(run, now)

    def everything(self, run: LiveRun, now: float) -> None:
        """Send all there is to see of a run that stands."""
        self._test(run, show=True, now=now)
        self._send_numbers(run)
        if run.added:
            self.added(run, now)
        self.cards(run, now)

    def cards(self, run: LiveRun, now: float) -> None:
        """Send the cards' pictures, if anybody looks at them."""
        if self.watched:
            self._send_layers(run, now)

    def numbers(self, run: LiveRun) -> None:
        """Send the running numbers."""
        self._send_numbers(run)

    def added(self, run: LiveRun, now: float) -> None:
        """Send what the network takes the added pictures for."""
        began = perf_counter()
        self.send(FrameReport(Added.type, run.run_id, encode(run.asked_of_added())))
        spent = perf_counter() - began
        self._next_added = now + max(ADDED_INTERVAL, spent / ADDED_SHARE)

    def _send_numbers(self, run: LiveRun) -> None:
        first, rows = run.points.take()
        if rows:
            self.send(PointsReport(run.run_id, first, rows))
        # First of all: whoever hears of the test can ask for its images.
        if (images := run.full_tester.take_images()) is not None:
            self.send(ImagesReport(run.run_id, images))
        first, tests = run.full_tester.kept.take()
        if tests:
            self.send(TestsReport(run.run_id, first, tests))
        stats = stats_of(run)
        progress = Progress(stats.examples, stats.examples_per_second)
        self.send(FrameReport(stats.type, run.run_id, encode(stats), progress))

    def _test(self, run: LiveRun, *, show: bool, now: float) -> None:
        batch, scores = run.test_round()
        if show:
            self._rounds += 1
            frame = encode(predictions_of(run, self._rounds, batch, scores))
            self.send(FrameReport(Predictions.type, run.run_id, frame))
            self._next_predictions = now + PREDICTIONS_INTERVAL

    def _send_layers(self, run: LiveRun, now: float) -> None:
        cards = encode_layers(layers_of(run, self.watched))
        self.send(FrameReport(Layers.type, run.run_id, cards))
        affordable = min(cards.size / LAYERS_BYTES_PER_SECOND, SLOWEST_LAYERS_INTERVAL)
        self._next_layers = now + max(LAYERS_INTERVAL, affordable)
