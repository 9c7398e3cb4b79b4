"""The plane of features: that of an exact decomposition, and still from frame to frame."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.feature_plane import FeaturePlane, Projection, nearest_to_own_class
from engine.analysis.slices import finish
from engine.layers import Array

EXAMPLES = 200


def spread(width: int, seed: int = 0, rank: int = 12) -> Array:
    """Features (width, 200) whose components have less and less spread, around a mean far off."""
    rng = np.random.default_rng(seed)
    directions, _ = np.linalg.qr(rng.standard_normal((width, min(width, rank))))
    widths = 0.8 ** np.arange(directions.shape[1])
    along = widths[:, None] * rng.standard_normal((len(widths), EXAMPLES))
    noise = 0.02 * rng.standard_normal((width, EXAMPLES))
    features: Array = (directions @ along + noise + 5).astype(np.float32)
    return features


def project(plane: FeaturePlane, features: Array) -> Projection:
    """All slices at once."""
    return finish(plane.project(features))


def exact(features: Array) -> tuple[Array, float]:
    """Positions along the first two principal components by NumPy's SVD, and their share."""
    centered = (features - features.mean(axis=1, keepdims=True)).astype(np.float64)
    _, sizes, right = np.linalg.svd(centered, full_matrices=False)
    positions = right[:2].T * sizes[:2]
    return positions, float((sizes[:2] ** 2).sum() / (sizes**2).sum())


def distances(positions: Array) -> Array:
    """Between all pairs of points: the same however the plane is turned or mirrored."""
    apart: Array = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    return apart


@pytest.mark.parametrize("width", [2, 3, 7, 40, 300])
def test_the_plane_is_that_of_an_exact_decomposition(width: int) -> None:
    features = spread(width)
    shown = project(FeaturePlane(), features)
    wanted, share = exact(features)
    np.testing.assert_allclose(distances(shown.positions), distances(wanted), atol=1e-4)
    assert shown.share == pytest.approx(share, abs=1e-5)
    np.testing.assert_allclose(shown.positions.mean(axis=0), 0, atol=1e-5)


def test_changing_features_are_followed_to_their_new_plane() -> None:
    """By a few iterations a frame from the last axes, not by a new decomposition."""
    start, end = spread(60, seed=1), spread(60, seed=2)
    plane = FeaturePlane()
    for share in np.linspace(0, 1, 40):
        features = (1 - share) * start + share * end
        shown = project(plane, features)
        _, wanted = exact(features)
        assert 0.8 * wanted < shown.share < wanted + 1e-6
    for _ in range(30):
        shown = project(plane, end)
    np.testing.assert_allclose(distances(shown.positions), distances(exact(end)[0]), atol=0.02)


def test_points_drift_and_do_not_flip() -> None:
    """Two components that trade places, and an exact decomposition's signs, would make them."""
    rng = np.random.default_rng(3)
    along = rng.standard_normal((2, EXAMPLES))
    along -= along.mean(axis=1, keepdims=True)
    plane = FeaturePlane()
    before = project(plane, _stretched(along, 2.0)).positions
    for stretch in np.linspace(2.0, 0.5, 60)[1:]:
        positions = project(plane, _stretched(along, stretch)).positions
        moved = np.linalg.norm(positions - before) / np.linalg.norm(before)
        assert moved < 0.03
        before = positions
    assert np.linalg.norm(before) > 1


def _stretched(along: Array, stretch: float) -> Array:
    """Features in which the first component is so many times as wide as the second."""
    features = np.zeros((20, EXAMPLES), np.float32)
    features[4], features[11] = stretch * along[0], along[1]
    return features


def test_the_same_features_stay_where_they_are() -> None:
    plane = FeaturePlane()
    first = project(plane, spread(50)).positions
    second = project(plane, spread(50)).positions
    np.testing.assert_allclose(second, first, atol=1e-4)


def test_another_width_begins_anew_but_stays_as_it_was_turned() -> None:
    """A change of network: the same examples, features of another layer."""
    features = spread(30)
    plane = FeaturePlane()
    before = project(plane, features).positions
    turned, _ = np.linalg.qr(np.random.default_rng(4).standard_normal((80, 30)))
    after = project(plane, (turned @ features).astype(np.float32)).positions
    np.testing.assert_allclose(after, before, atol=1e-3)


def test_other_examples_are_not_aligned_to_those_before() -> None:
    plane = FeaturePlane()
    project(plane, spread(30))
    shown = project(plane, spread(30)[:, :50])
    assert shown.positions.shape == (50, 2)


def test_a_single_feature_lies_on_a_line() -> None:
    features = spread(1)
    shown = project(FeaturePlane(), features)
    assert not shown.positions[:, 1].any()
    centered = features[0] - features.mean()
    np.testing.assert_allclose(np.abs(shown.positions[:, 0]), np.abs(centered), rtol=1e-4)
    assert shown.share == pytest.approx(1)


def test_dead_features_put_all_points_in_one_place() -> None:
    shown = project(FeaturePlane(), np.zeros((9, EXAMPLES), np.float32))
    assert not shown.positions.any()
    assert shown.share == 1


def test_features_that_come_to_life_are_seen() -> None:
    """Axes that were kept while nothing moved must not be blind to what moves next."""
    features = spread(40)
    dead = np.zeros_like(features)
    dead[:3] = features[:3]
    alive = features.copy()
    alive[:3] = 0
    plane = FeaturePlane()
    project(plane, np.zeros_like(features))
    project(plane, dead)
    for _ in range(8):
        shown = project(plane, alive)
    assert shown.share == pytest.approx(exact(alive)[1], abs=1e-3)


def test_fewer_examples_than_axes() -> None:
    features = spread(40)[:, :3]
    shown = project(FeaturePlane(), features)
    np.testing.assert_allclose(distances(shown.positions), distances(exact(features)[0]), atol=1e-4)


@pytest.mark.parametrize("lost", [np.inf, -np.inf, np.nan])
def test_numbers_that_are_not_finite_leave_the_rest_finite(lost: float) -> None:
    """Between two steps weights are finite, but what they make of an image need not be."""
    features = spread(20)
    features[3, 5] = lost
    plane = FeaturePlane()
    for _ in range(2):
        shown = project(plane, features)
        assert np.isfinite(shown.positions).all()
        assert 0 <= shown.share <= 1


@pytest.mark.parametrize("scale", [1e-30, 1e25])
def test_the_size_of_the_features_does_not_matter(scale: float) -> None:
    features = spread(20)
    shown = project(FeaturePlane(), (features * scale).astype(np.float32))
    wanted = distances(exact(features)[0])
    np.testing.assert_allclose(distances(shown.positions) / scale, wanted, atol=1e-3)


def test_classes_are_apart_where_points_are_nearest_to_their_own_mean() -> None:
    positions = np.array([[0, 0], [2, 0], [10, 0], [12, 0], [0.5, 1]])
    # Means of class 3 at (1, 0), of class 7 at (7.5, 0.33): the last point is nearer to the other.
    assert nearest_to_own_class(positions, np.array([3, 3, 7, 7, 7])) == pytest.approx(4 / 5)
    assert nearest_to_own_class(positions, np.array([3, 3, 7, 7, 3])) == 1
    assert nearest_to_own_class(positions, np.full(5, 2)) == 1
