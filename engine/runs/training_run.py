"""A network in training with its running numbers: what the page and the command line both do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from engine.data import Batch, Dataset, Sampler
from engine.formats import Snapshot, SnapshotError, dump
from engine.language import NetSpec
from engine.network.net import Net
from engine.network.passes import count_correct
from engine.runs.running_means import Window
from engine.training.trainer import StepStats, Trainer

VALIDATION_WINDOW = 400
"""Of these there is one for nine trained on: the same span of training would be 110."""
VALIDATION_CHUNK = 40
"""Validation images are looked at so many at a time, which costs less than a few at each step."""
TRAINED_FOR_ONE = 9
"""Training images for each validation image, as there are in the data set."""
LARGEST_FORWARD = 8_000_000
"""Numbers that a look at many images may hold at once; large networks look at fewer."""


def initial_net(spec: NetSpec, seed: int) -> Net:
    """The network with which a training with this seed begins."""
    return Net.create(spec, np.random.default_rng([seed, 0]))


class TrainingRun:
    """Trains one network, and validates it along with that. `close` ends the helping processes.

    All that is random follows from the seed: the same one means the same weights, batches and
    crops, on the page and on the command line.

    Attributes:
        net, trainer, sampler: at work; the sampler changes with the data.
        loss, decay: means over the last 1,000 training examples.
        train_accuracy: over the same; validation_accuracy: over the last 400 validation images.
        forward_seconds, backward_seconds: an example, over the same.
    """

    def __init__(
        self, net: Net, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> None:
        """Train a network that has its weights already.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        training, order = np.random.default_rng([seed, 1]).spawn(2)
        self.net = net
        self.sampler = Sampler(dataset, net.spec.input_shape, order)
        self.trainer = Trainer(net, net.spec.trainer, training, processes=processes)
        self._seed = seed
        self._validated = self.trainer.prediction_replica()
        self._unvalidated = 0
        self.loss, self.decay, self.train_accuracy = Window(), Window(), Window()
        self.validation_accuracy = Window(VALIDATION_WINDOW)
        self.forward_seconds, self.backward_seconds = Window(), Window()

    @classmethod
    def fresh(
        cls, spec: NetSpec, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> TrainingRun:
        """Train a network with new weights."""
        return cls(initial_net(spec, seed), dataset, seed, processes=processes)

    @classmethod
    def resumed(
        cls, snapshot: Snapshot, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> TrainingRun:
        """Train on from a snapshot.

        Raises:
            SnapshotError: its state is malformed.
        """
        training = cls(snapshot.net, dataset, seed, processes=processes)
        try:
            snapshot.resume(training.trainer, training.sampler)
        except SnapshotError:
            training.close()
            raise
        return training

    @property
    def spec(self) -> NetSpec:
        """The network, with the trainer's options of now."""
        return replace(self.net.spec, trainer=self.trainer.options)

    def train_batch(self, most: int | None = None) -> tuple[Batch, StepStats]:
        """One step on a batch of at most so many examples, with what is measured along with it.

        Raises:
            DivergenceError: the loss is not finite; the network keeps its last good weights.
        """
        options = self.trainer.options
        count = options.batch_size if most is None else min(options.batch_size, most)
        batch = self.sampler.next_batch(count, options.augment)
        stats = self.trainer.step(batch)
        self._measure(stats)
        self._unvalidated += len(batch)
        if self._unvalidated >= TRAINED_FOR_ONE * self.at_once(VALIDATION_CHUNK):
            self.validate()
        return batch, stats

    def validate(self) -> None:
        """Look at some validation images."""
        batch = self.sampler.next_validation(self.at_once(VALIDATION_CHUNK))
        self._unvalidated = max(0, self._unvalidated - TRAINED_FOR_ONE * len(batch))
        correct = count_correct(self._validated.forward(batch.x), batch.labels)
        self.validation_accuracy.add(correct, len(batch))

    def at_once(self, wanted: int) -> int:
        """How many of the wanted images can be looked at together without holding much memory."""
        return max(1, min(wanted, LARGEST_FORWARD // self.net.spec.activations))

    def use(self, dataset: Dataset) -> None:
        """Train on with other data.

        Raises:
            ShapeError: the images are smaller than the network's input; then nothing has changed.
        """
        order = np.random.default_rng([self._seed, 2])
        self.sampler = Sampler(dataset, self.net.spec.input_shape, order)
        self.validation_accuracy = Window(VALIDATION_WINDOW)

    def snapshot(self) -> bytes:
        """The file that holds the network and all it takes to train on exactly."""
        return dump(self.net, self.trainer, self.sampler)

    def close(self) -> None:
        """End the processes that help to train; may be called twice."""
        self.trainer.close()

    def _measure(self, stats: StepStats) -> None:
        count = stats.examples
        self.loss.add(stats.loss * count, count)
        self.decay.add(stats.decay_loss * count, count)
        self.train_accuracy.add(stats.correct, count)
        self.forward_seconds.add(stats.forward_seconds, count)
        self.backward_seconds.add(stats.backward_seconds, count)
