"""Every layer type's gradients, by parameters and by inputs, against differences in float64."""

from __future__ import annotations

import numpy as np
import pytest

from engine.language import DataShape, from_layers
from engine.layers import LAYERS
from engine.network.net import Net
from tests.engine.layer_cases import CASES, Case
from tests.engine.numerical import numerical_gradient, relative_error

TOLERANCE = 1e-6


def test_every_registered_type_has_a_gradient_check() -> None:
    unchecked = set(LAYERS) - {case.kind for case in CASES}
    assert not unchecked, "a new layer type needs cases in tests/engine/layer_cases.py"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_gradients_of_a_layer(case: Case) -> None:
    layer, x, dy = case.build(), case.x(), case.dy()
    assert_far_from_kinks(case, x, dy)
    case.forward(layer, x)
    dx = layer.backward(dy)
    assert dx is not None
    assert dx.shape == x.shape
    analytic = {"input": dx.copy(), **{name: each.copy() for name, each in layer.grads.items()}}
    for name, array in {"input": x, **layer.params}.items():
        numerical = numerical_gradient(lambda: case.measure(layer, x, dy), array)
        assert relative_error(analytic[name], numerical) < TOLERANCE, name


def assert_far_from_kinks(case: Case, x: np.ndarray, dy: np.ndarray) -> None:
    # Corners lie at 0 (relu), and where two inputs are equal (pool, maxout).
    assert abs(x).min() > 0.005
    assert x.size == 1 or np.diff(np.sort(x, axis=None)).min() > 0.005
    if case.kind == "svm":
        margins = x[:, 0, 0] - x[dy, 0, 0, np.arange(len(dy))] + 1
        assert abs(margins).min() > 0.005


LayerDefinition = dict[str, object]
NETWORKS: dict[str, list[LayerDefinition]] = {
    "the default network, smaller": [
        {"type": "conv", "sx": 5, "filters": 2, "pad": 2},
        {"type": "relu"},
        {"type": "pool", "sx": 2, "stride": 2},
        {"type": "conv", "sx": 3, "filters": 3, "pad": 1},
        {"type": "relu"},
        {"type": "pool", "sx": 3, "stride": 2},
        {"type": "fc", "num_neurons": 4},
        {"type": "softmax", "num_classes": 4},
    ],
    "everything else": [
        {"type": "conv", "sx": 3, "sy": 2, "filters": 4, "stride": 2, "pad": 1},
        {"type": "batchnorm"},
        {"type": "tanh"},
        {"type": "lrn", "n": 3, "alpha": 1, "k": 1},
        {"type": "avgpool", "sx": 2, "stride": 1},
        {"type": "maxout"},
        {"type": "dropout", "drop_prob": 0.25},
        {"type": "fc", "num_neurons": 6},
        {"type": "sigmoid"},
        {"type": "fc", "num_neurons": 4},
        {"type": "regression", "num_neurons": 4},
    ],
    "a loss with corners": [
        {"type": "fc", "num_neurons": 5},
        {"type": "tanh"},
        {"type": "fc", "num_neurons": 4},
        {"type": "svm", "num_classes": 4},
    ],
}


@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_of_a_network(name: str, depth: int, batch: int) -> None:
    first: LayerDefinition = {"type": "input", "out_sx": 7, "out_sy": 6, "out_depth": depth}
    spec = from_layers([first, *NETWORKS[name]], images=DataShape(7, 6, depth, 4))
    rng = np.random.default_rng(7)
    net = Net.create(spec, rng, dtype=np.float64)
    x = rng.standard_normal((depth, 6, 7, batch))
    target = rng.integers(4, size=batch)

    def loss() -> float:
        net.seed_noise(np.random.default_rng(8))
        net.forward(x, training=True)
        return net.loss_layer.loss(target)

    expected = loss()
    assert net.backward(target, need_dx=True) == expected
    gradient, input_gradient = net.grads.copy(), net.output_gradients[0]
    assert input_gradient is not None
    input_gradient = input_gradient.copy()
    assert relative_error(gradient, numerical_gradient(loss, net.params)) < TOLERANCE
    assert relative_error(input_gradient, numerical_gradient(loss, x)) < TOLERANCE
