"""Training as the page and the command line both do it: steps, validation, running means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np

from engine.data import Batch, Dataset, Sampler
from engine.data.added_pictures import AddedPictures
from engine.data.sampler import SamplerMark
from engine.formats import Snapshot, SnapshotError, dump
from engine.language import NetSpec
from engine.network.net import Net
from engine.network.passes import Between, count_correct
from engine.runs.running_means import RunningMean
from engine.training.trainer import StepAbandoned, StepStats, Trainer

VALIDATION_CHUNK = 40
"""Validation images run at once, which costs less than a few at each step."""
TRAINED_FOR_ONE = 9
"""Training images for each validation image, the ratio of the two in the data set."""
LEAST_VALIDATED, MOST_VALIDATED = 400, 2000
"""Validation images averaged over, at the least and at the most."""
LOOK_BACK = 4
"""In between, those of the newest quarter of the training are averaged over."""
KEPT_MEANS = ("loss", "decay", "train_accuracy", "validation_accuracy")
"""Running means that a run that goes on from a file begins with. Times are another machine's."""
LARGEST_FORWARD = 8_000_000
"""Activations that one forward pass may hold; large networks run fewer images at once."""

_Moment: TypeAlias = tuple[SamplerMark, Mapping[str, Any]]
"""What a step draws from: the sampler, and the state of dropout's generator."""


def initial_net(spec: NetSpec, seed: int) -> Net:
    """The network that a run with this seed starts from."""
    return Net.create(spec, np.random.default_rng([seed, 0]))


def validation_window(examples_seen: int) -> int:
    """How many of the newest validation images to average over, after so many training examples.

    An accuracy of n images has a standard error of sqrt(p (1 - p) / n): at 95% it is more than a
    point with 400 images, and less than half a point with 2,000. But it also looks back over 9 n
    examples of training, which hides learning while there are few. An error that falls with the
    square root of the examples is on average 7% higher in the newest quarter of a run than at its
    end: less than the standard error.
    """
    newest = examples_seen // (LOOK_BACK * TRAINED_FOR_ONE)
    return min(max(newest, LEAST_VALIDATED), MOST_VALIDATED)


class TrainingRun:
    """Trains one network, and validates it as it goes. `close` ends the helper processes.

    Everything random follows from the seed: the same seed gives the same weights, batches and
    crops, on the page and on the command line.

    Attributes:
        net, trainer, sampler: in use; new data brings a new sampler.
        loss, decay, train_accuracy: running means over the last 1,000 training examples.
        forward_seconds, backward_seconds: of one example, averaged over the same.
        validation_accuracy: running mean over the last validation images: see `validation_window`.
        added: pictures mixed into what is trained on, each as large as the data set's.
    """

    def __init__(
        self, net: Net, dataset: Dataset, seed: int, *, processes: int | None = None
    ) -> None:
        """Train `net` from the weights that it has.

        Raises:
            ShapeError: the images are smaller than the network's input.
        """
        dropout, order = np.random.default_rng([seed, 1]).spawn(2)
        self.net = net
        self.sampler = Sampler(dataset, net.spec.input_shape, order)
        self.trainer = Trainer(net, net.spec.trainer, dropout, processes=processes)
        self.added: AddedPictures | None = None
        self._seed = seed
        self._validated = self.trainer.prediction_replica()
        self._before_step: _Moment | None = None
        self.loss, self.decay, self.train_accuracy = RunningMean(), RunningMean(), RunningMean()
        self.validation_accuracy = RunningMean()
        self.forward_seconds, self.backward_seconds = RunningMean(), RunningMean()

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
        """Continue from a snapshot.

        Raises:
            SnapshotError: its state is malformed.
        """
        run = cls(snapshot.net, dataset, seed, processes=processes)
        try:
            snapshot.resume(run.trainer, run.sampler)
            run._resume_means(snapshot.training or {})
        except SnapshotError:
            run.close()
            raise
        return run

    @property
    def spec(self) -> NetSpec:
        """The network, with the trainer's current options."""
        return replace(self.net.spec, trainer=self.trainer.options)

    def train_batch(
        self, most: int | None = None, between: Between | None = None
    ) -> tuple[Batch, StepStats]:
        """Take one step on a batch of at most `most` examples, and validate when it is time.

        Args:
            between: called between the step's chunks; it may raise `StepAbandoned`. Then nothing
                has changed, and the next step draws the same batch again.

        Raises:
            DivergenceError: the loss is not finite; the network keeps its last good weights.
            StepAbandoned: `between` raised it.
        """
        options = self.trainer.options
        count = options.batch_size if most is None else min(options.batch_size, most)
        self._before_step = before = self._moment()
        try:
            added = self.added and self.added.due(self.trainer.examples_seen, count)
            batch = self.sampler.next_batch(count, options.augment, added)
            stats = self.trainer.step(batch, between)
        except StepAbandoned:
            self._return_to(before)
            raise
        finally:
            self._before_step = None
        self._measure(stats)
        for _ in range(self._validations_due(len(batch))):
            self.validate()
        return batch, stats

    def _validations_due(self, newest: int) -> int:
        """How often to validate after the newest examples.

        It follows from how many were seen in all, so that a break in training does not change it.
        """
        seen, every = self.trainer.examples_seen, TRAINED_FOR_ONE * self.at_once(VALIDATION_CHUNK)
        return seen // every - (seen - newest) // every

    def validate(self) -> None:
        """Predict some validation images, and note how many are right."""
        batch = self.sampler.next_validation(self.at_once(VALIDATION_CHUNK))
        correct = count_correct(self._validated.forward(batch.x), batch.labels)
        self.validation_accuracy.newest = validation_window(self.trainer.examples_seen)
        self.validation_accuracy.add(correct, len(batch))

    def at_once(self, wanted: int) -> int:
        """How many of the wanted images can be run at once without holding much memory."""
        return max(1, min(wanted, LARGEST_FORWARD // self.net.spec.activations))

    def use(self, dataset: Dataset) -> None:
        """Continue with other data.

        Raises:
            ShapeError: the images are smaller than the network's input; then nothing has changed.
        """
        order = np.random.default_rng([self._seed, 2])
        self.sampler = Sampler(dataset, self.net.spec.input_shape, order)
        self.validation_accuracy = RunningMean()

    def snapshot(self) -> bytes:
        """The file with the network and everything needed to continue exactly from here.

        Between the chunks of a step that is as of before the step.
        """
        means = {name: getattr(self, name).state() for name in KEPT_MEANS}
        now = self._moment()
        self._return_to(self._before_step or now)
        try:
            return dump(self.net, self.trainer, self.sampler, means)
        finally:
            self._return_to(now)

    def close(self) -> None:
        """End the helper processes; idempotent."""
        self.trainer.close()

    def _resume_means(self, training: Mapping[str, Any]) -> None:
        means = training.get("means", {})
        try:
            if not isinstance(means, Mapping):
                raise TypeError("not an object")
            for name in KEPT_MEANS:
                if name in means:
                    getattr(self, name).restore(means[name])
        except (TypeError, ValueError) as error:
            raise SnapshotError(f"its running means are malformed ({error})") from None

    def _moment(self) -> _Moment:
        return self.sampler.mark(), self.trainer.rng.bit_generator.state

    def _return_to(self, moment: _Moment) -> None:
        mark, noise = moment
        self.sampler.return_to(mark)
        self.trainer.rng.bit_generator.state = noise

    def _measure(self, stats: StepStats) -> None:
        count = stats.examples
        self.loss.add(stats.loss * count, count)
        self.decay.add(stats.decay_loss * count, count)
        self.train_accuracy.add(stats.correct, count)
        self.forward_seconds.add(stats.forward_seconds, count)
        self.backward_seconds.add(stats.backward_seconds, count)
