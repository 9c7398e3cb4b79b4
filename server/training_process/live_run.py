"""One network in training with everything that is measured about it; no pipe, no messages."""

from __future__ import annotations

from collections.abc import Callable, Collection
from time import perf_counter

import numpy as np

from engine.analysis.evaluation import predict
from engine.analysis.layer_views import LayerView, inspect_example
from engine.data import Batch, Dataset
from engine.layers import Array
from engine.runs.running_means import RunningMean
from engine.runs.training_run import TrainingRun
from server.protocol.events import Added
from server.training_process.full_test import FullTester
from server.training_process.graph_points import PointRecorder
from server.training_process.pictures_in_training import PicturesInTraining
from server.training_process.shown_example import ShownExample
from server.training_process.speed import Speed

TEST_ROUND = 4
RECENT_TESTS = 200
LONG_STEP_SECONDS = 1.0
"""A step that has taken so long is looked up from; the end of a shorter one can be waited for."""


class LiveRun:
    """Trains one network; between batches it validates, tests and shows it. `close` ends it.

    Attributes:
        dataset: in use; new data takes its place.
        inspected: a replica to look into; whoever does begins with a forward pass of its own.
        dataset: in use; new data takes its place.
        full_tester: tests the network on all test images.
        points: what is drawn of the training.
        added: the pictures that its owner has added to what it is trained on.
        shown: which example the cards show.
        step_seconds: how long a step takes, as of the newest; within a long one it is estimated.
    """

    def __init__(self, run_id: int, training: TrainingRun, dataset: Dataset, seed: int) -> None:
        net = training.net
        self.run_id = run_id
        self.training = training
        self.dataset = dataset
        # A stream of its own, so that looking at a run does not change it.
        self._showing = np.random.default_rng([seed, 3])
        self.inspected = net.replica()
        self._predicting = training.trainer.prediction_replica()
        self.speed = Speed()
        self.test_recent = RunningMean(RECENT_TESTS)

        self.dataset = dataset
        self.full_tester = FullTester(training, dataset)
        self.points = PointRecorder()
        self.added = PicturesInTraining(training, dataset)
        self.shown = ShownExample(training, dataset)
        self.step_seconds: float | None = None
        self._stepped = False

    def close(self) -> None:
        """End the processes that help to train. Idempotent."""
        self.training.close()

    # --- training ---------------------------------------------------------------------------------

    def train_batch(self, look_up: Callable[[LiveRun], None]) -> None:
        """One step, with what is measured along with it.

        Args:
            look_up: called between the chunks of a step that takes long; it may raise
                `StepAbandoned`, see `TrainingRun.train_batch`.

        Raises:
            DivergenceError: the loss is not finite; the network keeps its last good weights.
            StepAbandoned: `look_up` raised it.
        """
        began = perf_counter()

        def between(share: float) -> None:
            elapsed = perf_counter() - began
            if elapsed >= LONG_STEP_SECONDS:
                self.step_seconds = elapsed / share
                look_up(self)

        batch, stats = self.training.train_batch(between=between)
        self.shown.trained_on(batch)
        self._stepped = True
        self.step_seconds = perf_counter() - began
        if self.points.add(stats.loss, stats.decay_loss, stats.examples):
            self.make_point()

    def make_point(self) -> None:
        """Put a point on the graph, for what was trained on since the last one."""
        training = self.training
        self.points.make(
            training.trainer.examples_seen,
            training.train_accuracy.mean(),
            training.validation_accuracy.mean(),
        )

    def use(self, dataset: Dataset) -> None:
        """Train on with other data; what was measured on the old is forgotten.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        self.training.use(dataset)
        self.dataset = dataset
        self.full_tester.use(dataset)
        self.added.use(dataset=dataset)
        self.test_recent = RunningMean(RECENT_TESTS)
        self.shown.use(dataset)

    # --- testing ----------------------------------------------------------------------------------

    def test_round(self) -> tuple[Batch, Array]:
        """Four random test images and their scores (4, classes), averaged over four crops each."""
        batch = self.training.sampler.next_test(TEST_ROUND)
        scores = predict(self._predicting, batch.images, self._showing)
        correct = int(np.count_nonzero(scores.argmax(axis=1) == batch.labels))
        self.test_recent.add(correct, len(batch))
        return batch, scores

    def asked_of_added(self) -> Added:
        """What the network takes the added pictures for."""
        return self.added.asked(self.run_id, self._predicting)

    # --- showing ----------------------------------------------------------------------------------

    def show_image(self, image: Array) -> Array:
        """Show this image (h, w) uint8 on the cards; returns its scores (classes,)."""
        self.shown.choose_image(image)
        scores: Array = predict(self._predicting, image[np.newaxis], self._showing)[0]
        return scores

    def views(self, layers: Collection[int]) -> tuple[int | None, list[LayerView]]:
        """Label and maps of what the cards show."""
        x, label = self.shown.get()
        return label, inspect_example(self.inspected, x, label, layers, self._weight_gradient())

    def _weight_gradient(self) -> Array | None:
        """That of the newest step; None before there has been one in this process."""
        return self.training.trainer.last_gradient if self._stepped else None
