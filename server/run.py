"""One network in training with everything that is measured about it; no pipe, no messages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from time import perf_counter

import numpy as np

from engine.data import Batch, Dataset, Sampler, center_crops
from engine.evaluation import Evaluation, predict
from engine.inspection import LayerView, inspect_example
from engine.layers import Array
from engine.net import Net
from engine.snapshot import Snapshot, SnapshotError, dump
from engine.spec import NetSpec, TrainerSpec
from engine.trainer import StepStats, Trainer
from server.measures import PointRecorder, Speed, TestSchedule, Window
from server.messages import TestResult

TEST_ROUND = 4
RECENT_TESTS = 200
VALIDATION_CHUNK = 40
"""Validation images are looked at so many at a time, which costs less than a few at each step."""
VALIDATION_SHARE = 1 / 9
"""Validation images for each training image, as there are in the data set."""
TEST_SLICE = 100
LARGEST_FORWARD = 8_000_000
"""Numbers that a look at many images may hold at once; large networks look at fewer."""
# The full test's share of all time, and of the time while it runs; then the seconds between two
# tests, and before the first.
TEST_SHARE, TEST_BURST, TEST_PAUSE, FIRST_TEST = 0.04, 0.2, 3.0, 1.0


class Run:
    """Trains one network; between batches it validates, tests and shows it. `close` ends it.

    Attributes:
        source: "training" while the cards show training examples, "image" for the user's own.
        test: the last finished test on the full test set.
    """

    def __init__(
        self, run_id: int, net: Net, dataset: Dataset, seed: int, processes: int | None
    ) -> None:
        # Streams of their own, so that looking at a run does not change it.
        training, order, showing = np.random.default_rng([seed, 1]).spawn(3)
        self.run_id = run_id
        self.net = net
        self._seed = seed
        self._showing = showing
        self._dataset = dataset
        self.sampler = Sampler(dataset, net.spec.input_shape, order)
        self.trainer = Trainer(net, net.spec.trainer, training, processes=processes)
        self._inspected = net.replica()
        # Each use has a replica of its own, since buffers fit one size of batch.
        self._predicting = self.trainer.prediction_replica()
        self._validated = self.trainer.prediction_replica()
        self._forget_measures()

        self._frozen = Net(net.spec)
        self._evaluation: Evaluation | None = None
        self._tested_at = self._testing_at = -1
        self._schedule = TestSchedule(
            TEST_SHARE, TEST_BURST, TEST_PAUSE, first=perf_counter() + FIRST_TEST
        )
        self.test: TestResult | None = None

        self.points = PointRecorder()
        self._batch: Batch | None = None
        self._image: Array | None = None

    @classmethod
    def fresh(
        cls, run_id: int, spec: NetSpec, dataset: Dataset, seed: int, processes: int | None = None
    ) -> Run:
        """A run of a network with new weights."""
        net = Net.create(spec, np.random.default_rng([seed, 0]))
        return cls(run_id, net, dataset, seed, processes)

    @classmethod
    def resumed(
        cls,
        run_id: int,
        snapshot: Snapshot,
        dataset: Dataset,
        seed: int,
        processes: int | None = None,
    ) -> Run:
        """A run that goes on from a snapshot.

        Raises:
            SnapshotError: its state is malformed.
        """
        run = cls(run_id, snapshot.net, dataset, seed, processes)
        try:
            snapshot.resume(run.trainer, run.sampler)
        except SnapshotError:
            run.close()
            raise
        return run

    def close(self) -> None:
        """End the processes that help to train; may be called twice."""
        self.trainer.close()

    def _forget_measures(self) -> None:
        self.speed = Speed()
        self.loss, self.decay = Window(), Window()
        self.train_accuracy, self.validation_accuracy = Window(), Window()
        self.forward_seconds, self.backward_seconds = Window(), Window()
        self.test_recent = Window(RECENT_TESTS)
        self._validation_due = 0.0

    @property
    def is_tested(self) -> bool:
        """Whether `test` is of the weights of now."""
        return self._tested_at == self.trainer.step_count

    # --- training ---------------------------------------------------------------------------------

    @property
    def source(self) -> str:
        return "training" if self._image is None else "image"

    def train_batch(self) -> None:
        """One step, with what is measured along with it.

        Raises:
            DivergenceError: the loss is not finite; the network keeps its last good weights.
        """
        self._batch = self.sampler.next_batch(self.trainer.options.batch_size)
        stats = self.trainer.step(self._batch)
        self._measure(stats)
        self._validate(stats.examples)
        if self.points.add(stats.loss, _decay_loss(stats), stats.examples):
            self.make_point()

    def make_point(self) -> None:
        """Put a point on the graph, for what was trained on since the last one."""
        self.points.make(
            self.trainer.examples_seen, self.train_accuracy.mean(), self.validation_accuracy.mean()
        )

    def configure(self, options: TrainerSpec) -> None:
        """Train on with other options."""
        self.trainer.configure(options)

    def use(self, dataset: Dataset) -> None:
        """Train on with other data; what was measured on the old is forgotten.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        order = np.random.default_rng([self._seed, 2])
        self.sampler = Sampler(dataset, self.net.spec.input_shape, order)
        self._dataset = dataset
        self.test_recent, self.validation_accuracy = Window(RECENT_TESTS), Window()
        self.test = self._evaluation = None
        self._tested_at = -1
        self._batch = None

    def snapshot(self) -> bytes:
        """Everything that it takes to go on exactly."""
        return dump(self.net, self.trainer, self.sampler)

    @property
    def spec(self) -> NetSpec:
        """The network, with the trainer's options of now."""
        return replace(self.net.spec, trainer=self.trainer.options)

    def _measure(self, stats: StepStats) -> None:
        count = stats.examples
        self.loss.add(stats.loss * count, count)
        self.decay.add(_decay_loss(stats) * count, count)
        self.train_accuracy.add(stats.correct, count)
        self.forward_seconds.add(stats.forward_seconds, count)
        self.backward_seconds.add(stats.backward_seconds, count)

    def _validate(self, trained: int) -> None:
        self._validation_due += trained * VALIDATION_SHARE
        count = self._at_once(VALIDATION_CHUNK)
        if self._validation_due < count:
            return
        self._validation_due -= count
        batch = self.sampler.next_validation(count)
        scores = self._validated.forward(batch.x)[:, 0, 0]
        correct = int(np.count_nonzero(scores.argmax(axis=0) == batch.labels))
        self.validation_accuracy.add(correct, len(batch))

    def _at_once(self, wanted: int) -> int:
        return max(1, min(wanted, LARGEST_FORWARD // self.net.spec.activations))

    # --- testing ----------------------------------------------------------------------------------

    def test_round(self) -> tuple[Batch, Array]:
        """Four random test images and their scores (4, classes), averaged over four crops each."""
        batch = self.sampler.next_test(TEST_ROUND)
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
        self._testing_at = self.trainer.step_count
        self._testing_examples = self.trainer.examples_seen
        self._schedule.begin(now)

    def _test_slice(self) -> None:
        evaluation = self._evaluation
        assert evaluation is not None
        began = perf_counter()
        done = evaluation.run(self._at_once(TEST_SLICE))
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
        self._image = center_crops(images, self.net.spec.input_shape)
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
        batch = self._batch or self.sampler.next_validation(1)
        label = int(batch.labels[-1])
        x = np.ascontiguousarray(batch.x[..., -1:])
        return label, inspect_example(self._inspected, x, label, layers, self._weight_gradient())

    def _weight_gradient(self) -> Array | None:
        return self.trainer.last_gradient if self.trainer.step_count else None


def _decay_loss(stats: StepStats) -> float:
    return stats.l1_decay_loss + stats.l2_decay_loss
