"""Maps for display: which there are, how they are scaled, and what becomes of extremes."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.layer_views import LayerView, inspect_example
from engine.layers import Array, Layer
from engine.network.net import Net
from tests.engine.networks import NOISY, NORMED, make_spec, random_batch


def create(layers: str = NOISY) -> Net:
    return Net.create(make_spec(layers), np.random.default_rng(5))


def look(net: Net, target: int | None = 3, gradient: Array | None = None) -> list[LayerView]:
    return inspect_example(net, random_batch(1).x, target, range(len(net.layers)), gradient)


def test_every_layer_shows_what_it_has() -> None:
    net = create()
    views = look(net, gradient=np.ones_like(net.params))
    assert [view.index for view in views] == list(range(len(net.layers)))
    for layer, view in zip(net.layers, views, strict=True):
        assert view.activations.pixels.shape == layer.out_shape.array
        assert view.activations.pixels.dtype == np.uint8
        last = layer is net.layers[-1]
        assert (view.gradients is None) == last
        if view.gradients is not None:
            assert view.gradients.pixels.shape == layer.out_shape.array
        learns = bool(layer.params)
        assert (view.weights is not None) == (view.weight_gradients is not None) == learns
        if view.weights is not None:
            assert view.weights.pixels.shape == (len(layer.params["weights"]), *sees(layer))


def sees(layer: Layer) -> tuple[int, ...]:
    weights = layer.params["weights"]
    return weights.shape[1:] if weights.ndim == 4 else layer.in_shape.array


def test_activations_are_those_of_a_prediction() -> None:
    net = create()
    views = look(net)
    oracle = net.replica()
    oracle.forward(random_batch(1).x)
    oracle.backward(np.array([3]), need_dx=True)
    for view, output, gradient in zip(views, oracle.outputs, oracle.output_gradients, strict=True):
        check(view.activations.pixels, output[..., 0], output.min(), output.max())
        assert (view.activations.minimum, view.activations.maximum) == (output.min(), output.max())
        if gradient is not None:
            assert view.gradients is not None
            check(view.gradients.pixels, gradient[..., 0], gradient.min(), gradient.max())


def check(pixels: Array, values: Array, low: float, high: float) -> None:
    expected = np.full(values.shape, 0.0)
    if high > low:
        expected = (values - low) / (high - low) * 255
    np.testing.assert_allclose(pixels, expected, atol=0.51)


def test_each_filter_is_scaled_for_itself() -> None:
    net = create()
    weights = net.layers[1].params["weights"]
    weights[0], weights[1] = 7, np.linspace(-1e-3, 1e-3, 9).reshape(weights[1].shape)
    shown = look(net)[1].weights
    assert shown is not None
    assert not shown.pixels[0].any()
    assert (shown.pixels[1].min(), shown.pixels[1].max()) == (0, 255)
    assert (shown.minimum, shown.maximum) == (weights.min(), weights.max())
    assert shown.ranges is not None
    np.testing.assert_array_equal(shown.ranges[0], [7, 7])
    np.testing.assert_allclose(shown.ranges[1], [-1e-3, 1e-3])


def test_gradients_of_weights_are_those_given() -> None:
    net = create()
    gradient = np.linspace(-1, 1, net.params.size, dtype=np.float32)
    views = look(net, gradient=gradient)
    shown = views[1].weight_gradients
    count = net.layers[1].params["weights"].size
    assert shown is not None
    assert (shown.minimum, shown.maximum) == (gradient[0], gradient[count - 1])
    own = look(net)[1].weight_gradients
    assert own is not None
    mine = net.layers[1].grads["weights"]
    assert (own.minimum, own.maximum) == (mine.min(), mine.max())
    assert own.minimum < own.maximum
    assert look(net, target=None)[1].weight_gradients is None


def test_without_a_target_there_are_no_gradients() -> None:
    net = create()
    look(net)
    assert all(view.gradients is None for view in look(net, target=None))


def test_only_the_wanted_layers_are_shown_in_order_and_once() -> None:
    net = create()
    views = inspect_example(net, random_batch(1).x, 1, [4, 0, 4, 99, -1])
    assert [view.index for view in views] == [0, 4]


def test_batch_normalization_shows_its_prediction() -> None:
    net = create(NORMED)
    before = net.state.copy()
    views = look(net)
    assert np.array_equal(net.state, before)
    assert views[2].weights is None


@pytest.mark.parametrize("scale", [1e25, 1e30, 3e38])
def test_extreme_weights_still_give_finite_maps(scale: float) -> None:
    """Between two steps weights are finite, but what they make of an example need not be."""
    net = create()
    net.params[:] = np.random.default_rng(0).uniform(-scale, scale, net.params.size)
    for view in look(net, gradient=net.params.copy()):
        for shown in (view.activations, view.gradients, view.weights, view.weight_gradients):
            if shown is not None:
                assert np.isfinite([shown.minimum, shown.maximum]).all()


def test_a_clear_map_stays_clear_where_one_number_is_lost() -> None:
    net = create("{type:'fc', num_neurons:4}")
    biases = net.layers[1].params["biases"]
    net.layers[1].params["weights"].fill(0)
    net.layers[1].params["weights"][0] = 3e38
    biases[:] = [0, 1, 2, 3]
    x = np.ones_like(random_batch(1).x)
    shown = inspect_example(net, x, None, [1])[0].activations
    assert shown.pixels[0].item() == 255
    assert np.isfinite([shown.minimum, shown.maximum]).all()


def test_gradients_that_have_all_but_vanished_are_still_drawn() -> None:
    net = create("{type:'fc', num_neurons:4}")
    net.params.fill(0)
    net.layers[1].params["biases"][:] = [0, 1e-40, 3e-40, 4e-40]
    shown = look(net, target=None)[1].activations
    assert shown.pixels.ravel().tolist() == [0, 64, 191, 255]
