"""Where ConvNetJS is wrong: its recorded numbers show the fault, ours that we do not share it."""

from __future__ import annotations

import json
from contextlib import closing

import numpy as np
import pytest

from engine.language import TrainerSpec
from engine.layers import Array
from engine.network.net import Net
from engine.training.trainer import Trainer
from tests.engine.numerical import numerical_gradient, relative_error
from tests.engine.oracle import vectors
from tests.engine.oracle.vectors import Record
from tests.engine.parity.test_parity import CASES, UPDATES, RecordedDraws


def difference(ours: Array, theirs: object) -> float:
    """The largest difference, as a share of the largest number."""
    wrong = np.asarray(theirs)
    return float(np.abs(ours - wrong).max() / np.abs(wrong).max())


def run(name: str) -> tuple[Net, Array, float]:
    """A recorded case in float64: the network after a backward pass, its inputs and its loss."""
    record = CASES[name]
    net = vectors.load_net(record, np.float64)
    x = vectors.volumes(net, record["inputs"])
    net.seed_noise(RecordedDraws(record["draws"]))  # type: ignore[arg-type]
    net.forward(x, training=True)
    return net, x, net.backward(np.array(record["targets"]), need_dx=True)


def test_every_fault_of_a_layer_is_shown_here() -> None:
    faults = {name for name, record in CASES.items() if record["wrong"]}
    assert faults == {
        "dropout of a quarter",
        "lrn",
        "maxout after loading",
        "svm",
        "regression",
    }


def test_dropout_predicts_with_what_is_kept_not_with_what_is_dropped() -> None:
    record = CASES["dropout of a quarter"]
    net = vectors.load_net(record, np.float64)
    x = vectors.volumes(net, record["inputs"])
    # Theirs is ours with the kept three quarters taken for the dropped one.
    theirs = json.loads(json.dumps(record))
    for layer in theirs["snapshot"]["layers"]:
        if layer["layer_type"] == "dropout":
            layer["drop_prob"] = 0.75
    mistaken = vectors.load_net(theirs, np.float64).forward(x)[:, 0, 0].T
    np.testing.assert_allclose(mistaken, record["outputs"], rtol=1e-7)
    assert difference(net.forward(x)[:, 0, 0].T, record["outputs"]) > 0.05
    # What it should be: the mean of the layer's input over many masks.
    place = next(i for i, layer in enumerate(net.layers) if layer.type == "dropout")
    predicted = net.outputs[place].copy()
    net.seed_noise(np.random.default_rng(0))
    total = np.zeros_like(predicted)
    for _ in range(4000):
        total += net.layers[place].forward(net.outputs[place - 1], training=True)
    np.testing.assert_allclose(total / 4000, predicted, atol=0.05)


def test_lrn_has_its_cross_terms() -> None:
    record = CASES["lrn"]
    net, x, _ = run("lrn")
    ours = net.output_gradients[0]
    assert ours is not None
    ours = ours.copy()
    assert difference(ours, vectors.volumes(net, record["input_gradients"])) > 0.01
    target = np.array(record["targets"])

    def loss() -> float:
        net.forward(x, training=True)
        return net.loss_layer.loss(target)

    assert relative_error(ours, numerical_gradient(loss, x)) < 1e-6


def test_maxout_trains_on_after_a_snapshot_is_loaded() -> None:
    record = CASES["maxout after loading"]
    net, _, _ = run("maxout after loading")
    theirs = vectors.flat_parameters(net, record["gradients"])
    conv = net.layers[1].grads["weights"].size
    # The part behind the maxout is right there; hardly anything reaches the part before it.
    np.testing.assert_allclose(net.grads[conv + 6 :], theirs[conv + 6 :], rtol=1e-7, atol=1e-9)
    assert difference(net.grads[:conv], theirs[:conv]) > 0.1
    # A case that was not loaded there is right; see test_parity.py.
    assert "gradients" not in CASES["maxout on volumes"]["wrong"]


def test_svm_does_not_count_the_margin_of_the_truth_itself() -> None:
    record = CASES["svm"]
    _, _, loss = run("svm")
    assert loss == pytest.approx(sum(record["losses"]) - len(record["losses"]), rel=1e-7)


def test_regression_has_the_loss_whose_gradient_it_passes_back() -> None:
    # Version 0.3.0 says 2 (x-y)^2 and passes back x-y; later ones say 0.5 (x-y)^2, as we do.
    record = CASES["regression"]
    _, _, loss = run("regression")
    assert loss == pytest.approx(sum(record["losses"]) / 4, rel=1e-7)


@pytest.mark.parametrize("record", UPDATES[:1], ids=["sgd"])
def test_decay_losses_are_those_of_the_weights_not_a_share_of_them(record: Record) -> None:
    options = TrainerSpec.of(**record["options"])
    net = vectors.load_net(record, np.float64, options)
    first = [layer.params["weights"].copy() for layer in net.layers if layer.params]
    with closing(Trainer(net, options, np.random.default_rng(0), processes=1)) as trainer:
        stats = trainer.step(vectors.batch(net, record, slice(0, options.batch_size)))
    # Multipliers as in the snapshot: conv has half of l1, the first fc twice l2.
    assert [layer.type for layer in net.layers if layer.params] == ["conv", "fc", "fc"]
    squares = [(each**2).sum() for each in first]
    l2 = 0.01 / 2 * (squares[0] + 2 * squares[1] + squares[2])
    assert stats.l1_decay_loss == pytest.approx(0.003 * 0.5 * np.abs(first[0]).sum())
    assert stats.l2_decay_loss == pytest.approx(l2)
    # It computes the same once a batch; its page divides by the batch's examples on top.
    assert record["l2_decay_losses"][0] == pytest.approx(l2)
