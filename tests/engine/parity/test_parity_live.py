"""ConvNetJS itself, under node: it loads our files, predicts the same, and saves what we load."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.formats import dump, load
from engine.language import DEFAULT_TEXT, NetSpec, parse
from engine.language.presets import PRESETS
from engine.layers import Array
from engine.network.net import Net
from tests.engine.networks import EVERYTHING, PLAIN, make_spec, train, training
from tests.engine.oracle import vectors
from tests.engine.parity.test_parity import close


def ask(data: bytes, net: Net, x: Array) -> tuple[Array, str]:
    """What ConvNetJS predicts with a file for (C, H, W, B), and what it saves of it."""
    # Examples one after the other, each in the order (y, x, d).
    inputs = x.transpose(3, 1, 2, 0).reshape(x.shape[3], -1).tolist()
    question = json.dumps({"snapshot": json.loads(data), "inputs": inputs})
    answer = json.loads(vectors.run_node(vectors.PREDICTOR, stdin=question))
    return np.array(answer["outputs"]).T, json.dumps(answer["snapshot"])


def compare(net: Net, data: bytes) -> None:
    rng = np.random.default_rng(8)
    x = rng.uniform(-0.5, 0.5, (*net.spec.input_shape.array, 5)).astype(np.float32)
    ours = net.forward(x)[:, 0, 0]
    theirs, saved = ask(data, net, x)
    close(ours, theirs, 1e-5)
    assert (ours.argmax(axis=0) == theirs.argmax(axis=0)).all()
    # What it saves of ours we load again, with the same numbers in it.
    returned = load(saved, trainer=net.spec.trainer)
    assert returned.net.params.tobytes() == net.params.tobytes()
    assert [each.type for each in returned.net.spec.layers] == [
        each.type for each in net.spec.layers
    ]


def create(spec: NetSpec) -> Net:
    net = Net.create(spec, np.random.default_rng(3))
    # Biases that differ, so that a wrong order would show.
    net.params += np.random.default_rng(4).normal(0, 0.02, net.params.size).astype(np.float32)
    return net


def test_the_default_network() -> None:
    net = create(parse(DEFAULT_TEXT))
    compare(net, dump(net))


@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
def test_every_layer_type_that_it_has(loss: str) -> None:
    net = create(make_spec(EVERYTHING, loss))
    compare(net, dump(net))


def test_a_network_in_training() -> None:
    with training(make_spec(PLAIN, method="adam")) as (trainer, sampler):
        train(trainer, sampler, 5)
        compare(trainer.net, dump(trainer.net, trainer, sampler))


@pytest.mark.parametrize("name", ["no-pooling", "mlp"])
def test_other_networks_of_the_page(name: str) -> None:
    net = create(parse(PRESETS[name].text))
    compare(net, dump(net))
