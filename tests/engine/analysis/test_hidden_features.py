"""Features of test images: of the layer before the classes, in slices, of a fixed choice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.analysis.hidden_features import (
    MOST_FEATURES,
    HiddenFeatures,
    choose_test_images,
    last_hidden_layer,
)
from engine.data import center_crops, load_builtin
from engine.language import parse
from engine.language.presets import PRESETS
from engine.network.net import Net
from tests.engine.networks import EVERYTHING, NOISY, NORMED, PLAIN, digits, make_net, make_spec


@pytest.mark.parametrize(
    ("layers", "kind", "width"),
    [
        (PLAIN, "pool", 75),
        (NOISY, "dropout", 12),
        (NORMED, "avgpool", 48),
        (EVERYTHING, "relu", 5),
        ("{type:'fc', num_neurons:1}", "fc", 1),
    ],
)
@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
def test_the_last_hidden_layer_is_what_the_classes_are_told_by(
    layers: str, kind: str, width: int, loss: str
) -> None:
    net = make_net(layers, loss)
    layer = net.layers[last_hidden_layer(net)]
    assert (layer.type, layer.out_shape.size) == (kind, width)


def test_without_hidden_layers_it_is_the_input() -> None:
    text = "a=[{type:'input', out_sx:10, out_sy:10, out_depth:1}, {type:'softmax', num_classes:10}]"
    net = Net(parse(text))
    assert last_hidden_layer(net) == 0
    features = HiddenFeatures(net, digits(), np.arange(5))
    features.run()
    x = center_crops(digits().test_images[:5], net.spec.input_shape)
    assert np.array_equal(features.values, x.reshape(100, 5))


@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_has_features(preset: str) -> None:
    net = Net(parse(PRESETS[preset].text))
    index = last_hidden_layer(net)
    assert net.layers[index].out_shape == net.layers[index + 1].in_shape
    assert net.layers[index + 1].type == "fc"
    assert index + 2 == len(net.layers) - 1


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED, EVERYTHING])
@pytest.mark.parametrize("size", [1, 7, 40, 500])
def test_slices_are_what_one_forward_pass_says(layers: str, size: int) -> None:
    net, data = make_net(layers), digits()
    indices = choose_test_images(data, 90)
    early = Net(net.spec, params=net.params, state=net.state, pool_early=True)
    features = HiddenFeatures(early, data, indices)
    ran = 0
    while not features.run(size):
        ran += size
        assert features.examples == ran
    scores = net.forward(center_crops(data.test_images[indices], net.spec.input_shape))
    hidden = net.outputs[last_hidden_layer(net)]
    np.testing.assert_allclose(features.values, hidden.reshape(-1, 90), atol=1e-5)
    assert np.array_equal(features.guesses, scores[:, 0, 0].argmax(axis=0))
    assert (features.examples, features.done) == (90, True)


def test_of_a_very_wide_layer_a_fixed_choice_is_taken() -> None:
    net = make_net("{type:'conv', sx:1, filters:60}")
    pairs = [HiddenFeatures(net, digits(), np.arange(3)) for _ in range(2)]
    for features in pairs:
        features.run()
        assert features.width == 6_000
        assert features.values.shape == (MOST_FEATURES, 3)
    assert np.array_equal(pairs[0].values, pairs[1].values)
    every = set(net.outputs[1][..., 0].ravel().tolist())
    assert set(pairs[0].values[:, 0].tolist()) <= every


def test_every_class_has_its_share_of_the_choice() -> None:
    data = load_builtin()
    indices = choose_test_images(data, 100)
    assert len(set(indices.tolist())) == 100
    assert np.array_equal(indices, np.sort(indices))
    chosen = np.bincount(data.test_labels[indices], minlength=10)
    wanted = np.bincount(data.test_labels, minlength=10) * 100 / len(data.test_labels)
    np.testing.assert_allclose(chosen, wanted, atol=1)
    assert np.array_equal(indices, choose_test_images(data, 100))


def test_of_a_small_test_set_all_are_chosen() -> None:
    data = digits()
    assert choose_test_images(data, 1_000).tolist() == list(range(130))
    few = replace(data, test_images=data.test_images[:1], test_labels=data.test_labels[:1])
    assert choose_test_images(few, 1_000).tolist() == [0]


def test_a_replica_sees_the_same_weights() -> None:
    net = Net.create(make_spec(), np.random.default_rng(5))
    before = net.params.copy()
    HiddenFeatures(net.replica(), digits(), np.arange(3)).run()
    assert np.array_equal(net.params, before)
