"""The smallest change changes the answer, and a slightly smaller one does not."""

from __future__ import annotations

from contextlib import closing
from functools import cache

import numpy as np
import pytest

from engine.analysis.slices import finish
from engine.analysis.smallest_change import PRECISION, Change, along, answer, smallest_change
from engine.data import center_crops, load_builtin
from engine.language import NetSpec, parse
from engine.layers import Array
from engine.network.net import Net
from engine.runs.training_run import TrainingRun
from tests.engine.networks import NORMED, PLAIN

DIGITS = load_builtin()
DENSE = "{type:'fc', num_neurons:20, activation:'tanh'},"
CONVOLVED, NORMALIZED = f"{PLAIN},", f"{NORMED},"


def spec_of(layers: str, loss: str = "softmax") -> NetSpec:
    outputs = "num_neurons" if loss == "regression" else "num_classes"
    return parse(
        "layers = [{type:'input', out_sx:24, out_sy:24, out_depth:1}, "
        f"{layers} {{type:'{loss}', {outputs}:10}}]; "
        "trainer = new convnetjs.Trainer(net, "
        "{method:'adam', learning_rate:0.003, batch_size:20});"
    )


@cache
def learned(layers: str, loss: str = "softmax") -> Net:
    """A network that tells most digits: what is asked here means little before."""
    with closing(TrainingRun.fresh(spec_of(layers, loss), DIGITS, 0, processes=1)) as run:
        for _ in range(200):
            run.train_batch()
        return run.net


def examples(count: int) -> list[Array]:
    x = center_crops(DIGITS.test_images[:count], spec_of(CONVOLVED).input_shape)
    return [np.ascontiguousarray(x[..., index : index + 1]) for index in range(count)]


def find(net: Net, x: Array, target: int | None = None) -> Change:
    found = finish(smallest_change(net.replica(), x, target))
    assert found is not None
    return found


def check(net: Net, x: Array, change: Change) -> None:
    values = change.values[..., None]
    assert change.guess == answer(net, x) != change.target
    assert answer(net, x + values) == change.target
    assert answer(net, x + np.float32(1 - 2 * PRECISION) * values) != change.target
    assert np.abs(x + values).max() <= 0.5 + 1e-6
    assert change.size == pytest.approx(np.sqrt((change.values**2).sum()))


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        (CONVOLVED, "softmax"),
        (NORMALIZED, "softmax"),
        (DENSE, "svm"),
        (DENSE, "regression"),
    ],
)
def test_it_changes_the_answer_and_a_smaller_one_does_not(layers: str, loss: str) -> None:
    net = learned(layers, loss)
    for x in examples(8):
        found = find(net, x)
        check(net, x, found)


def test_it_leads_to_any_class_asked_for() -> None:
    net = learned(CONVOLVED)
    for x in examples(3):
        sizes = []
        for target in range(10):
            if target != answer(net, x):
                found = find(net, x, target)
                assert found.target == target
                check(net, x, found)
                sizes.append(found.size)
        assert find(net, x).size <= 1.5 * min(sizes)


def test_to_the_answer_that_it_has_there_is_nothing_to_change() -> None:
    net, x = learned(CONVOLVED), examples(1)[0]
    assert finish(smallest_change(net.replica(), x, answer(net, x))) is None


def test_of_a_linear_network_it_is_the_distance_to_the_border() -> None:
    """Which is known: the gap between the scores over the length of what raises it."""
    net = Net.create(spec_of(""), np.random.default_rng(1))
    # In the middle of what pixels can be, so that none of them gets in the way.
    x = (0.05 * np.random.default_rng(2).standard_normal((1, 24, 24, 1))).astype(np.float32)
    weights = net.layers[1].params["weights"]
    scores = weights @ x.ravel()
    guess = int(scores.argmax())
    gaps = scores[guess] - np.delete(scores, guess)
    slopes = np.linalg.norm(weights[guess] - np.delete(weights, guess, axis=0), axis=1)
    found = find(net, x)
    assert found.size == pytest.approx((gaps / slopes).min(), rel=2 * PRECISION)
    check(net, x, found)


def test_no_random_change_of_its_size_does_as_much() -> None:
    net = learned(CONVOLVED)
    rng = np.random.default_rng(0)
    for x in examples(3):
        found = find(net, x)
        for _ in range(50):
            other = rng.standard_normal(x.shape).astype(np.float32)
            assert answer(net, x + other * np.float32(found.size / np.linalg.norm(other))) == (
                found.guess
            )


def test_pixels_at_the_edge_of_what_they_can_be_stay_there() -> None:
    """Black and white images can only be changed inwards."""
    net = learned(CONVOLVED)
    for x in examples(3):
        sharp = np.where(x > 0, np.float32(0.5), np.float32(-0.5))
        found = find(net, sharp)
        check(net, sharp, found)
        assert (np.sign(found.values) * np.sign(sharp[..., 0]) <= 0).all()


def test_along_the_way_the_probabilities_go_from_one_class_to_the_other() -> None:
    net, x = learned(CONVOLVED), examples(1)[0]
    found = find(net, x)
    way = along(net, x, found.values, 21)
    assert way.shape == (10, 21)
    np.testing.assert_allclose(way[:, 0], net.probabilities(x)[:, 0], rtol=1e-4)
    np.testing.assert_allclose(way.sum(axis=0), 1, rtol=1e-4)
    assert (way[:, :-1].argmax(axis=0) != found.target).all()
    assert way[found.target, -1] == pytest.approx(way[found.guess, -1], rel=0.05)


def test_where_nothing_changes_the_answer_there_is_no_change() -> None:
    net = Net.create(spec_of(CONVOLVED), np.random.default_rng(1))
    net.params.fill(0)
    assert finish(smallest_change(net, examples(1)[0])) is None
    assert finish(smallest_change(net, examples(1)[0], 5)) is None


@pytest.mark.parametrize("scale", [1e15, 1e30, 3e38])
def test_weights_that_overflow_do_no_harm(scale: float) -> None:
    net = Net.create(spec_of(CONVOLVED), np.random.default_rng(1))
    net.params *= np.float32(scale)
    with np.errstate(over="ignore", invalid="ignore"):
        found = finish(smallest_change(net, examples(1)[0]))
    assert found is None or np.isfinite(found.values).all()
