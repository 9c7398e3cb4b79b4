"""Each layer in numbers: against NumPy on all values, and on networks built to have faults."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.layer_numbers import (
    BINS,
    Histogram,
    LayerNumbers,
    histogram,
    layer_numbers,
    with_units_active_before,
)
from engine.layers import Array
from engine.network.net import Net
from tests.engine.networks import EVERYTHING, NOISY, NORMED, make_net, random_batch

SAMPLE = 24


def look(net: Net, update: Array | None = None) -> list[LayerNumbers]:
    sample = random_batch(SAMPLE)
    return layer_numbers(net.replica(), sample.x, sample.labels, update)


def check(measured: Histogram | None, values: Array) -> None:
    """Compare with NumPy's own histogram; a value at the very edge of a bin may fall beside it."""
    assert measured is not None
    values = values.astype(np.float64).ravel()
    assert (measured.low, measured.high) == (values.min(), values.max())
    expected, _ = np.histogram(values, BINS, (measured.low, measured.high))
    np.testing.assert_allclose(
        np.cumsum(measured.shares), np.cumsum(expected) / values.size, atol=2 / values.size
    )


@pytest.mark.parametrize("layers", [NOISY, NORMED, EVERYTHING])
def test_histograms_are_those_of_numpy(layers: str) -> None:
    net = make_net(layers)
    sample, oracle = random_batch(SAMPLE), net.replica()
    oracle.forward(sample.x)
    oracle.backward(sample.labels, need_dx=True)
    for layer, mine in zip(oracle.layers, look(net), strict=True):
        check(mine.activations, oracle.outputs[mine.index])
        own = [values.ravel() for values in layer.params.values()]
        if own:
            check(mine.weights, np.concatenate(own))
        else:
            assert mine.weights is None
        gradient = oracle.output_gradients[mine.index]
        if gradient is None:
            assert mine.gradients is None
            assert mine.index == len(net.layers) - 1
        else:
            check(mine.gradients, np.log10(np.abs(gradient[gradient != 0], dtype=np.float64)))


def test_of_many_values_a_histogram_counts_an_even_part() -> None:
    rng = np.random.default_rng(3)
    values = rng.standard_normal((8, 30, 30, 64))
    measured = histogram(values)
    expected, _ = np.histogram(values, BINS, (measured.low, measured.high))
    np.testing.assert_allclose(measured.shares, expected / values.size, atol=0.01)
    # Of each example: were they taken from one only, all would be equal.
    by_example = np.broadcast_to(np.arange(64.0), (8, 30, 30, 64))
    np.testing.assert_allclose(histogram(by_example).shares, 1 / BINS, atol=0.03)


def test_equal_values_are_in_one_bin() -> None:
    measured = histogram(np.full((3, 2), 7.0))
    assert (measured.low, measured.high) == (7, 7)
    assert measured.shares.tolist() == [1] + [0] * (BINS - 1)


@pytest.mark.parametrize("scale", [1e-30, 1e30, 3e38])
def test_extreme_weights_still_give_finite_numbers(scale: float) -> None:
    net = make_net(NOISY)
    net.params[:] = np.random.default_rng(0).uniform(-scale, scale, net.params.size)
    for mine in look(net, net.params.copy()):
        for spread in (mine.weights, mine.activations, mine.gradients):
            if spread is not None:
                assert np.isfinite([spread.low, spread.high, *spread.shares]).all()
        for value in (mine.dead, mine.saturated, mine.update_ratio, mine.gradient_ratio):
            assert value is None or np.isfinite(value)


def test_gradients_that_are_all_0_have_no_sizes() -> None:
    net = make_net("{type:'fc', num_neurons:4, activation:'relu'}")
    net.layers[1].params["biases"].fill(-1e3)
    assert look(net)[1].gradients is None


@pytest.mark.parametrize("dead", [0, 3, 8])
def test_a_relu_is_dead_where_it_is_active_for_no_example(dead: int) -> None:
    net = make_net("{type:'fc', num_neurons:8, activation:'relu'}")
    net.layers[1].params["weights"].fill(0)
    net.layers[1].params["biases"][:] = [-1.0] * dead + [1.0] * (8 - dead)
    assert [mine.dead for mine in look(net)] == [None, None, dead / 8, None, None]


def test_a_map_that_is_active_in_one_place_for_one_example_is_alive() -> None:
    net = make_net("{type:'conv', sx:1, filters:4, activation:'relu'}")
    weights, biases = net.layers[1].params["weights"], net.layers[1].params["biases"]
    weights[:], biases[:] = 1, -2
    sample = random_batch(SAMPLE)
    sample.x[0, 9, 4, 17] = 2.5
    biases[1:3] = -3
    measured = layer_numbers(net.replica(), sample.x, sample.labels)
    assert measured[2].dead == 2 / 4


def test_units_are_alive_that_were_active_for_an_earlier_sample() -> None:
    net = make_net("{type:'fc', num_neurons:4, activation:'relu'}")
    looks = []
    for biases in ([1, -1, -1, -1], [-1, -1, 1, -1], [-1, -1, -1, -1]):
        net.layers[1].params["weights"].fill(0)
        net.layers[1].params["biases"][:] = biases
        looks.append(look(net))
    newest = with_units_active_before(looks[2], looks[:2])
    assert newest[2].active is not None
    assert newest[2].active.tolist() == [True, False, True, False]
    assert (looks[2][2].dead, newest[2].dead) == (1, 0.5)
    assert newest[1] is looks[2][1]


@pytest.mark.parametrize(("kind", "scale"), [("tanh", 1), ("sigmoid", 2)])
def test_squashing_units_are_saturated_where_their_slope_is_a_twentieth(
    kind: str, scale: int
) -> None:
    """The slope of tanh is 1 / cosh(x)^2, and that of a sigmoid the same at an x twice as large."""
    edge = scale * np.arccosh(np.sqrt(20))
    net = make_net(f"{{type:'fc', num_neurons:5, activation:'{kind}'}}")
    net.layers[1].params["weights"].fill(0)
    net.layers[1].params["biases"][:] = [0, edge - 0.01, edge + 0.01, 0.01 - edge, -0.01 - edge]
    assert [mine.saturated for mine in look(net)] == [None, None, 2 / 5, None, None]


def test_updates_and_gradients_are_measured_by_the_size_of_the_weights() -> None:
    net = make_net(NOISY)
    update = np.random.default_rng(1).standard_normal(net.params.size).astype(np.float32)
    sample, oracle = random_batch(SAMPLE), net.replica()
    oracle.forward(sample.x)
    oracle.backward(sample.labels, need_dx=True)
    start = 0
    for layer, mine in zip(oracle.layers, look(net, update), strict=True):
        if not layer.params:
            assert mine.update_ratio is mine.gradient_ratio is None
            continue
        size = sum(values.size for values in layer.params.values())
        norm = np.linalg.norm(net.params[start : start + size])
        assert mine.update_ratio == pytest.approx(
            np.linalg.norm(update[start : start + size]) / norm, rel=1e-5
        )
        gradient = np.concatenate([values.ravel() for values in layer.grads.values()]) / SAMPLE
        assert mine.gradient_ratio == pytest.approx(np.linalg.norm(gradient) / norm, rel=1e-5)
        start += size
    assert all(mine.update_ratio is None for mine in look(net))


def test_looking_changes_nothing() -> None:
    net = make_net(f"{NOISY}, {{type:'batchnorm'}}")
    before = net.params.copy(), net.grads.copy(), net.state.copy()
    look(net, np.ones_like(net.params))
    for was, now in zip(before, (net.params, net.grads, net.state), strict=True):
        assert np.array_equal(was, now)
