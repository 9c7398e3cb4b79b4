"""One network in training with everything that is measured about it; no pipe, no messages."""

from __future__ import annotations

from collections.abc import Collection
from time import perf_counter

import numpy as np

from engine.analysis.evaluation import Evaluation, predict
from engine.analysis.layer_views import LayerView, inspect_example
from engine.data import Batch, Dataset, center_crops
from engine.layers import Array
from engine.network.net import Net
from engine.runs.running_means import Window
from engine.runs.training_run import TrainingRun
from server.protocol.kinds import Source
from server.protocol.run_values import TestResult
from server.training_process.full_test import TestSchedule
from server.training_process.graph_points import PointRecorder
from server.training_process.speed import Speed

TEST_ROUND = 4
RECENT_TESTS = 200
TEST_SLICE = 100
TEST_SHARE, TEST_BURST, TEST_PAUSE, FIRST_TEST = 0.05, 0.2, 2.0, 1.0


class LiveRun:
    """Trains one network; between batches it validates, tests and shows it. `close` ends it.

    Attributes:
        test: the last finished test on the full test set.
    """

    def __init__(self, run_id: int, training: TrainingRun, dataset: Dataset, seed: int) -> None:
        net = training.net
        self.run_id = run_id
        self.training = training
        self._dataset = dataset
        # A stream of its own, so that looking at a run does not change it.
        self._showing = np.random.default_rng([seed, 3])
        self._inspected = net.replica()
        self._predicting = training.trainer.prediction_replica()
        self.speed = Speed()
        self.test_recent = Window(RECENT_TESTS)

        self._frozen = Net(net.spec, pool_early=True)
        self._evaluation: Evaluation | None = None
        self._tested_at = self._testing_at = -1
        self._schedule = TestSchedule(
            TEST_SHARE, TEST_BURST, TEST_PAUSE, first=perf_counter() + FIRST_TEST
        )
        self.test: TestResult | None = None

        self.points = PointRecorder()
        self._batch: Batch | None = None
        self._image: Array | None = None

    def close(self) -> None:
        """End the processes that help to train; may be called twice."""
        self.training.close()

    @property
    def is_tested(self) -> bool:
        """Whether `test` is of the weights of now."""
        return self._tested_at == self.training.trainer.step_count

    # --- training ---------------------------------------------------------------------------------

    @property
    def source(self) -> Source:
        """What the cards show."""
        return Source.TRAINING if self._image is None else Source.IMAGE

    def train_batch(self) -> None:
        """One step, with what is measured along with it.

        Raises:
            DivergenceError: the loss is not finite; the network keeps its last good weights.
        """
        self._batch, stats = self.training.train_batch()
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
        self._dataset = dataset
        self.test_recent = Window(RECENT_TESTS)
        self.test = self._evaluation = None
        self._tested_at = -1
        self._batch = None

    # --- testing ----------------------------------------------------------------------------------

    def test_round(self) -> tuple[Batch, Array]:
        """Four random test images and their scores (4, classes), averaged over four crops each."""
        batch = self.training.sampler.next_test(TEST_ROUND)
        scores = predict(self._predicting, batch.images, self._showing)
        correct = int(np.count_nonzero(scores.argmax(axis=1) == batch.labels))
        self.test_recent.add(correct, len(batch))
        return batch, scores

    def test_a_little(self, now: float) -> None:
        """A slice of the full test if one is due, so that training hardly notices."""
        if self._evaluation is None and not self._schedule.may_begin(now):
            return
        if self._evaluation is None:
            self._begin_test(now)
        if self._schedule.may_go_on(now):
            self._test_slice()

    def test_on(self, now: float) -> bool:
        """A slice of the full test of the very weights of now; false once that is done."""
        if self.is_tested:
            return False
        if self._evaluation is None:
            self._begin_test(now)
        self._test_slice()
        return True

    def _begin_test(self, now: float) -> None:
        # The test takes a while and the weights change meanwhile: it is of those of one moment.
        np.copyto(self._frozen.params, self._predicting.params)
        np.copyto(self._frozen.state, self._predicting.state)
        self._evaluation = Evaluation(self._frozen, self._dataset)
        self._testing_at = self.training.trainer.step_count
        self._testing_examples = self.training.trainer.examples_seen
        self._schedule.begin(now)

    def _test_slice(self) -> None:
        evaluation = self._evaluation
        assert evaluation is not None
        began = perf_counter()
        done = evaluation.run(self.training.at_once(TEST_SLICE))
        ended = perf_counter()
        self._schedule.spend(ended - began)
        if done:
            self.test = TestResult(evaluation.accuracy, evaluation.examples, self._testing_examples)
            self._tested_at = self._testing_at
            self._evaluation = None
            self._schedule.end(ended)

    # --- showing ----------------------------------------------------------------------------------

    def show_image(self, image: Array) -> Array:
        """Show this image (h, w) uint8 on the cards; returns its scores (classes,)."""
        images = image[np.newaxis]
        self._image = center_crops(images, self.training.net.spec.input_shape)
        scores: Array = predict(self._predicting, images, self._showing)[0]
        return scores

    def show_training(self) -> None:
        """Show training examples again."""
        self._image = None

    def views(self, layers: Collection[int]) -> tuple[int | None, list[LayerView]]:
        """Label and maps of what the cards show: the newest example, or the user's image."""
        if self._image is not None:
            return None, inspect_example(
                self._inspected, self._image, None, layers, self._weight_gradient()
            )
        # Before the first batch there is no newest example: a validation image stands in for it.
        batch = self._batch or self.training.sampler.next_validation(1)
        label = int(batch.labels[-1])
        x = np.ascontiguousarray(batch.x[..., -1:])
        return label, inspect_example(self._inspected, x, label, layers, self._weight_gradient())

    def _weight_gradient(self) -> Array | None:
        return self.training.trainer.last_gradient if self.training.trainer.step_count else None
