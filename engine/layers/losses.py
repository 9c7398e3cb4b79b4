"""The layers that end a network: softmax with cross entropy, a multi-class SVM, regression."""

from __future__ import annotations

import numpy as np

from engine.layers.base import Array, Loss, Shape, ShapeError
from engine.options import Option, Options


def _check_outputs(name: str, wanted: int, in_shape: Shape) -> Shape:
    if in_shape != Shape(1, 1, wanted):
        raise ShapeError(f"{name} of {wanted} does not fit its {in_shape} input")
    return in_shape


def softmax(x: Array) -> Array:
    """exp(x) / sum(exp(x)) along the first axis; subtracting the largest x prevents overflow."""
    exponentials: Array = np.exp(x - x.max(axis=0, keepdims=True))
    exponentials /= exponentials.sum(axis=0, keepdims=True)
    return exponentials


class _Classifier(Loss):
    """What the losses over classes share: one score per class."""

    declared = (Option("num_classes", int, minimum=2, maximum=10_000, help="how many classes"),)

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        return _check_outputs(cls.type, options["num_classes"], in_shape)


class Softmax(_Classifier):
    """y = softmax(x); loss -log y[target]."""

    type = "softmax"
    help = "a loss over classes, as probabilities; an fc of its size is put before it"

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = softmax(x)
        return self._y

    def loss(self, target: Array) -> float:
        chosen = self._y[target, 0, 0, np.arange(len(target))]
        # At least the smallest positive number: a confident mistake costs a lot, not infinity.
        return float(-np.log(np.maximum(chosen, np.finfo(chosen.dtype).tiny)).sum())

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        gradient: Array = self._y.copy()
        gradient[dy, 0, 0, np.arange(len(dy))] -= 1
        return gradient

    def probabilities(self, y: Array) -> Array:
        return y.reshape(len(y), -1)


class Svm(_Classifier):
    """y = x; loss sum over i != target of max(0, x_i - x_target + 1).

    Weston and Watkins, "Support vector machines for multi-class pattern recognition" (1999).
    """

    type = "svm"
    help = "a loss over classes, with a margin of 1; an fc of its size is put before it"

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = x
        return x

    def _margins(self, target: Array) -> Array:
        scores = self._y[:, 0, 0]
        columns = np.arange(len(target))
        margins: Array = np.maximum(scores - scores[target, columns] + 1, 0)
        margins[target, columns] = 0
        return margins

    def loss(self, target: Array) -> float:
        return float(self._margins(target).sum())

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        gradient: Array = (self._margins(dy) > 0).astype(self._y.dtype)
        gradient[dy, np.arange(len(dy))] = -gradient.sum(axis=0)
        return gradient.reshape(-1, 1, 1, len(dy))

    def probabilities(self, y: Array) -> Array:
        return softmax(y[:, 0, 0])


class Regression(Loss):
    """y = x; loss 0.5 * sum of (x - target)^2.

    A class index stands for the vector that is 1 there and 0 elsewhere.
    """

    type = "regression"
    help = (
        "squared error from 1 at the true class and 0 elsewhere; an fc of its size is put before it"
    )
    declared = (Option("num_neurons", int, minimum=1, maximum=10_000, help="how many outputs"),)

    @classmethod
    def output_shape(cls, in_shape: Shape, options: Options) -> Shape:
        return _check_outputs(cls.type, options["num_neurons"], in_shape)

    def forward(self, x: Array, *, training: bool = False) -> Array:
        self._y = x
        return x

    def _errors(self, target: Array) -> Array:
        errors: Array = self._y.copy()
        errors[target, 0, 0, np.arange(len(target))] -= 1
        return errors

    def loss(self, target: Array) -> float:
        errors = self._errors(target)
        return float(0.5 * np.vdot(errors, errors))

    def backward(self, dy: Array, *, need_dx: bool = True) -> Array:
        return self._errors(dy)

    def probabilities(self, y: Array) -> Array:
        scores: Array = np.clip(y[:, 0, 0], 1e-6, 1)
        scores /= scores.sum(axis=0)
        return scores
