"""Why this answer: gradients by differences, and squares laid over the image one by one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.attribution import gradient_times_ink, occlusion
from engine.analysis.slices import finish
from engine.layers import Array
from engine.network.net import Net
from engine.network.part_way import score_layer
from tests.engine.networks import EVERYTHING, NOISY, NORMED, PLAIN, make_spec
from tests.engine.numerical import numerical_gradient, relative_error

NETWORKS = {"plain": PLAIN, "noisy": NOISY, "normed": NORMED, "everything": EVERYTHING}
every_network = pytest.mark.parametrize("layers", NETWORKS.values(), ids=NETWORKS)
every_loss = pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])


def create(layers: str, loss: str = "softmax") -> Net:
    return Net.create(make_spec(layers, loss), np.random.default_rng(2), dtype=np.float64)


def example() -> Array:
    return np.random.default_rng(3).uniform(-0.5, 0.5, (1, 10, 10, 1))


@every_network
@every_loss
def test_gradients_are_those_of_the_score_by_differences(layers: str, loss: str) -> None:
    net, x, target = create(layers, loss), example(), 4

    def score() -> float:
        net.forward(x)
        return float(net.outputs[score_layer(net)][target, 0, 0, 0])

    expected = numerical_gradient(score, x) * (x + 0.5)
    found = gradient_times_ink(net.replica(), x, target)
    assert found.shape == (10, 10)
    assert relative_error(found, expected[0, ..., 0]) < 1e-4


def test_an_empty_image_speaks_for_nothing() -> None:
    assert not gradient_times_ink(create(PLAIN), np.full((1, 10, 10, 1), -0.5), 2).any()


def cover(x: Array, row: int, column: int, side: int) -> Array:
    """The image with a gray square centered there, pixel by pixel."""
    covered = x.copy()
    for down in range(10):
        for across in range(10):
            if abs(down - row) <= side // 2 and abs(across - column) <= side // 2:
                covered[:, down, across] = 0
    return covered


@every_network
@pytest.mark.parametrize("side", [1, 5])
def test_occlusion_is_what_covering_each_place_shows(layers: str, side: int) -> None:
    net, x, target = create(layers), example(), 7
    found = finish(occlusion(net.replica(), x, target, side))
    before = net.probabilities(x)[target, 0]
    for row in range(10):
        for column in range(10):
            after = net.probabilities(cover(x, row, column, side))[target, 0]
            assert found[row, column] == pytest.approx(before - after, abs=1e-9)


@pytest.mark.parametrize("places", [49, 25, 16, 9, 4, 1, 0])
def test_huge_networks_are_asked_at_fewer_places(places: int) -> None:
    """Each pixel shows what was measured at one of them, no further away than the others."""
    net, x = create(PLAIN), example()
    whole = finish(occlusion(net, x, 7))
    coarse = finish(occlusion(net, x, 7, most=places * net.spec.activations))
    measured = np.unique(coarse)
    assert len(measured) <= max(places, 1)
    assert np.isin(measured.round(9), whole.round(9)).all()
    if places == 25:
        # Every second pixel is measured; those in between show a neighbor.
        np.testing.assert_allclose(coarse[::2, ::2], whole[::2, ::2])
        np.testing.assert_allclose(coarse[1::2, 1::2], whole[0::2, 0::2])


def test_huge_weights_give_numbers_all_the_same() -> None:
    net, x = create(PLAIN), example()
    net.params *= 1e200
    assert np.isfinite(finish(occlusion(net, x, 1))).all()
