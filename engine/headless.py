"""Trains a network without a page: the loop, and the numbers that it ends in."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter

import numpy as np

from engine.data import Dataset, Sampler
from engine.evaluation import Evaluation
from engine.net import Net
from engine.snapshot import dump
from engine.spec import NetSpec
from engine.trainer import Trainer

WINDOW_EXAMPLES = 1000
"""The same as on the page, so that the numbers can be compared."""
VALIDATION_CHUNK = 40
"""Validation images are looked at so many at a time, which costs less than a few at each step."""
VALIDATION_EVERY = 9 * VALIDATION_CHUNK
"""Training images between two looks: nine for each validation image, as in the data set."""


@dataclass(frozen=True)
class Result:
    """What a training run came to; the fields of its JSON line, in that order.

    Attributes:
        examples: trained on.
        seconds: spent on training, validation included, the full test not.
        loss: mean classification loss over the last 1,000 training examples.
        train_accuracy: over the same.
        validation_accuracy: over the last 1,000 validation images looked at.
        test_accuracy: over all test images, cropped at their center, after training.
        test_examples: how many those are.
    """

    examples: int
    seconds: float
    examples_per_second: float
    loss: float
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    test_examples: int


class Window:
    """Mean over the newest examples, fed with sums over batches."""

    def __init__(self) -> None:
        self._batches: deque[tuple[float, int]] = deque()
        self._count = 0

    def add(self, total: float, count: int) -> None:
        """Add a batch's sum over `count` examples; drop batches that the window does not need."""
        self._batches.append((total, count))
        self._count += count
        while self._count - self._batches[0][1] >= WINDOW_EXAMPLES:
            self._count -= self._batches.popleft()[1]

    def mean(self) -> float:
        """NaN before the first batch."""
        return sum(total for total, _ in self._batches) / self._count if self._count else np.nan


class HeadlessRun:
    """One training run from a seed; use as a context, which ends the processes that help it.

    The seed means what it means on the page: the same weights, batches and crops.
    """

    def __init__(
        self, spec: NetSpec, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> None:
        """Build a network with new weights, and all it takes to train it.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        self._dataset = dataset
        training, order, _ = np.random.default_rng([seed, 1]).spawn(3)
        net = Net.create(spec, np.random.default_rng([seed, 0]))
        self._sampler = Sampler(dataset, spec.input_shape, order)
        self._trainer = Trainer(net, spec.trainer, training, processes=processes)
        self._validated = self._trainer.prediction_replica()
        self._loss, self._correct, self._validation = Window(), Window(), Window()
        self._seconds = 0.0

    def __enter__(self) -> HeadlessRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self._trainer.close()

    def train(self, examples: int, progress: Callable[[int, float], None]) -> None:
        """Train on so many examples; the last batch may be smaller than the others.

        Args:
            progress: called after each batch with its size and the mean loss.

        Raises:
            DivergenceError: the loss is not finite.
        """
        began = perf_counter()
        unseen = 0
        while examples:
            batch = self._sampler.next_batch(min(examples, self._trainer.options.batch_size))
            stats = self._trainer.step(batch)
            examples -= len(batch)
            self._loss.add(stats.loss * len(batch), len(batch))
            self._correct.add(stats.correct, len(batch))
            unseen += len(batch)
            while unseen >= VALIDATION_EVERY:
                unseen -= VALIDATION_EVERY
                self._validate()
            progress(len(batch), self._loss.mean())
        if np.isnan(self._validation.mean()):
            self._validate()
        self._seconds += perf_counter() - began

    def _validate(self) -> None:
        batch = self._sampler.next_validation(VALIDATION_CHUNK)
        scores = self._validated.forward(batch.x)[:, 0, 0]
        correct = np.count_nonzero(scores.argmax(axis=0) == batch.labels)
        self._validation.add(int(correct), len(batch))

    def result(self) -> Result:
        """The run's numbers so far, with a test on all test images."""
        evaluation = Evaluation(self._trainer.prediction_replica(), self._dataset)
        evaluation.run()
        examples = self._trainer.examples_seen
        return Result(
            examples=examples,
            seconds=self._seconds,
            examples_per_second=examples / max(self._seconds, 1e-9),
            loss=self._loss.mean(),
            train_accuracy=self._correct.mean(),
            validation_accuracy=self._validation.mean(),
            test_accuracy=evaluation.accuracy,
            test_examples=evaluation.examples,
        )

    def snapshot(self) -> bytes:
        """The file that holds the network and all it takes to train on exactly."""
        return dump(self._trainer.net, self._trainer, self._sampler)
