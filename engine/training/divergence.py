"""Notices training that has diverged, and goes back to weights from before the loss rose."""

from __future__ import annotations

from math import isfinite

import numpy as np

from engine.layers import Array
from engine.network.net import Net

EXPLODED = 3.0
"""A loss this many times above the running average counts as exploded: its weights are not worth
going back to."""
SMALL_LOSS = 0.1
"""No loss below this counts as exploded, however small the running average is."""
MEMORY = 0.999
"""Memory of the running average: a loss that lasts for a thousand steps becomes the usual one."""


class DivergenceError(ArithmeticError):
    """The loss, or a number that the step computed from it, is no longer finite.

    Attributes:
        step: the step that found it, counted from 1.
        learning_rate: in force at that step.
    """

    def __init__(self, step: int, learning_rate: float) -> None:
        super().__init__(
            f"the loss is no longer finite at step {step:,} with learning rate {learning_rate:g}"
        )
        self.step = step
        self.learning_rate = learning_rate


def all_finite(*vectors: Array) -> bool:
    """Whether no number is infinite or NaN."""
    # Where the sum of squares is finite, so are they all; it takes a third of looking at each.
    return all(isfinite(each @ each) or np.isfinite(each).all() for each in vectors)


class LastGoodWeights:
    """The newest parameters and statistics of a network at which its loss had not exploded."""

    def __init__(self, net: Net) -> None:
        self._net = net
        self._params, self._state = net.params.copy(), net.state.copy()
        self._usual_loss: float | None = None

    def remember(self, loss: float) -> None:
        """Keep the network's weights, which gave this finite `loss`, unless it has exploded."""
        usual = loss if self._usual_loss is None else self._usual_loss
        most = max(EXPLODED * usual, SMALL_LOSS)
        if loss <= most:
            np.copyto(self._params, self._net.params)
            np.copyto(self._state, self._net.state)
        self._usual_loss = MEMORY * usual + (1 - MEMORY) * min(loss, most)

    def restore(self) -> None:
        """Set the network to the weights that are kept."""
        np.copyto(self._net.params, self._params)
        np.copyto(self._net.state, self._state)
