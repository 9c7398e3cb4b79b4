"""Trains a network without a page: the loop, and the numbers that it ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from time import perf_counter

from engine.analysis.evaluation import Evaluation
from engine.data import Dataset
from engine.language import NetSpec
from engine.runs.running_means import Window
from engine.runs.training_run import TrainingRun


@dataclass(frozen=True)
class Result:
    """What a training run came to; the fields of its JSON line, in that order.

    Attributes:
        examples: trained on.
        seconds: spent on training, validation included, the full test not.
        loss: mean classification loss over the last 1,000 training examples.
        train_accuracy: over the same.
        validation_accuracy: over the last 400 validation images looked at.
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


class HeadlessRun:
    """One training run from a seed; use as a context, which ends the processes that help it."""

    def __init__(
        self, spec: NetSpec, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> None:
        """Build a network with new weights, and all it takes to train it.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        self._dataset = dataset
        self._training = TrainingRun.fresh(spec, dataset, seed, processes=processes)
        self._seconds = 0.0

    def __enter__(self) -> HeadlessRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self._training.close()

    def train(self, examples: int, progress: Callable[[int, float], None]) -> None:
        """Train on so many examples; the last batch may be smaller than the others.

        Args:
            progress: called after each batch with its size and the mean loss.

        Raises:
            DivergenceError: the loss is not finite.
        """
        began = perf_counter()
        training = self._training
        while examples:
            batch, _ = training.train_batch(examples)
            examples -= len(batch)
            progress(len(batch), _mean(training.loss))
        if not training.validation_accuracy.count:
            training.validate()
        self._seconds += perf_counter() - began

    def result(self) -> Result:
        """The run's numbers so far, with a test on all test images."""
        training = self._training
        evaluation = Evaluation(training.trainer.prediction_replica(), self._dataset)
        evaluation.run()
        examples = training.trainer.examples_seen
        return Result(
            examples=examples,
            seconds=self._seconds,
            examples_per_second=examples / max(self._seconds, 1e-9),
            loss=_mean(training.loss),
            train_accuracy=_mean(training.train_accuracy),
            validation_accuracy=_mean(training.validation_accuracy),
            test_accuracy=evaluation.accuracy,
            test_examples=evaluation.examples,
        )

    def snapshot(self) -> bytes:
        """The file that holds the network and all it takes to train on exactly."""
        return self._training.snapshot()


def _mean(window: Window) -> float:
    """Of whatever there is; NaN of nothing."""
    mean = window.mean(at_least=1)
    return nan if mean is None else mean
