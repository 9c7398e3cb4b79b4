"""The map of the test set: which images, where they lie, and with which weights."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.analysis.hidden_features import last_hidden_layer
from engine.data import center_crops, load_builtin
from engine.network.net import Net
from server.protocol.inquiries import FeatureMapInquiry
from server.protocol.orders import StartRun
from server.training_process.begin_run import start_run
from server.training_process.inspectors.base import Slices
from server.training_process.inspectors.feature_map import STEPS_TO_THE_EDGE, FeatureMapInspector
from server.training_process.live_run import LiveRun
from tests.server.worker_process import DEFAULT

DIGITS = load_builtin()


@pytest.fixture
def run() -> Iterator[LiveRun]:
    order = StartRun(run_id=1, spec=DEFAULT, seed=1, paused=True)
    run = start_run(order, None, DIGITS, 1)[0]
    yield run
    run.close()


def finish(slices: Slices) -> dict[str, Any]:
    try:
        while True:
            next(slices)
    except StopIteration as end:
        return dict(end.value)


def ask(inspector: FeatureMapInspector, known: str | None = None) -> dict[str, Any]:
    return finish(inspector.answer(FeatureMapInquiry(known)))


def exact(net: Net, indices: list[int]) -> tuple[np.ndarray[Any, Any], list[int]]:
    """Distances of the features in their plane by NumPy's SVD, and guesses, all at once."""
    scores = net.forward(center_crops(DIGITS.test_images[indices], net.spec.input_shape))
    features = net.outputs[last_hidden_layer(net)].reshape(-1, len(indices)).astype(np.float64)
    _, sizes, right = np.linalg.svd(features - features.mean(axis=1, keepdims=True))
    positions = right[:2].T * sizes[:2]
    apart = np.linalg.norm(positions[:, None] - positions[None], axis=2)
    return apart, scores[:, 0, 0].argmax(axis=0).tolist()


def test_points_are_where_an_exact_decomposition_puts_them(run: LiveRun) -> None:
    for _ in range(30):
        run.train_batch(lambda _: None)
    answer = ask(FeatureMapInspector(run))
    indices = answer["images"]["indices"]
    assert sorted(indices) == list(range(1000))
    assert answer["images"]["labels"] == DIGITS.test_labels[indices].tolist()
    net = run.training.trainer.prediction_replica()
    distances, guesses = exact(Net(net.spec, params=net.params, state=net.state), indices)
    points = np.array([answer["x"], answer["y"]]).T
    assert np.abs(points).max() == STEPS_TO_THE_EDGE
    shown = points * answer["extent"] / STEPS_TO_THE_EDGE
    apart = np.linalg.norm(shown[:, None] - shown[None], axis=2)
    # Half a step in each direction at both ends, and what iterating leaves.
    np.testing.assert_allclose(apart, distances, atol=3 * answer["extent"] / STEPS_TO_THE_EDGE)
    assert answer["guesses"] == guesses
    assert (answer["step"], answer["examples"]) == (30, 600)
    assert (answer["layer"], answer["features"]) == (last_hidden_layer(net), 256)
    assert 0 < answer["share"] < 1


def test_classes_come_apart_as_the_network_learns(run: LiveRun) -> None:
    inspector = FeatureMapInspector(run)
    apart = []
    for _ in range(8):
        apart.append(ask(inspector)["apart"])
        for _ in range(30):
            run.train_batch(lambda _: None)
    assert apart[-1] > apart[0] + 0.1


def test_it_is_of_one_moment_though_the_network_learns_between_the_slices(run: LiveRun) -> None:
    slices = FeatureMapInspector(run).answer(FeatureMapInquiry())
    still = ask(FeatureMapInspector(run))
    for _ in range(4):
        next(slices)
        run.train_batch(lambda _: None)
    assert finish(slices) == still
    assert run.training.trainer.step_count == 4


def test_images_that_are_known_are_not_sent_again(run: LiveRun) -> None:
    inspector = FeatureMapInspector(run)
    first = ask(inspector)
    again = ask(inspector, known=first["data"])
    assert again["images"] is None
    assert again == first | {"images": None}
    assert ask(inspector, known="another")["images"] == first["images"]


def test_the_same_weights_are_looked_at_once(run: LiveRun) -> None:
    inspector = FeatureMapInspector(run)
    ask(inspector)
    with pytest.raises(StopIteration):
        next(inspector.answer(FeatureMapInquiry()))
    run.train_batch(lambda _: None)
    next(inspector.answer(FeatureMapInquiry()))


def test_other_data_brings_other_images(run: LiveRun) -> None:
    inspector = FeatureMapInspector(run)
    first = ask(inspector)
    images, labels = DIGITS.test_images[:60], DIGITS.test_labels[:60]
    run.use(replace(DIGITS, test_images=images, test_labels=labels))
    other = ask(inspector, known=first["data"])
    assert other["data"] != first["data"]
    assert other["images"] == {"indices": list(range(60)), "labels": labels.tolist()}
    assert len(other["x"]) == len(other["y"]) == len(other["guesses"]) == 60
