"""Units of whole networks: their sums, their gradients, and what they see of the layers before."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.derivation import Box, Place
from engine.analysis.unit_explanation import explain_unit, receptive_fields
from tests.engine.formulas import value_of
from tests.engine.networks import EVERYTHING, NORMED, make_net, random_batch

NETWORKS = [(EVERYTHING, "softmax"), (NORMED, "svm"), (NORMED, "regression")]


@pytest.mark.parametrize(("layers", "loss"), NETWORKS)
def test_every_layer_of_a_network_in_single_precision(layers: str, loss: str) -> None:
    net, x, target = make_net(layers, loss), random_batch(1).x, 3
    oracle = net.replica()
    oracle.forward(x)
    oracle.backward(np.array([target]), need_dx=True)
    for index, layer in enumerate(net.layers):
        depth, height, width = layer.out_shape.array
        for place in (Place(0, 0, 0), Place(depth - 1, height // 2, width - 1)):
            found = explain_unit(net.replica(), x, target, index, place)
            assert found.value == oracle.outputs[index][..., 0][place]
            assert value_of(found.forward) == pytest.approx(found.value, rel=1e-5, abs=1e-5)
            gradient = oracle.output_gradients[index]
            if gradient is None:
                assert found.gradient is None
                assert found.backward is None
                assert found.loss is not None
                assert value_of(found.loss[1]) == pytest.approx(found.loss[0], rel=1e-5, abs=1e-5)
                assert found.loss[0] == oracle.loss_layer.loss(np.array([target]))
            else:
                assert found.backward is not None
                assert found.gradient == gradient[..., 0][place]
                assert value_of(found.backward) == pytest.approx(found.gradient, rel=1e-5, abs=1e-5)


def test_what_the_activation_makes_of_it() -> None:
    net, x = make_net(), random_batch(1).x
    place = Place(1, 2, 3)
    found = explain_unit(net, x, None, 1, place)
    assert found.after is not None
    value, derivation = found.after
    assert derivation.formula == "max(0, x)"
    assert derivation.numbers == {"x": found.value}
    assert value == max(0, found.value)
    assert explain_unit(net, x, None, 2, place).after is None


def test_without_a_true_class_there_is_no_gradient() -> None:
    found = explain_unit(make_net(), random_batch(1).x, None, 1, Place(0, 0, 0))
    assert found.gradient is None
    assert found.backward is None


def test_fields_of_all_layers_before_stay_inside_them() -> None:
    # conv 3x3 padded by 1, relu, pool 2x2 with stride 2, fc of 10
    net = make_net()
    assert receptive_fields(net, 3, Place(2, 0, 4)) == (
        Box((2, 3), (0, 2), (8, 10)),
        Box((2, 3), (0, 2), (8, 10)),
        Box((0, 1), (0, 3), (7, 10)),
    )
    assert receptive_fields(net, 0, Place(0, 5, 5)) == ()
    assert receptive_fields(net, 4, Place(7, 0, 0))[-1] == Box((0, 1), (0, 10), (0, 10))


@pytest.mark.parametrize(("layer", "place"), [(9, (0, 0, 0)), (-1, (0, 0, 0)), (1, (0, 10, 0))])
def test_a_unit_that_does_not_exist(layer: int, place: tuple[int, int, int]) -> None:
    with pytest.raises(IndexError, match=r"there is no layer|has no unit"):
        explain_unit(make_net(), random_batch(1).x, None, layer, Place(*place))


@pytest.mark.parametrize("scale", [1e30, 3e38])
def test_extreme_weights_are_explained_too(scale: float) -> None:
    net = make_net(EVERYTHING)
    net.params[:] = np.random.default_rng(0).uniform(-scale, scale, net.params.size)
    for index in range(len(net.layers)):
        found = explain_unit(net, random_batch(1).x, 3, index, Place(0, 0, 0))
        assert found.forward.numbers
