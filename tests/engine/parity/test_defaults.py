"""What is left out of a text means the same as in the build of ConvNetJS that people have used."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest

from engine.language import TrainerSpec, parse
from engine.network.net import Net
from tests.engine.oracle import vectors

TEXT = """a = [
  {type:'input', out_sx:8, out_sy:8, out_depth:1},
  {type:'conv', sx:3, filters:2},
  {type:'conv', sx:3, filters:2, activation:'relu'},
  {type:'pool', sx:2},
  {type:'dropout'},
  {type:'fc', num_neurons:4, activation:'maxout'},
  {type:'fc', num_neurons:3, activation:'relu'},
  {type:'softmax', num_classes:10},
]"""


@cache
def theirs() -> dict[str, Any]:
    said: dict[str, Any] = json.loads(vectors.run_node(vectors.FOLDER / "defaults.cjs"))
    return said


@pytest.mark.parametrize("method", ["adagrad", "windowgrad", "adadelta"])
def test_options_of_the_trainer(method: str) -> None:
    for name in ("learning_rate", "momentum", "batch_size", "l1_decay", "l2_decay", "ro", "eps"):
        assert TrainerSpec.of(method=method).options[name] == theirs()["trainer"][name], name
    assert TrainerSpec.of().method == theirs()["trainer"]["method"]


def test_options_of_layers() -> None:
    net = Net.create(parse(TEXT), np.random.default_rng(0))
    assert [layer.type for layer in net.layers] == [
        layer["layer_type"] for layer in theirs()["layers"]
    ]
    compared = set()
    for ours, layer in zip(net.layers, theirs()["layers"], strict=True):
        shared = ours.options.keys() & layer.keys()
        assert {name: ours.options[name] for name in shared} == {
            name: layer[name] for name in shared
        }
        compared |= shared
        if ours.params:
            wanted = list(layer["biases"]["w"].values())
            np.testing.assert_allclose(ours.params["biases"], wanted, rtol=1e-6)
            assert layer["l2_decay_of_biases"] == 0
            assert "biases" not in ours.decay(ours.options)
    assert compared >= {"sy", "stride", "pad", "l1_decay_mul", "l2_decay_mul"}
    assert compared >= {"drop_prob", "group_size"}
