"""The fully connected layer."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape
from engine.layers.weights import WEIGHT_OPTIONS, draw_weights, weight_decay
from engine.options import Option, Options


class Dense(Layer):
    """y = W x + b: every output sees every number of the input volume."""

    type = "fc"
    help = "fully connected: every output sees every number of its input"
    declared = (
        Option("num_neurons", int, minimum=1, aliases=("filters",), help="how many outputs"),
        *WEIGHT_OPTIONS,
    )

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        return Shape(1, 1, options["num_neurons"])

    @classmethod
    def parameter_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        neurons = options["num_neurons"]
        return {"weights": (neurons, in_shape.size), "biases": (neurons,)}

    @classmethod
    def decay(cls, options: Options) -> dict[str, tuple[float, float]]:
        return weight_decay(options)

    def initialize(self, rng: np.random.Generator) -> None:
        draw_weights(self, rng)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        weights, biases = self.params["weights"], self.params["biases"]
        # (C, H, W, B) -> (C*H*W, B)
        self._x = x = x.reshape(-1, x.shape[3])
        y = self.buffer("y", (len(weights), x.shape[1]), x.dtype)
        np.matmul(weights, x, out=y)
        y += biases[:, None]
        return y.reshape(len(weights), 1, 1, -1)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        weights = self.params["weights"]
        # (neurons, 1, 1, B) -> (neurons, B)
        dy = dy.reshape(len(weights), -1)
        np.matmul(dy, self._x.T, out=self.grads["weights"])
        np.sum(dy, axis=1, out=self.grads["biases"])
        if not need_dx:
            return None
        dx = self.buffer("dx", self._x.shape, dy.dtype)
        np.matmul(weights.T, dy, out=dx)
        return dx.reshape(*self.in_shape.array, -1)
