"""Which tested images are found, and in which order: by going through all of them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from engine.analysis.evaluation import Evaluation
from engine.analysis.tested_images import ImageFilter, ImageOrder, TestedImages
from engine.data import center_crops
from engine.network.net import Net
from tests.engine.networks import PLAIN, digits, make_spec

IMAGES = 300


@pytest.fixture(scope="module")
def tested() -> TestedImages:
    rng = np.random.default_rng(7)
    # Probabilities of two digits: many are equal, and some are at a bound.
    sure = rng.integers(10, 101, (IMAGES, 1)) / 100
    return TestedImages(
        rng.integers(0, 4, IMAGES).astype(np.uint8),
        rng.integers(0, 5, (IMAGES, 1)).astype(np.uint16),
        sure.astype(np.float32),
    )


def one_by_one(tested: TestedImages, wanted: ImageFilter, order: ImageOrder) -> list[int]:
    found = []
    for index in range(len(tested)):
        truth, guess = int(tested.truths[index]), int(tested.guesses[index, 0])
        sure = tested.probabilities[index, 0]
        if (
            wanted.truth in (None, truth)
            and wanted.guess in (None, guess)
            and wanted.right in (None, truth == guess)
            and np.float32(wanted.least) <= sure <= np.float32(wanted.most)
            and (wanted.among is None or index in wanted.among)
        ):
            found.append(index)
    sign = {ImageOrder.INDEX: 0, ImageOrder.CONFIDENCE: -1, ImageOrder.DOUBT: 1}[order]
    return sorted(found, key=lambda index: (sign * float(tested.probabilities[index, 0]), index))


@pytest.mark.parametrize("order", ImageOrder)
def test_those_that_every_condition_holds_for_in_the_wanted_order(
    tested: TestedImages, order: ImageOrder
) -> None:
    lengths = set()
    for truth, guess, right, bounds, among in itertools.product(
        (None, 2), (None, 2, 4), (None, True, False), ((0, 1), (0.3, 0.7)), (None, (5, 17, 5, 250))
    ):
        wanted = ImageFilter(truth, guess, right, *bounds, among)
        found = tested.select(wanted, order)
        assert found.tolist() == one_by_one(tested, wanted, order), wanted
        lengths.add(len(found))
    assert {0, IMAGES} < lengths


def test_a_bound_is_included_though_it_is_rounded(tested: TestedImages) -> None:
    sure = float(tested.probabilities[3, 0])
    assert 3 in tested.select(ImageFilter(least=round(sure, 2), most=round(sure, 2)))


def test_an_image_that_there_is_not(tested: TestedImages) -> None:
    with pytest.raises(IndexError):
        tested.select(ImageFilter(among=(IMAGES,)))


@pytest.mark.parametrize(("loss", "ranks"), [("softmax", 10), ("svm", 10), ("regression", 10)])
def test_an_evaluation_ranks_the_classes_of_each_image(loss: str, ranks: int) -> None:
    net, data = Net.create(make_spec(PLAIN, loss), np.random.default_rng(5)), digits()
    evaluation = Evaluation(net.replica(), data)
    while not evaluation.run(50):
        pass
    assert evaluation.guesses.shape == evaluation.probabilities.shape == (130, ranks)
    x = center_crops(data.test_images, net.spec.input_shape)
    for index in range(130):
        scores = net.forward(x[..., index : index + 1])[:, 0, 0, 0].tolist()
        best = sorted(range(10), key=lambda klass: (-scores[klass], klass))
        assert evaluation.guesses[index].tolist() == best
        shares = net.probabilities(x[..., index : index + 1])[:, 0]
        np.testing.assert_allclose(evaluation.probabilities[index], shares[best], rtol=1e-4)
