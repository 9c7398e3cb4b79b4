"""What every layer is: options it declares, shapes it infers, a forward and a backward pass.

Activations are arrays of shape (channels, height, width, batch). With the batch innermost, a window
of an image is a run of whole pixels times the batch, so that patches are copied in long contiguous
pieces whatever the image's size, and no padding is computed on.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Options = Mapping[str, Any]


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
        return self.sx * self.sy * self.depth

    @property
    def array(self) -> tuple[int, int, int]:
        """(channels, height, width), the order in which arrays hold the volume."""
        return (self.depth, self.sy, self.sx)


class ShapeError(ValueError):
    """A layer does not fit its input; the message says what does not fit what."""


REQUIRED: Any = object()


@dataclass(frozen=True)
class Option:
    """One option of a layer or trainer in the spec language, with the values it admits.

    `same_as` names the option whose value is taken when this one is left out (sy = sx).
    """

    name: str
    kind: type[int] | type[float] | type[str] | type[bool]
    default: Any = REQUIRED
    minimum: float | None = None
    maximum: float | None = None
    below: float | None = None
    choices: tuple[str, ...] = ()
    odd: bool = False
    same_as: str | None = None
    aliases: tuple[str, ...] = ()
    help: str = ""


class Layer(ABC):
    """One layer for one input shape; its parameters are views into its network's flat vectors.

    Attributes:
        options: the resolved options, a value for every declared `Option`.
        in_shape, out_shape: volumes of one example.
        params, grads: by name, views of the network's flat vectors; empty for most layers.
        decay: by parameter name, its (l1, l2) decay multipliers; biases have none.
    """

    type: ClassVar[str]
    declared: ClassVar[tuple[Option, ...]] = ()

    def __init__(self, in_shape: Shape, options: Options) -> None:
        self.options = options
        self.in_shape = in_shape
        self.out_shape = self.output_shape(in_shape, options)
        self.params: dict[str, Array] = {}
        self.grads: dict[str, Array] = {}

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
    def decay(cls, options: Options) -> dict[str, tuple[float, float]]:
        """The (l1, l2) decay multipliers of those parameters that decay at all."""
        return {}

    def initialize(self, rng: np.random.Generator) -> None:
        """Draw the initial weights into `params`. Layers without parameters have nothing to do."""

    @abstractmethod
    def forward(self, x: Array, *, training: bool = False) -> Array:
        """Map (C, H, W, B) to this layer's output, keeping what `backward` needs."""

    @abstractmethod
    def backward(self, dy: Array, *, need_dx: bool = True) -> Array | None:
        """Write the gradients of the parameters into `grads`; return the loss's gradient by x.

        `dy` has the shape of the last output and may be overwritten. Where `need_dx` is false the
        layer may skip the input's gradient and return None.
        """


class Loss(Layer):
    """A layer that ends a network and compares its output with the truth."""

    @abstractmethod
    def loss(self, target: Array) -> float:
        """Sum of the losses of the last forward's examples.

        `target` has shape (B,): class indices (or, for regression, the wanted class index too).
        """

    @abstractmethod
    def loss_gradient(self, target: Array) -> Array:
        """Gradient of `loss` by the layer's input, (C, H, W, B); examples are summed."""

    @abstractmethod
    def probabilities(self, y: Array) -> Array:
        """Turn outputs (C, 1, 1, B) into scores in [0, 1] that sum to 1 over classes, (C, B)."""
