"""What every layer is: options it declares, shapes it infers, a forward and a backward pass.

Activations are arrays of shape (channels, height, width, batch). With the batch innermost, a row of
a window holds whole batches of pixels side by side, so that patches are copied in long contiguous
pieces however small the image, and nothing is computed on padding.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from math import prod
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from engine.options import Option, Options

Array = npt.NDArray[Any]

CACHE_LINE = 64
"""Bytes. Matrices that begin on one are multiplied up to a third faster."""


class Shape(NamedTuple):
    """Size of one example's volume in ConvNetJS's order: width, height, depth."""

    sx: int
    sy: int
    depth: int

    def __str__(self) -> str:
        return f"{self.sx}x{self.sy}x{self.depth}"

    @property
    def size(self) -> int:
        """How many numbers the volume holds."""
        return prod(self)

    @property
    def array(self) -> tuple[int, int, int]:
        """(channels, height, width), the order in which arrays hold the volume."""
        return (self.depth, self.sy, self.sx)


class ShapeError(ValueError):
    """A layer does not fit its input; the message says why."""


class Layer(ABC):
    """One layer for one input shape; its parameters are views into its network's flat vectors.

    Attributes:
        help: what the layer does, for the reference beside the editor and docs/SPEC.md.
        ours: whether ConvNetJS does not have it.
        options: the resolved options, a value for every declared `Option`.
        in_shape, out_shape: volumes of one example.
        params, grads: by name, views of the network's flat vectors; empty for most layers.
        state: by name, views of what is learned without gradients (running statistics).
        rng: the generator that random layers draw from while training.
        random: whether the layer draws random numbers while training.
        mixes_examples: whether, while training, an example's output depends on the others.
        monotonic: whether it maps each number by itself, and never a greater one to a smaller.
    """

    type: ClassVar[str]
    help: ClassVar[str]
    ours: ClassVar[bool] = False
    declared: ClassVar[tuple[Option, ...]] = ()
    random: ClassVar[bool] = False
    mixes_examples: ClassVar[bool] = False
    monotonic: ClassVar[bool] = False

    def __init__(self, in_shape: Shape, options: Options) -> None:
        self.options = options
        self.in_shape = in_shape
        self.out_shape = self.output_shape(in_shape, options)
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}
        self.state: dict[str, Array] = {}
        self.rng: np.random.Generator | None = None
        self._buffers: dict[str, Array] = {}

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        """Shape of the output.

        Raises:
            ShapeError: the layer does not fit `in_shape`.
        """
        return in_shape

    @classmethod
    def parameter_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        """Array shapes of the parameters by name, in the order of the flat vectors."""
        return {}

    @classmethod
    def state_shapes(cls, in_shape: Shape, options: Options) -> dict[str, tuple[int, ...]]:
        """Array shapes of the running statistics by name."""
        return {}

    @classmethod
    def decay(cls, options: Options) -> dict[str, tuple[float, float]]:
        """The (l1, l2) decay multipliers of the parameters that decay."""
        return {}

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw initial values into `params` and `state`. Most layers have nothing to do."""

    @abstractmethod
    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Map (C, H, W, B) to this layer's output, keeping what `backward` needs.

        The result is the layer's own buffer: it is overwritten by the next call.
        """

    @abstractmethod
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        """Write the parameters' gradients into `grads`; return the input's gradient.

        `dy` is the gradient with respect to the last output, whose shape it has. If `need_dx` is
        false the layer may skip the input's gradient and return None.
        """

    def buffer(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """An array kept from call to call; new (and zero) whenever its shape changes.

        Allocating it afresh at every step would cost more than the arithmetic done in it.
        """
        held = self._buffers.get(name)
        if held is None or held.shape != shape or held.dtype != dtype:
            held = self._buffers[name] = _zeros(shape, np.dtype(dtype))
        return held

    def maps(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Array:
        """A buffer for feature maps (C, H, W, B) that is laid out row by row in memory.

        The rows that a filter sees are then adjacent, and convolution need not copy them.
        """
        depth, height, *rest = shape
        return self.buffer(name, (height, depth, *rest), dtype).swapaxes(0, 1)


def _zeros(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Zeros that begin on a cache line, where NumPy aligns to a quarter of one."""
    room = np.zeros(prod(shape) * dtype.itemsize + CACHE_LINE, np.uint8)
    skipped = -room.__array_interface__["data"][0] % CACHE_LINE
    return np.ndarray(shape, dtype, room, skipped)


class Loss(Layer):
    """A layer that ends a network and compares its output with the true classes.

    Targets are class indices (B,).
    """

    @abstractmethod
    def loss(self, target: Array) -> float:
        """Sum of the losses over the examples of the last `forward`."""

    @abstractmethod
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        """Gradient of `loss` with respect to the input, (C, 1, 1, B); `dy` is the target."""

    @abstractmethod
    def probabilities(self, y: Array) -> Array:
        """Turn outputs (C, 1, 1, B) into scores from 0 to 1 that sum to 1 over classes: (C, B)."""
