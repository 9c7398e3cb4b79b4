"""Files of ConvNetJS and for it: their layers, in every form that browsers write."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from engine.formats import SnapshotError, dump, dump_convnetjs, load
from engine.language import DEFAULT_TEXT, parse
from engine.network.net import Net
from tests.engine.networks import (
    EVERYTHING,
    NORMED,
    make_net,
)
from tests.engine.oracle import vectors
from tests.engine.parity.test_parity import CASES, close


def test_the_layers_are_those_of_convnetjs() -> None:
    net = Net.create(parse(DEFAULT_TEXT), np.random.default_rng(0))
    layers = json.loads(dump(net))["layers"]
    types = " ".join(each["layer_type"] for each in layers)
    assert types == "input conv relu pool conv relu pool fc softmax"
    assert layers[0] == {"layer_type": "input", "out_sx": 24, "out_sy": 24, "out_depth": 1}
    conv = layers[4]
    assert {key: value for key, value in conv.items() if key not in ("filters", "biases")} == {
        "layer_type": "conv",
        **{"out_sx": 12, "out_sy": 12, "out_depth": 16, "in_depth": 8},
        **{"sx": 5, "sy": 5, "stride": 1, "pad": 2, "l1_decay_mul": 0, "l2_decay_mul": 1},
    }
    assert len(conv["filters"]) == 16
    first = conv["filters"][0]
    assert (first["sx"], first["sy"], first["depth"]) == (5, 5, 8)
    assert isinstance(first["w"], list)
    # At (x, y, d) = (3, 1, 6): ((sx * y) + x) * depth + d.
    expected = net.layers[4].params["weights"][0, 6, 1, 3]
    assert np.float32(first["w"][((5 * 1) + 3) * 8 + 6]) == expected
    assert conv["biases"]["w"] == pytest.approx([0.1] * 16)
    dense = layers[7]
    assert dense["num_inputs"] == 256
    assert (dense["filters"][9]["sx"], dense["filters"][9]["depth"]) == (1, 256)
    # It sees the volume 4x4x16 in the order of a volume.
    expected = net.layers[7].params["weights"].reshape(10, 16, 4, 4)[9, 5, 2, 1]
    assert np.float32(dense["filters"][9]["w"][((4 * 2) + 1) * 16 + 5]) == expected
    assert layers[8]["num_inputs"] == 10


@pytest.mark.parametrize("name", CASES)
def test_files_of_browsers_load(name: str) -> None:
    record = CASES[name]
    assert isinstance(record["snapshot"]["layers"][-2]["filters"][0]["w"], dict)
    net = vectors.load_net(record)
    assert net.params.size == sum(
        len(each["w"])
        for layer in record["snapshot"]["layers"]
        for each in [*layer.get("filters", []), *([layer["biases"]] if "biases" in layer else [])]
    )


def as_lists(snapshot: Any) -> Any:
    """The same file as other programs write it: numbers in lists."""
    if isinstance(snapshot, dict):
        numbers = snapshot.get("w")
        if isinstance(numbers, dict):
            return {**snapshot, "w": list(numbers.values())}
        return {key: as_lists(value) for key, value in snapshot.items()}
    return [as_lists(each) for each in snapshot] if isinstance(snapshot, list) else snapshot


def test_numbers_may_be_a_list_or_an_object_in_any_order() -> None:
    record = CASES["conv"]
    wanted = vectors.load_net(record).params
    listed = as_lists(record["snapshot"])
    assert isinstance(listed["layers"][1]["filters"][0]["w"], list)
    assert np.array_equal(vectors.load_net({**record, "snapshot": listed}).params, wanted)
    shuffled = json.loads(json.dumps(record["snapshot"], sort_keys=True))
    assert list(shuffled["layers"][3 - 1]["filters"][0]["w"])[:3] == ["0", "1", "10"]
    assert np.array_equal(vectors.load_net({**record, "snapshot": shuffled}).params, wanted)


def test_old_files_may_lack_pad_and_decay() -> None:
    record = json.loads(json.dumps(CASES["pool"]))
    for layer in record["snapshot"]["layers"]:
        for key in ("pad", "l1_decay_mul", "l2_decay_mul"):
            layer.pop(key, None)
    net = vectors.load_net(record)
    assert net.layers[1].options["pad"] == 0
    assert net.layers[2].options["l1_decay_mul"] == 0
    assert net.layers[2].options["l2_decay_mul"] == 1
    outputs = net.forward(vectors.volumes(net, record["inputs"]))
    close(outputs[:, 0, 0].T, record["outputs"], 1e-5)


def test_files_for_convnetjs_hold_nothing_of_ours() -> None:
    net = make_net(EVERYTHING)
    file = json.loads(dump_convnetjs(net))
    assert list(file) == ["layers"]
    assert file["layers"] == json.loads(dump(net))["layers"]
    assert load(json.dumps(file)).net.params.tobytes() == net.params.tobytes()


@pytest.mark.parametrize(
    ("net", "reason"),
    [
        (make_net(NORMED), "ConvNetJS has no layer of type avgpool"),
        (make_net("{type:'batchnorm'}"), "ConvNetJS has no layer of type batchnorm"),
        (make_net(ema=0.99), "not with their average"),
    ],
    ids=["avgpool", "batchnorm", "ema"],
)
def test_what_convnetjs_does_not_know_is_not_saved_for_it(net: Net, reason: str) -> None:
    with pytest.raises(SnapshotError, match=reason):
        dump_convnetjs(net)
    # Nor can it take our own file for one of its own.
    assert "layers" not in json.loads(dump(net))
    assert load(dump(net)).net.spec == net.spec
