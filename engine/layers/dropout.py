"""Dropout: while training, numbers are left out at random."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer
from engine.options import Option


class Dropout(Layer):
    """Training: y = x * mask, 0 with probability `drop_prob`; prediction: y = (1 - drop_prob) x.

    Srivastava et al., "Dropout" (2014). ConvNetJS multiplies by `drop_prob` at prediction, which is
    the same only at 0.5. Training is as in ConvNetJS, so that its files mean the same here.
    """

    type = "dropout"
    help = "leaves numbers out at random while training"
    random = True
    declared = (Option("drop_prob", float, default=0.5, minimum=0, below=1, help="share left out"),)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        keep = x.dtype.type(1 - self.options["drop_prob"])
        if not training:
            self._mask: Array = keep
            y: Array = x * keep
            return y
        if self.rng is None:
            raise ValueError("dropout needs a random generator to train")
        # float32 draws whatever the precision: half the bits are plenty for a coin toss.
        draws = self.rng.random(x.shape, np.float32)
        self._mask = np.less(draws, keep, out=self.maps("mask", x.shape, np.bool_))
        return np.multiply(x, self._mask, out=self.maps("y", x.shape, x.dtype))

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        dx: Array = dy * self._mask
        return dx
