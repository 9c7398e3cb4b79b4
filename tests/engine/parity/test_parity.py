"""ConvNetJS's own numbers, recorded: the engine computes the same from the same snapshots."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.language import TrainerSpec
from engine.layers import LAYERS, Array
from engine.network.net import Net
from engine.training.trainer import Trainer
from engine.update_rules.optimizers import OPTIMIZERS
from tests.engine.oracle import vectors
from tests.engine.oracle.vectors import Record

CASES = {record["name"]: record for record in vectors.read("layers.json")}
UPDATES = vectors.read("updates.json")

Numbers = Array | list[float] | float
PRECISIONS: dict[type, float] = {np.float32: 1e-5, np.float64: 2e-8}
"""Float64 says whether it is the same computation: recorded numbers have nine digits."""


class RecordedDraws:
    """Stands where a generator does and hands out what ConvNetJS drew, as fit for our dropout.

    It drops a number whose draw is below drop_prob; we keep one whose draw is below 1 - drop_prob.
    """

    def __init__(self, draws: list[list[float]]) -> None:
        self._draws = np.array(draws)

    def random(self, shape: tuple[int, ...], dtype: type) -> Array:
        depth, height, width, batch = shape
        ordered = self._draws.reshape(batch, height, width, depth).transpose(3, 1, 2, 0)
        return (1 - ordered).astype(dtype)


@pytest.fixture(params=PRECISIONS, ids=["float32", "float64"])
def dtype(request: pytest.FixtureRequest) -> type:
    dtype: type = request.param
    return dtype


def close(actual: Numbers, wanted: Numbers, tolerance: float) -> None:
    """Equal to a relative error of `tolerance`, and that much of the largest number near zero."""
    scale = float(np.abs(np.asarray(wanted)).max())
    np.testing.assert_allclose(actual, wanted, rtol=tolerance, atol=tolerance * max(scale, 1e-3))


def trained_once(net: Net, record: Record) -> tuple[float, Array, Array]:
    """Loss, parameter gradients and input gradients of a record's batch, as in training."""
    net.seed_noise(RecordedDraws(record["draws"]))  # type: ignore[arg-type]
    net.forward(vectors.volumes(net, record["inputs"]), training=True)
    loss = net.backward(np.array(record["targets"]), need_dx=True)
    input_gradient = net.output_gradients[0]
    assert input_gradient is not None
    return loss, net.grads, input_gradient


def recorded_for(quantity: str) -> list[str]:
    return [name for name, record in CASES.items() if quantity not in record["wrong"]]


@pytest.mark.parametrize("name", recorded_for("outputs"))
def test_outputs(name: str, dtype: type) -> None:
    record = CASES[name]
    net = vectors.load_net(record, dtype)
    outputs = net.forward(vectors.volumes(net, record["inputs"]))
    assert outputs.dtype == dtype
    close(outputs[:, 0, 0].T, record["outputs"], PRECISIONS[dtype])


@pytest.mark.parametrize("name", recorded_for("losses"))
def test_loss(name: str, dtype: type) -> None:
    record = CASES[name]
    loss, _, _ = trained_once(vectors.load_net(record, dtype), record)
    close(loss, sum(record["losses"]), PRECISIONS[dtype])


@pytest.mark.parametrize("name", recorded_for("gradients"))
def test_gradients_of_parameters(name: str, dtype: type) -> None:
    record = CASES[name]
    net = vectors.load_net(record, dtype)
    _, gradients, _ = trained_once(net, record)
    close(gradients, vectors.flat_parameters(net, record["gradients"]), PRECISIONS[dtype])


@pytest.mark.parametrize("name", recorded_for("input_gradients"))
def test_gradients_of_inputs(name: str, dtype: type) -> None:
    record = CASES[name]
    net = vectors.load_net(record, dtype)
    _, _, gradients = trained_once(net, record)
    close(gradients, vectors.volumes(net, record["input_gradients"]), PRECISIONS[dtype])


@pytest.mark.parametrize("record", UPDATES, ids=lambda each: str(each["options"]))
def test_fifty_updates(record: Record, dtype: type) -> None:
    options = TrainerSpec.of(**record["options"])
    net = vectors.load_net(record, dtype, options)
    trainer = Trainer(net, options, np.random.default_rng(0), processes=1)
    size, count = options.batch_size, len(record["inputs"])
    assert record["updates"] == 50
    losses = []
    for step in range(record["updates"]):
        start = step * size % count
        batch = vectors.batch(net, record, slice(start, start + size))
        losses.append(trainer.step(batch).l2_decay_loss)
    tolerance = 1e-4 if dtype is np.float32 else 1e-8
    close(net.params, vectors.flat_parameters(net, record["parameters"]), tolerance)
    close(losses, record["l2_decay_losses"], tolerance)


def test_everything_the_original_has_is_recorded() -> None:
    recorded = {
        layer["layer_type"] for record in CASES.values() for layer in record["snapshot"]["layers"]
    }
    known_to_it = set(LAYERS) & recorded
    assert known_to_it == {
        *("input", "conv", "pool", "fc", "relu", "sigmoid", "tanh", "maxout", "dropout", "lrn"),
        *("softmax", "svm", "regression"),
    }
    methods = {record["options"]["method"] for record in UPDATES}
    # Version 0.3.0 has neither nesterov nor adam: see test_optimizers.py.
    assert methods == {"sgd", "adagrad", "windowgrad", "adadelta"} < set(OPTIMIZERS)


def assert_same(ours: object, theirs: object, where: str = "") -> None:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        assert list(ours) == list(theirs), where
        for key, value in ours.items():
            assert_same(value, theirs[key], f"{where}.{key}")
    elif isinstance(ours, list) and isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for index, value in enumerate(ours):
            assert_same(value, theirs[index], f"{where}[{index}]")
    elif isinstance(ours, float | int) and not isinstance(ours, bool):
        # Other versions of V8 may round exp and pow differently in the last place.
        assert theirs == pytest.approx(ours, rel=1e-7, abs=1e-12), where
    else:
        assert ours == theirs, where


def test_the_recorded_vectors_are_what_the_original_computes_today(tmp_path: Path) -> None:
    vectors.run_node(vectors.RECORDER, str(tmp_path))
    recorded = sorted(path.name for path in vectors.FOLDER.glob("*.json"))
    assert recorded == sorted(path.name for path in tmp_path.glob("*.json"))
    for name in recorded:
        assert_same(vectors.read(name), vectors.read(name, tmp_path), name)
