"""Trains a network without a page: the loop, and the numbers it ends with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from time import perf_counter

from engine.analysis.evaluation import Evaluation
from engine.data import Dataset
from engine.formats import Snapshot
from engine.language import NetSpec
from engine.runs.running_means import RunningMean
from engine.runs.training_run import TrainingRun


@dataclass(frozen=True)
class Result:
    """What a training run ended with; the fields of its JSON line, in this order.

    Attributes:
        examples: trained on.
        seconds: spent training, including validation but not the full test.
        loss: mean classification loss over the last 1,000 training examples.
        train_accuracy: over the same.
        validation_accuracy: over the last validation images predicted: see `validation_window`.
        test_accuracy: over all test images, cropped at their center, after training.
        test_examples: how many test images there are.
        examples_seen: by the network in all, with those before a snapshot that it went on from.
        parameters: how many numbers the network learns.
    """

    examples: int
    seconds: float
    examples_per_second: float
    loss: float
    train_accuracy: float
    validation_accuracy: float
    test_accuracy: float
    test_examples: int
    examples_seen: int
    parameters: int


class HeadlessRun:
    """A run from a seed or a snapshot, as a context manager that ends the helper processes."""

    def __init__(
        self,
        start: NetSpec | Snapshot,
        dataset: Dataset,
        seed: int,
        *,
        processes: int | None = None,
    ) -> None:
        """Build a network with new weights, or take that of a snapshot to go on from, exactly.

        Raises:
            ShapeError: the images are smaller than the network's input.
            SnapshotError: the snapshot's state is malformed.
        """
        self._dataset = dataset
        if isinstance(start, Snapshot):
            self._run = TrainingRun.resumed(start, dataset, seed, processes=processes)
        else:
            self._run = TrainingRun.fresh(start, dataset, seed, processes=processes)
        self._begun_at = self._run.trainer.examples_seen
        self._seconds = 0.0

    def __enter__(self) -> HeadlessRun:
        return self

    def __exit__(self, *exception: object) -> None:
        self._run.close()

    def train(self, examples: int, progress: Callable[[int, float], None]) -> None:
        """Train on this many examples; the last batch may be smaller than the others.

        Args:
            progress: called after each batch with its size and the mean loss.

        Raises:
            DivergenceError: the loss is not finite.
        """
        began = perf_counter()
        run = self._run
        while examples:
            batch, _ = run.train_batch(examples)
            examples -= len(batch)
            progress(len(batch), _mean(run.loss))
        self._seconds += perf_counter() - began

    def result(self) -> Result:
        """The run's numbers so far, with a test on all test images."""
        run = self._run
        if not run.validation_accuracy.count:
            run.validate()
        evaluation = Evaluation(run.trainer.prediction_replica(), self._dataset)
        evaluation.run()
        examples = run.trainer.examples_seen - self._begun_at
        return Result(
            examples=examples,
            seconds=self._seconds,
            examples_per_second=examples / max(self._seconds, 1e-9),
            loss=_mean(run.loss),
            train_accuracy=_mean(run.train_accuracy),
            validation_accuracy=_mean(run.validation_accuracy),
            test_accuracy=evaluation.accuracy,
            test_examples=evaluation.examples,
            examples_seen=run.trainer.examples_seen,
            parameters=run.net.spec.parameter_count,
        )

    @property
    def covered(self) -> tuple[int, int]:
        """How many images the training accuracy and the validation accuracy cover."""
        return self._run.train_accuracy.count, self._run.validation_accuracy.count

    def snapshot(self) -> bytes:
        """The file with the network and everything needed to continue exactly from here."""
        return self._run.snapshot()


def _mean(running: RunningMean) -> float:
    """The mean over however few examples there are; NaN if there are none."""
    mean = running.mean(at_least=1)
    return nan if mean is None else mean
