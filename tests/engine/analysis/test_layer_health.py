"""What is called wrong with a layer, and what is not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.analysis.layer_health import Finding, Trouble, findings, lasting
from engine.analysis.layer_numbers import LayerNumbers, histogram, layer_numbers
from engine.network.net import Net
from tests.engine.networks import make_net, make_spec, random_batch, train, training

RELU, TANH = 2, 4
HEALTHY = [
    LayerNumbers(index, None, histogram(np.zeros(1)), None, active, saturated, update, gradient)
    for index, (active, saturated, update, gradient) in enumerate(
        [
            (None, None, None, None),
            (None, None, 1e-3, 0.3),
            (np.arange(100) >= 10, None, None, None),
            (None, None, 2e-3, 0.1),
            (None, 0.4, None, None),
            (None, None, 5e-3, 0.2),
            (None, None, None, None),
        ]
    )
]
"""As of input, fc, relu, fc, tanh, fc, softmax."""


def changed(index: int, number: str, value: float) -> list[LayerNumbers]:
    layers = list(HEALTHY)
    new: Any = np.arange(100) >= 100 * value if number == "active" else value
    layers[index] = replace(layers[index], **{number: new})
    return layers


def test_of_a_healthy_network_there_is_nothing_to_say() -> None:
    assert findings(HEALTHY) == [[]] * len(HEALTHY)


@pytest.mark.parametrize(
    ("index", "number", "enough", "too_little", "trouble"),
    [
        (RELU, "active", 0.25, 0.24, Trouble.DEAD),
        (TANH, "saturated", 0.75, 0.74, Trouble.SATURATED),
        (1, "update_ratio", 0.11, 0.09, Trouble.LARGE_UPDATES),
        (1, "update_ratio", 0.9e-6, 1.1e-6, Trouble.SMALL_UPDATES),
        (1, "update_ratio", 0.0, 1.1e-6, Trouble.SMALL_UPDATES),
    ],
)
def test_each_trouble_is_found_at_its_layer_from_its_threshold_on(
    index: int, number: str, enough: float, too_little: float, trouble: Trouble
) -> None:
    found = findings(changed(index, number, enough))
    assert found[index] == [Finding(trouble, enough)]
    assert sum(map(len, found)) == 1
    assert findings(changed(index, number, too_little)) == [[]] * len(HEALTHY)


@pytest.mark.parametrize(
    ("times_the_last", "trouble"), [(0.9e-4, Trouble.VANISHING), (1.1e3, Trouble.EXPLODING)]
)
def test_gradients_are_compared_with_those_of_the_last_layer(
    times_the_last: float, trouble: Trouble
) -> None:
    found = findings(changed(1, "gradient_ratio", 0.2 * times_the_last))
    assert [each.trouble for each in found[1]] == [trouble]
    assert found[1][0].value == pytest.approx(times_the_last)
    assert sum(map(len, found)) == 1


def test_where_the_last_layer_has_no_gradient_none_is_compared() -> None:
    assert findings(changed(5, "gradient_ratio", 0.0)) == [[]] * len(HEALTHY)


def test_updates_that_a_schedule_makes_small_are_no_trouble() -> None:
    layers = changed(1, "update_ratio", 1e-9)
    assert findings(layers, at_full_rate=False) == [[]] * len(HEALTHY)
    assert findings(layers)[1] != []


def test_of_few_images_no_unit_is_called_dead() -> None:
    layers = changed(RELU, "active", 1.0)
    assert findings(layers, images=63)[RELU] == []
    assert findings(layers, images=64)[RELU] != []


def test_what_comes_and_goes_is_not_told() -> None:
    dead, deader = Finding(Trouble.DEAD, 0.3), Finding(Trouble.DEAD, 0.4)
    large = Finding(Trouble.LARGE_UPDATES, 0.2)
    assert lasting([[[dead], [large]]]) == [[dead], [large]]
    assert lasting([[[dead], []], [[deader, large], [large]]]) == [[deader], []]
    assert lasting([[[dead], [large]], [[], [large]], [[dead], [large]]]) == [[], [large]]


def troubles(net: Net) -> list[list[Trouble]]:
    sample = random_batch(32)
    found = findings(layer_numbers(net.replica(), sample.x, sample.labels))
    return [[each.trouble for each in layer] for layer in found]


def test_gradients_vanish_through_many_sigmoids() -> None:
    net = make_net(", ".join(["{type:'fc', num_neurons:20, activation:'sigmoid'}"] * 9))
    found = troubles(net)
    assert found[1] == [Trouble.VANISHING]
    assert found[-2] == []


def test_gradients_explode_through_many_large_weights() -> None:
    net = make_net(", ".join(["{type:'fc', num_neurons:20}"] * 6))
    for layer in net.layers[2:-1]:
        if layer.params:
            layer.params["weights"] *= 40
    # The first layer's weights are as they were, and are pulled at 40^6 times as hard.
    assert Trouble.EXPLODING in troubles(net)[1]


def test_a_learning_rate_far_too_large_kills_relus_and_a_good_one_does_not() -> None:
    for rate, dying in ((0.01, False), (1.0, True)):
        spec = make_spec(
            "{type:'fc', num_neurons:30, activation:'relu'}", method="sgd", learning_rate=rate
        )
        with training(spec) as (trainer, sampler):
            train(trainer, sampler, 40)
            assert (Trouble.DEAD in troubles(trainer.net)[2]) is dying
