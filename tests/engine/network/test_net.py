"""A network as a whole: its vectors, its replicas, and what it takes over from another."""

from __future__ import annotations

import numpy as np
import pytest

from engine.language import DEFAULT_TEXT, parse
from engine.layers import Array
from engine.network.net import Net
from tests.engine.networks import NOISY, NORMED, PLAIN, make_spec, random_batch


def create(layers: str = PLAIN, seed: int = 0, dtype: type = np.float32) -> Net:
    return Net.create(make_spec(layers), np.random.default_rng(seed), dtype=dtype)


def gradients(net: Net, count: int = 6) -> Array:
    batch = random_batch(count)
    net.seed_noise(np.random.default_rng(1))
    net.forward(batch.x, training=True)
    net.backward(batch.labels)
    return net.grads


def test_layers_see_parts_of_one_vector() -> None:
    net = Net(parse(DEFAULT_TEXT))
    net.params[:] = np.arange(net.params.size)
    assert net.params.size == net.grads.size == net.spec.parameter_count == 5994
    assert net.params.dtype == np.float32
    found = [view.ravel() for layer in net.layers for view in layer.params.values()]
    assert np.array_equal(np.concatenate(found), net.params)
    found = [view for layer in net.layers for view in layer.grads.values()]
    assert all(view.base is net.grads for view in found)


def test_the_same_seed_draws_the_same_weights() -> None:
    assert np.array_equal(create(seed=3).params, create(seed=3).params)
    assert not np.array_equal(create(seed=3).params, create(seed=4).params)


def test_biases_before_a_relu_begin_at_a_tenth() -> None:
    net = Net.create(parse(DEFAULT_TEXT), np.random.default_rng(0))
    biases = [np.unique(layer.params["biases"]) for layer in net.layers if layer.params]
    assert [each.tolist() for each in biases] == [[np.float32(0.1)], [np.float32(0.1)], [0]]


def test_a_replica_shares_weights_and_nothing_else() -> None:
    net = create(NORMED)
    replica = net.replica()
    x, y = random_batch(3).x, random_batch(5, seed=1).x
    before = net.forward(x)
    kept = before.copy()
    replica.forward(y)
    replica.backward(np.zeros(5, int))
    assert np.array_equal(before, kept)
    assert not net.grads.any()
    net.params *= 2
    net.state += 1
    assert np.array_equal(replica.forward(x), net.forward(x))


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_pooling_before_an_activation_changes_nothing(activation: str) -> None:
    layers = (
        f"{{type:'conv', sx:3, filters:4, pad:1, activation:'{activation}'}}, "
        "{type:'pool', sx:3, stride:2}, {type:'conv', sx:2, filters:4, activation:'relu'}, "
        "{type:'pool', sx:2}"
    )
    net = create(layers, dtype=np.float64)
    early = Net(net.spec, dtype=np.float64, params=net.params, pool_early=True)
    batch = random_batch(7)
    x = batch.x.astype(np.float64)
    np.testing.assert_allclose(early.forward(x), net.forward(x), rtol=1e-12)
    assert early.backward(batch.labels) == pytest.approx(net.backward(batch.labels), rel=1e-12)
    np.testing.assert_allclose(early.grads, net.grads, rtol=1e-9, atol=1e-14)
    assert early.outputs[2].shape != net.outputs[2].shape


def test_outputs_and_their_gradients_are_kept_for_every_layer() -> None:
    net = create()
    batch = random_batch(4)
    net.forward(batch.x)
    net.backward(batch.labels, need_dx=True)
    shapes = [(*layer.out_shape.array, 4) for layer in net.layers]
    assert [each.shape for each in net.outputs] == shapes
    assert [None if each is None else each.shape for each in net.output_gradients] == [
        *shapes[:-1],
        None,
    ]


def test_without_the_gradient_by_the_input_the_rest_is_the_same() -> None:
    net = create()
    with_input = create()
    batch = random_batch(4)
    for each, need_dx in ((net, False), (with_input, True)):
        each.forward(batch.x)
        each.backward(batch.labels, need_dx=need_dx)
    assert np.array_equal(net.grads, with_input.grads)
    assert net.output_gradients[0] is None


def test_the_gradient_of_a_batch_is_the_sum_over_its_examples() -> None:
    net = create(dtype=np.float64)
    batch = random_batch(5)
    x = batch.x.astype(np.float64)
    net.forward(x)
    loss = net.backward(batch.labels)
    summed, losses = np.zeros_like(net.grads), 0.0
    single = create(dtype=np.float64)
    for index in range(5):
        single.forward(x[..., index : index + 1])
        losses += single.backward(batch.labels[index : index + 1])
        summed += single.grads
    assert loss == pytest.approx(losses)
    np.testing.assert_allclose(net.grads, summed, rtol=1e-9, atol=1e-14)


def test_only_dropout_makes_a_network_random() -> None:
    assert create(NOISY).is_random
    assert not create(NORMED).is_random
    net = create(NOISY)
    assert np.array_equal(gradients(net), gradients(create(NOISY)))
    x = random_batch(3).x
    assert np.array_equal(net.forward(x).copy(), net.forward(x))


@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
def test_probabilities_sum_to_one(loss: str) -> None:
    net = Net.create(make_spec(PLAIN, loss), np.random.default_rng(0))
    shares = net.probabilities(random_batch(6).x)
    assert shares.shape == (10, 6)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-6)
    assert (shares >= 0).all()


@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
def test_probabilities_of_extreme_weights_are_still_probabilities(loss: str) -> None:
    net = Net.create(make_spec(PLAIN, loss), np.random.default_rng(0))
    net.params *= 1e25
    shares = net.probabilities(random_batch(6).x)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-6)
    assert shares.dtype == np.float32


def test_a_vector_with_a_value_for_each_parameter() -> None:
    net = create()
    vector = net.per_parameter(lambda layer: {"biases": 2.0} if layer.type == "conv" else {})
    conv = net.layers[1]
    assert vector.sum() == 2 * conv.params["biases"].size
    start = conv.params["weights"].size
    assert (vector[start : start + conv.params["biases"].size] == 2).all()


def learned(net: Net, index: int) -> bytes:
    layer = net.layers[index]
    return b"".join(each.tobytes() for each in (layer.params | layer.state).values())


def test_adopting_the_same_network_takes_everything() -> None:
    old, new = create(NORMED, seed=1), create(NORMED, seed=2)
    old.state += 1
    taken = new.adopt(old)
    assert taken == [index for index, layer in enumerate(new.layers) if layer.params]
    assert np.array_equal(new.params, old.params)
    assert np.array_equal(new.state, old.state)
    assert not np.shares_memory(new.params, old.params)


def test_adopting_keeps_what_fits_and_draws_the_rest() -> None:
    first = "{type:'conv', sx:3, filters:3, pad:1, activation:'relu'}"
    second = "{type:'conv', sx:3, filters:4, pad:1, activation:'relu'}"
    old = create(f"{first}, {{type:'pool', sx:2}}", seed=1)
    new = create(f"{first}, {second}, {{type:'pool', sx:2}}", seed=2)
    drawn = create(f"{first}, {second}, {{type:'pool', sx:2}}", seed=2)
    taken = new.adopt(old)
    # The second conv is new, and the fc behind it sees another volume.
    assert taken == [1]
    assert learned(new, 1) == learned(old, 1)
    for index in range(2, len(new.layers)):
        assert learned(new, index) == learned(drawn, index)


def test_an_fc_of_another_volume_with_as_many_numbers_is_not_taken() -> None:
    old = create("{type:'conv', sx:10, filters:4}", seed=1)
    new = create("{type:'conv', sx:9, filters:1}", seed=2)
    assert old.layers[-2].params["weights"].shape == new.layers[-2].params["weights"].shape
    assert new.adopt(old) == []
