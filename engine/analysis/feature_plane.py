"""The plane in which features spread most, followed from frame to frame while they change.

Principal components by subspace iteration: the axes of the last frame, multiplied by the
covariance of the new features and made orthonormal again, turn towards the new components. See
Golub and Van Loan, "Matrix Computations" (2013), 8.2.4, and Halko, Martinsson and Tropp, "Finding
structure with randomness" (2011), for the few axes more than are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.analysis.slices import Slices
from engine.layers import Array

ROUNDS = 2
"""Iterations at each frame. The exact components would trade places with the third whenever that
becomes as wide: with LeNet-5 points then move twice as far, and what these two rounds show is only
one percent less of the variance."""
FIRST_ROUNDS, FIRST_AXES = 8, 6
"""At the first frame, which is to be exact; the axes beyond the two make it converge sooner."""
JITTER = 1e-4
"""Of a random direction, added to each axis: it finds features that were dead until now."""
LARGEST = 1e30
"""Features beyond this count as this much: what huge weights make of an image may not be finite."""


@dataclass(frozen=True, eq=False)
class Projection:
    """Examples in the plane.

    Attributes:
        positions: (examples, 2), in the features' units; their mean is at 0.
        share: of the features' variance, how much the plane shows; 1 where there is none.
    """

    positions: Array
    share: float


class FeaturePlane:
    """Projects the features of the same examples again and again, so that points drift, not jump.

    The plane is that of the first two principal components, or on its way there; how it is turned
    and mirrored is up to us, and follows from the frame before.
    """

    def __init__(self) -> None:
        self._axes: Array | None = None
        self._before: Array | None = None
        self._rng = np.random.default_rng(0)

    def project(self, features: Array) -> Slices[Projection]:
        """Project features (width, examples), which may be of another width than before.

        It yields after each pass over them: those of a wide layer take milliseconds.
        """
        centered, scale = _centered(features)
        yield
        self._axes = axes = yield from self._turn(centered)
        positions = np.zeros((centered.shape[1], 2))
        positions[:, : axes.shape[1]] = centered.T @ axes
        total = float(np.vdot(centered, centered))
        share = float(np.vdot(positions, positions)) / total if total else 1.0
        positions *= scale
        if self._before is not None and len(self._before) == len(positions):
            positions = positions @ _turn_onto(positions, self._before)
        self._before = positions
        return Projection(positions, min(1.0, share))

    def _turn(self, centered: Array) -> Slices[Array]:
        """Axes (width, 2) nearer to the first two principal components than those before."""
        width = len(centered)
        if self._axes is None or len(self._axes) != width:
            return (yield from self._first_axes(centered))
        random = self._random(width, self._axes.shape[1])
        axes = self._axes + JITTER * random / np.linalg.norm(random, axis=0)
        return (yield from _iterate(centered, axes, ROUNDS))

    def _first_axes(self, centered: Array) -> Slices[Array]:
        random = self._random(len(centered), FIRST_AXES)
        axes = yield from _iterate(centered, _orthonormal(random), FIRST_ROUNDS)
        # Within the span of these axes the components are exact: those of a matrix of 6x6.
        along = centered.T @ axes
        _, turn = np.linalg.eigh(along.T @ along)
        first: Array = axes @ turn[:, :-3:-1]
        return first

    def _random(self, width: int, axes: int) -> Array:
        return self._rng.standard_normal((width, axes), np.float32)


def _iterate(centered: Array, axes: Array, rounds: int) -> Slices[Array]:
    for _ in range(rounds):
        axes = _orthonormal(centered @ (centered.T @ axes))
        yield
    return axes


def nearest_to_own_class(positions: Array, labels: Array) -> float:
    """Share of the positions (examples, 2) to which no class's mean is nearer than their own's.

    Args:
        labels: (examples,) the true classes.
    """
    classes = np.unique(labels)
    means = np.stack([positions[labels == each].mean(axis=0) for each in classes])
    distances = np.linalg.norm(positions[:, None] - means, axis=2)
    return float(np.mean(classes[distances.argmin(axis=1)] == labels))


def _centered(features: Array) -> tuple[Array, float]:
    """The features less their means, as shares of the largest number among them, and that one."""
    if not _largest(features) < LARGEST:
        features = np.nan_to_num(features, posinf=LARGEST, neginf=-LARGEST)
        features = features.clip(-LARGEST, LARGEST)
    centered: Array = features - features.mean(axis=1, keepdims=True)
    largest = _largest(centered)
    if largest:
        centered /= largest
    return centered, largest


def _largest(values: Array) -> float:
    """The largest size of a number among these; NaN if one of them is."""
    return float(np.maximum(values.max(), -values.min()))


def _orthonormal(axes: Array) -> Array:
    """Orthonormal columns that span what these columns (width, k) do: (width, min(width, k))."""
    return np.linalg.qr(axes)[0]


def _turn_onto(positions: Array, before: Array) -> Array:
    """The rotation or reflection (2, 2) that brings positions closest to those before.

    Schonemann, "A generalized solution of the orthogonal Procrustes problem" (1966).
    """
    left, _, right = np.linalg.svd(positions.T @ before)
    turn: Array = left @ right
    return turn
