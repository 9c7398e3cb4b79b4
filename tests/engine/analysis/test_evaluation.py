"""Tests on all images, in slices or at once, and predictions over several crops."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.analysis.evaluation import Evaluation, predict
from engine.data import center_crops, random_crops
from engine.language import DataShape, parse
from engine.network.net import Net
from tests.engine.networks import NOISY, NORMED, PLAIN, digits, make_spec


def create(layers: str = PLAIN, loss: str = "softmax") -> Net:
    return Net.create(make_spec(layers, loss), np.random.default_rng(5))


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED], ids=["plain", "noisy", "normed"])
def test_the_whole_is_what_one_forward_pass_says(layers: str) -> None:
    net, data = create(layers), digits()
    evaluation = Evaluation(net.replica(), data)
    assert (evaluation.accuracy, evaluation.examples, evaluation.done) == (0, 0, False)
    assert evaluation.run()
    assert evaluation.done
    predicted = net.forward(center_crops(data.test_images, net.spec.input_shape))
    classes = predicted[:, 0, 0].argmax(axis=0)
    assert evaluation.accuracy == np.mean(classes == data.test_labels)
    for truth in range(10):
        for answer in range(10):
            both = (data.test_labels == truth) & (classes == answer)
            assert evaluation.confusion[truth, answer] == np.count_nonzero(both)


@pytest.mark.parametrize("size", [1, 7, 16, 50, 129, 130, 500])
def test_slices_add_up_to_the_whole(size: int) -> None:
    net, data = create(), digits()
    whole, sliced = Evaluation(net, data), Evaluation(net.replica(), data)
    whole.run()
    ran = 0
    while not sliced.run(size):
        ran += size
        assert sliced.examples == ran == sliced.confusion.sum()
    assert np.array_equal(sliced.confusion, whole.confusion)
    assert sliced.accuracy == whole.accuracy
    assert sliced.examples == 130


def test_rows_of_the_confusion_matrix_are_the_truth() -> None:
    net, data = create(), digits()
    evaluation = Evaluation(net, data)
    evaluation.run()
    counts = np.bincount(data.test_labels, minlength=10)
    assert evaluation.confusion.sum(axis=1).tolist() == counts.tolist()
    assert evaluation.accuracy == evaluation.confusion.trace() / 130


def test_running_on_after_the_end_changes_nothing() -> None:
    evaluation = Evaluation(create(), digits())
    evaluation.run()
    before = evaluation.confusion.copy()
    assert evaluation.run(10)
    assert evaluation.examples == 130
    assert np.array_equal(evaluation.confusion, before)


def test_a_class_that_the_data_does_not_have_is_wrong() -> None:
    text = "a=[{type:'input', out_sx:10, out_sy:10, out_depth:1}, {type:'softmax', num_classes:12}]"
    net = Net(parse(text, images=DataShape()))
    net.layers[-2].params["biases"][11] = 1
    evaluation = Evaluation(net, digits())
    evaluation.run()
    assert (evaluation.accuracy, evaluation.examples) == (0, 130)
    assert not evaluation.confusion.any()


def test_an_empty_test_set_is_done_from_the_start() -> None:
    data = digits()
    nothing = replace(data, test_images=data.test_images[:0], test_labels=data.test_labels[:0])
    evaluation = Evaluation(create(), nothing)
    assert evaluation.done
    assert evaluation.run()
    assert evaluation.accuracy == 0


@pytest.mark.parametrize("loss", ["softmax", "svm", "regression"])
def test_predictions_average_the_crops(loss: str) -> None:
    net, images = create(loss=loss), digits().test_images[:5]
    scores = predict(net, images, np.random.default_rng(1), crops=4)
    x = random_crops(images, net.spec.input_shape, np.random.default_rng(1), 4)
    assert scores.shape == (5, 10)
    for index in range(5):
        each = [net.probabilities(x[..., 4 * index + crop][..., None]) for crop in range(4)]
        np.testing.assert_allclose(scores[index], np.mean(each, axis=0)[:, 0], rtol=1e-4)
    np.testing.assert_allclose(scores.sum(axis=1), 1, rtol=1e-5)
