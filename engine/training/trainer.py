"""One training step: forward, backward, decay, update. No I/O and no loop."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

import numpy as np

from engine.data import Batch
from engine.language import TrainerSpec
from engine.layers import Array
from engine.network.net import Net, quiet
from engine.network.passes import Between
from engine.training.divergence import DivergenceError, LastGoodWeights, all_finite
from engine.training.split_batch import BatchSplitter
from engine.update_rules.learning_rate import learning_rate
from engine.update_rules.optimizers import OPTIMIZERS, Optimizer


@dataclass(frozen=True)
class StepStats:
    """What one step measured.

    Attributes:
        examples: in this batch.
        loss: mean classification loss of the batch, before the update.
        l1_decay_loss, l2_decay_loss: at the weights before the update.
        correct: how many examples of the batch were classified correctly.
        forward_seconds, backward_seconds: wall time of each part.
    """

    examples: int
    loss: float
    l1_decay_loss: float
    l2_decay_loss: float
    correct: int
    forward_seconds: float
    backward_seconds: float

    @property
    def decay_loss(self) -> float:
        """The penalty on the size of the weights, l1 and l2 together."""
        return self.l1_decay_loss + self.l2_decay_loss


class StepAbandoned(Exception):
    """Raised between the chunks of a step that is not to be taken after all."""


class Trainer:
    """Trains a network batch by batch.

    The same network, options, generator and number of processes give the same run. `close` ends the
    helper processes.

    Attributes:
        net: the network; its `params` are updated in place.
        options: of the spec's trainer; changed by `configure`.
        optimizer: the update rule with its memory.
        step_count, examples_seen: so far.
        rng: the generator of dropout; networks without dropout do not use it.
        average: flat vector, the weights averaged with the memory `ema`; the weights if that is 0.
        last_gradient: flat vector, mean over the last batch, decay not included.
        noted_update: flat vector, what the step after `note_next_update` added to the parameters;
            None before the first such step.
    """

    def __init__(
        self,
        net: Net,
        options: TrainerSpec,
        rng: np.random.Generator,
        *,
        processes: int | None = None,
    ) -> None:
        self.net = net
        self.options = options
        self.rng = rng
        self.step_count = 0
        self.examples_seen = 0
        self.optimizer = self._new_optimizer()
        self.last_gradient = np.zeros_like(net.params)
        self.noted_update: Array | None = None
        self._to_be_noted = False
        self.average = net.params.copy()
        self._last_good = LastGoodWeights(net)
        self._splitter = BatchSplitter(net, processes)
        self._l1 = net.per_parameter(
            lambda layer: {name: l1 for name, (l1, _) in layer.decay(layer.options).items()}
        )
        self._l2 = net.per_parameter(
            lambda layer: {name: l2 for name, (_, l2) in layer.decay(layer.options).items()}
        )

    def configure(self, options: TrainerSpec) -> None:
        """Continue with other options; the optimizer's memory is kept unless the method changes."""
        changed = options.method != self.options.method
        self.options = options
        if changed:
            self.optimizer = self._new_optimizer()

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step, according to the schedule."""
        return learning_rate(self.options.options, self.examples_seen)

    def note_next_update(self) -> None:
        """Have the next step keep its update. Others do not: it costs a copy of the parameters."""
        self._to_be_noted = True

    def prediction_replica(self) -> Net:
        """A network to predict with: it follows `average`, and has its own buffers."""
        net = self.net
        return Net(
            net.spec,
            dtype=net.params.dtype,
            params=self.average,
            state=net.state,
            pool_early=True,
        )

    def copy_predicting(self, net: Net) -> None:
        """Give another network of this spec the weights to predict with, as of this moment."""
        np.copyto(net.params, self.average)
        np.copyto(net.state, self.net.state)

    def close(self) -> None:
        """End the helper processes; idempotent."""
        self._splitter.close()

    @quiet
    def step(self, batch: Batch, between: Between | None = None) -> StepStats:
        """Train on one batch. Between steps everything that a snapshot holds is finite.

        Args:
            between: called between chunks. What it raises ends the step, which then has changed
                nothing but `rng`.

        Raises:
            DivergenceError: the loss is not finite, or the weights would not be. The network holds
                the last good weights, from before the loss rose far above its running average, and
                the optimizer's memory is cleared.
        """
        results = self._splitter.run(batch.x, batch.labels, self.rng, between)
        np.divide(self._splitter.gradient, len(batch), out=self.last_gradient)
        loss = sum(result.loss for result in results) / len(batch)
        l1_loss, l2_loss = self._decay_losses()
        if not (isfinite(loss + l1_loss + l2_loss) and all_finite(self._splitter.statistics)):
            raise self._diverged()
        self._last_good.remember(loss)
        self._update(len(batch))
        if not all_finite(self.net.params, *self.optimizer.state.values()):
            raise self._diverged()
        np.copyto(self.net.state, self._splitter.statistics)
        self.step_count += 1
        self.examples_seen += len(batch)
        self._average()
        return StepStats(
            examples=len(batch),
            loss=loss,
            l1_decay_loss=l1_loss,
            l2_decay_loss=l2_loss,
            correct=sum(result.correct for result in results),
            forward_seconds=max(result.forward_seconds for result in results),
            backward_seconds=max(result.backward_seconds for result in results),
        )

    def _diverged(self) -> DivergenceError:
        """Go back to the last good weights, with no memory of the gradients that led away."""
        self._last_good.restore()
        np.copyto(self.average, self.net.params)
        self.optimizer = self._new_optimizer()
        return DivergenceError(self.step_count + 1, self.learning_rate)

    def _decay_losses(self) -> tuple[float, float]:
        params, options = self.net.params, self.options
        l1 = options.l1_decay and options.l1_decay * float(self._l1 @ np.abs(params))
        l2 = options.l2_decay and options.l2_decay / 2 * float(self._l2 @ (params * params))
        return l1, l2

    def _update(self, batch_size: int) -> None:
        options, params = self.options, self.net.params
        gradient: Array = self.last_gradient.copy()
        # Decay is divided by the batch size along with the summed gradient, as in ConvNetJS.
        if options.l2_decay:
            gradient += (options.l2_decay / batch_size) * self._l2 * params
        if options.l1_decay:
            gradient += (options.l1_decay / batch_size) * self._l1 * np.sign(params)
        before = params.copy() if self._to_be_noted else None
        self.optimizer.update(params, gradient, options.options, self.learning_rate)
        if before is not None:
            self.noted_update, self._to_be_noted = params - before, False

    def _average(self) -> None:
        # Young averages forget faster, so that the initial weights do not linger in them.
        memory = min(self.options.ema, self.step_count / (self.step_count + 9))
        if not memory:
            np.copyto(self.average, self.net.params)
            return
        self.average *= memory
        self.average += (1 - memory) * self.net.params

    def _new_optimizer(self) -> Optimizer:
        return OPTIMIZERS[self.options.method](self.net.params.size, self.net.params.dtype)
