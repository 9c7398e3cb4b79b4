"""The plane in which features spread most, followed from frame to frame while they change.

Principal components by subspace iteration: the axes of the last frame, multiplied by the
covariance of the new features and made orthonormal again, turn towards the new components. See
Golub and Van Loan, "Matrix Computations" (2013), 8.2.4, and Halko, Martinsson and Tropp, "Finding
structure with randomness" (2011), for the few axes more than are needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.layers import Array

KEPT, FRESH = 4, 2
"""Axes kept from frame to frame, and new random ones tried beside them at each: they find what
the kept ones are blind to, such as features that were dead until now."""
ROUNDS, FIRST_ROUNDS = 3, 20
"""Iterations at each frame; at the first, which begins from nothing, more."""
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

    The plane is that of the first two principal components; how it is turned and mirrored is up
    to us, and follows from the frame before.
    """

    def __init__(self) -> None:
        self._axes: Array | None = None
        self._before: Array | None = None
        self._rng = np.random.default_rng(0)

    def project(self, features: Array) -> Projection:
        """Project features (width, examples), which may be of another width than before."""
        centered, scale = _centered(features)
        self._axes, coordinates = self._turn(centered)
        positions = np.zeros((centered.shape[1], 2))
        positions[:, : min(2, coordinates.shape[1])] = coordinates[:, :2]
        total = float(np.vdot(centered, centered))
        share = float(np.vdot(positions, positions)) / total if total else 1.0
        positions *= scale
        if self._before is not None and len(self._before) == len(positions):
            positions = positions @ _turn_onto(positions, self._before)
        self._before = positions
        return Projection(positions, min(1.0, share))

    def _turn(self, centered: Array) -> tuple[Array, Array]:
        """The principal axes (width, k) and the examples along them (examples, k), widest first."""
        width = len(centered)
        kept = self._axes
        if kept is None or len(kept) != width:
            kept = np.zeros((width, 0), centered.dtype)
        fresh = self._rng.standard_normal((width, KEPT + FRESH - kept.shape[1]))
        axes = _orthonormal(np.hstack([kept, fresh.astype(centered.dtype)]))
        for _ in range(ROUNDS if kept.size else FIRST_ROUNDS):
            axes = _orthonormal(centered @ (centered.T @ axes))
        coordinates = (centered.T @ axes).astype(np.float64)
        # Within the axes' span the components are exact: those of a matrix of 6x6.
        _, turn = np.linalg.eigh(coordinates.T @ coordinates)
        turn = turn[:, : -KEPT - 1 : -1]
        return axes @ turn.astype(axes.dtype), coordinates @ turn


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
    if not np.abs(features).max(initial=0) < LARGEST:
        features = np.nan_to_num(features, posinf=LARGEST, neginf=-LARGEST)
        features = features.clip(-LARGEST, LARGEST)
    centered: Array = features - features.mean(axis=1, keepdims=True)
    largest = float(np.abs(centered).max(initial=0))
    if largest:
        centered /= largest
    return centered, largest


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
