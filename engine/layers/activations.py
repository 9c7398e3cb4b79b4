"""The nonlinearities: relu, sigmoid, tanh and maxout."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Layer, Shape, ShapeError
from engine.options import Option, Options


class Relu(Layer):
    """y = max(0, x); see Nair and Hinton, "Rectified linear units" (2010)."""

    type = "relu"
    help = "activation: negative numbers become 0"
    monotonic = True

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = self.maps("y", x.shape, x.dtype)
        # NumPy compares two arrays three times as fast as an array and a number.
        zeros = np.zeros(x.shape[2:], x.dtype)
        return np.maximum(x, zeros, out=self._y)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        passed = np.greater(self._y, 0, out=self.maps("passed", dy.shape, np.bool_))
        return np.multiply(dy, passed, out=self.maps("dx", dy.shape, dy.dtype))


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), computed as (1 + tanh(x/2)) / 2, which cannot overflow."""

    type = "sigmoid"
    help = "activation: squeezes numbers between 0 and 1"
    monotonic = True

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = y = self.maps("y", x.shape, x.dtype)
        np.tanh(x * x.dtype.type(0.5), out=y)
        y += 1
        y *= 0.5
        return y

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        dx: Array = dy * self._y * (1 - self._y)
        return dx


class Tanh(Layer):
    """y = tanh(x)."""

    type = "tanh"
    help = "activation: squeezes numbers between -1 and 1"
    monotonic = True

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = self.maps("y", x.shape, x.dtype)
        return np.tanh(x, out=self._y)

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        dx: Array = dy * (1 - self._y * self._y)
        return dx


class Maxout(Layer):
    """Each output is the largest of `group_size` neighboring channels.

    Goodfellow et al., "Maxout networks" (2013). Channels left over after the last whole group are
    dropped, as in ConvNetJS.
    """

    type = "maxout"
    help = "activation: the largest of each group of channels"
    declared = (Option("group_size", int, default=2, minimum=1, help="channels in a group"),)

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        group = options["group_size"]
        if group > in_shape.depth:
            raise ShapeError(f"maxout groups of {group} do not fit its {in_shape} input")
        return Shape(in_shape.sx, in_shape.sy, in_shape.depth // group)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        group, depth = self.options["group_size"], self.out_shape.depth
        # (groups * group_size, H, W, B) -> (groups, group_size, H, W, B)
        grouped = x[: depth * group].reshape(depth, group, *x.shape[1:])
        self._winner = grouped.argmax(axis=1, keepdims=True)
        return np.take_along_axis(grouped, self._winner, axis=1)[:, 0]

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        group, depth = self.options["group_size"], self.out_shape.depth
        dx = np.zeros((self.in_shape.depth, *dy.shape[1:]), dy.dtype)
        grouped = dx[: depth * group].reshape(depth, group, *dy.shape[1:])
        np.put_along_axis(grouped, self._winner, dy[:, None], axis=1)
        return dx
