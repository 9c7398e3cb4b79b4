"""Every layer type in many shapes, built small and in float64 for the tests of layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from engine.language.resolve_options import given_by_program, resolve
from engine.layers import LAYERS, Array, Layer, Loss, Shape, ShapeError


@dataclass(frozen=True)
class Case:
    """One layer with one input."""

    kind: str
    in_shape: Shape
    options: Mapping[str, Any]
    batch: int
    training: bool = True

    def __str__(self) -> str:
        options = ",".join(f"{name}={value}" for name, value in self.options.items())
        ending = "" if self.training else ",predicting"
        return f"{self.kind}({options}{ending}) on {self.in_shape}, {self.batch}"

    @property
    def is_loss(self) -> bool:
        return issubclass(LAYERS[self.kind], Loss)

    @property
    def mixes_examples(self) -> bool:
        return self.kind == "batchnorm" and self.training

    def build(self, dtype: type = np.float64) -> Layer:
        """The layer with random parameters; the same ones each time."""
        rng = np.random.default_rng(3)
        layer = make_layer(self.kind, self.in_shape, self.options, dtype)
        for values in layer.params.values():
            values[...] = rng.uniform(0.2, 1, values.shape) * rng.choice([-1, 1], values.shape)
        for values in layer.state.values():
            values[...] = rng.uniform(0.5, 2, values.shape)
        return layer

    def x(self, dtype: type = np.float64, batch: int | None = None) -> Array:
        """Inputs that differ from each other, and from 0, by far more than a difference step."""
        shape = (*self.in_shape.array, batch or self.batch)
        steps = np.random.default_rng(4).permutation(int(np.prod(shape))) + 0.3
        spread: Array = (4 * steps / steps.size - 2).reshape(shape).astype(dtype)
        return spread

    def dy(self, dtype: type = np.float64, batch: int | None = None) -> Array:
        """What a layer gets to pass back: a gradient, or a loss's target."""
        rng = np.random.default_rng(5)
        count = batch or self.batch
        if not self.is_loss:
            layer = LAYERS[self.kind].output_shape(self.in_shape, self.build().options)
            gradient: Array = rng.standard_normal((*layer.array, count)).astype(dtype)
            return gradient
        return rng.integers(self.in_shape.depth, size=count)

    def forward(self, layer: Layer, x: Array) -> Array:
        """The layer's output, with the same random draws each time."""
        layer.rng = np.random.default_rng(6)
        return layer.forward(x, training=self.training)

    def backward(self, layer: Layer, dy: Array) -> Array:
        """The gradient by the layer's input."""
        dx = layer.backward(dy)
        assert dx is not None
        return dx

    def measure(self, layer: Layer, x: Array, dy: Array) -> float:
        """The number whose gradients `backward` computes for `dy`."""
        y = self.forward(layer, x)
        return layer.loss(dy) if isinstance(layer, Loss) else float(np.vdot(y, dy))


def make_layer(
    kind: str, in_shape: Shape, options: Mapping[str, Any], dtype: type = np.float64
) -> Layer:
    """A layer on its own, with parameters, gradients and statistics of zeros."""
    resolved = resolve(kind, LAYERS[kind].declared, given_by_program(options))
    layer = LAYERS[kind](in_shape, resolved)
    shapes = layer.parameter_shapes(in_shape, resolved)
    layer.params = {name: np.zeros(shape, dtype) for name, shape in shapes.items()}
    layer.grads = {name: np.zeros(shape, dtype) for name, shape in shapes.items()}
    kept = layer.state_shapes(in_shape, resolved)
    layer.state = {name: np.zeros(shape, dtype) for name, shape in kept.items()}
    return layer


def _windows(kind: str, **more: object) -> list[Case]:
    """All that fit of many windows, strides and pads, on inputs with odd and unequal sides."""
    cases = []
    inputs = [(Shape(5, 4, 1), 1), (Shape(4, 5, 3), 2)]
    windows = [(1, 1), (2, 2), (3, 3), (2, 3), (4, 1), (5, 4)]
    for (shape, batch), (sx, sy), stride, pad in product(inputs, windows, (1, 2, 3), (0, 1, 2)):
        options = {"sx": sx, "sy": sy, "stride": stride, "pad": pad, **more}
        try:
            LAYERS[kind].output_shape(shape, options)
        except ShapeError:
            continue
        cases.append(Case(kind, shape, options, batch))
    return cases


def _of(
    kind: str, *variants: tuple[Shape, dict[str, Any], int], training: bool = True
) -> list[Case]:
    return [Case(kind, *variant, training) for variant in variants]


_SHAPES = [(Shape(3, 5, 1), 1), (Shape(1, 1, 7), 4), (Shape(2, 3, 3), 2)]
_PLAIN = [
    Case(kind, shape, {}, batch)
    for kind, (shape, batch) in product(("relu", "sigmoid", "tanh"), _SHAPES)
]

CASES: list[Case] = [
    Case("input", Shape(3, 2, 2), {"out_sx": 3, "out_sy": 2, "out_depth": 2}, 2),
    *_windows("conv", filters=2),
    *_of("conv", (Shape(7, 7, 3), {"sx": 5, "filters": 3, "pad": 2}, 1)),
    *_windows("pool"),
    *_windows("avgpool"),
    *_of(
        "fc",
        (Shape(1, 1, 1), {"num_neurons": 1}, 1),
        (Shape(3, 2, 3), {"num_neurons": 4}, 1),
        (Shape(2, 3, 1), {"num_neurons": 5}, 5),
    ),
    *_PLAIN,
    *_of(
        "maxout",
        (Shape(1, 1, 6), {}, 3),
        (Shape(3, 2, 6), {"group_size": 3}, 2),
        (Shape(2, 3, 7), {"group_size": 3}, 1),
        (Shape(2, 2, 3), {"group_size": 1}, 2),
        (Shape(1, 2, 4), {"group_size": 4}, 1),
    ),
    *_of(
        "dropout",
        (Shape(3, 4, 3), {"drop_prob": 0.5}, 2),
        (Shape(1, 1, 20), {"drop_prob": 0.2}, 1),
        (Shape(2, 2, 2), {"drop_prob": 0}, 3),
    ),
    *_of("dropout", (Shape(3, 2, 3), {"drop_prob": 0.3}, 2), training=False),
    *_of(
        "lrn",
        (Shape(2, 3, 1), {"k": 1, "n": 3, "alpha": 0.8, "beta": 0.75}, 2),
        (Shape(3, 2, 6), {"k": 2, "n": 1, "alpha": 0.5, "beta": 0.75}, 1),
        (Shape(2, 2, 6), {"k": 1, "n": 3, "alpha": 2, "beta": 0.5}, 3),
        (Shape(2, 2, 5), {"k": 0.5, "n": 5, "alpha": 1, "beta": 1.5}, 2),
        (Shape(1, 1, 4), {"k": 1, "n": 11, "alpha": 3, "beta": 0.75}, 1),
        (Shape(2, 1, 5), {}, 2),
    ),
    *_of(
        "batchnorm",
        (Shape(3, 2, 1), {}, 1),
        (Shape(2, 3, 3), {}, 2),
        (Shape(1, 1, 4), {"eps": 0.1}, 6),
    ),
    *_of("batchnorm", (Shape(2, 3, 3), {}, 2), training=False),
    *_of(
        "softmax", (Shape(1, 1, 2), {"num_classes": 2}, 1), (Shape(1, 1, 7), {"num_classes": 7}, 5)
    ),
    *_of("svm", (Shape(1, 1, 2), {"num_classes": 2}, 1), (Shape(1, 1, 7), {"num_classes": 7}, 5)),
    *_of(
        "regression",
        (Shape(1, 1, 1), {"num_neurons": 1}, 1),
        (Shape(1, 1, 6), {"num_neurons": 6}, 5),
    ),
]
"""Which layers the tests hold to their gradients; one for every registered type at least."""

FEW: list[Case] = [
    case for place, case in enumerate(CASES) if len(case.options) < 4 or place % 6 == 0
]
"""Enough of them for what cannot hang on the exact window."""
