"""The cards show the newest example, or the same one while the network learns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.data import center_crops
from server.protocol.example_choice import NEWEST, ExampleChoice
from server.protocol.kinds import Source
from server.protocol.orders import StartRun
from server.training_process.begin_run import start_run
from server.training_process.live_run import LiveRun
from tests.server.training_process.test_inspections import DIGITS
from tests.server.worker_process import DEFAULT


@pytest.fixture
def run() -> Iterator[LiveRun]:
    run = start_run(StartRun(run_id=1, spec=DEFAULT, seed=1, paused=True), None, DIGITS, 1)[0]
    yield run
    run.close()


def train(run: LiveRun) -> None:
    run.train_batch(lambda _: None)


def test_the_newest_can_be_pinned_by_its_index(run: LiveRun) -> None:
    run.shown.get()
    assert run.shown.index is None  # a validation image stands in for it
    train(run)
    _, label = run.shown.get()
    index = run.shown.index
    assert index is not None
    run.shown.choose(ExampleChoice(Source.TRAINING, index))
    x, pinned_label = run.shown.get()
    assert pinned_label == label
    train(run)
    assert np.array_equal(run.shown.get()[0], x)
    assert run.shown.index == index


@pytest.mark.parametrize(
    ("source", "index", "place"),
    [
        (Source.TEST, 7, 7),
        (Source.VALIDATION, 3, DIGITS.validation_indices[3]),
        (Source.TRAINING, 3599, DIGITS.training_indices[-1]),
    ],
)
def test_an_image_of_the_data_is_seen_at_its_center(
    run: LiveRun, source: Source, index: int, place: int
) -> None:
    test = source is Source.TEST
    images = DIGITS.test_images if test else DIGITS.train_images
    labels = DIGITS.test_labels if test else DIGITS.train_labels
    run.shown.choose(ExampleChoice(source, index))
    x, label = run.shown.get()
    shape = DEFAULT.input_shape
    assert np.array_equal(x, center_crops(images[place : place + 1], shape))
    assert label == labels[place]
    gradients = [view.gradients for view in run.views([1])[1]]
    assert gradients[0] is not None


def test_what_other_data_does_not_have_is_let_go(run: LiveRun) -> None:
    fewer = replace(DIGITS, test_images=DIGITS.test_images[:5], test_labels=DIGITS.test_labels[:5])
    run.shown.choose(ExampleChoice(Source.TEST, 5))
    run.use(fewer)
    assert run.shown.choice == NEWEST
    run.shown.choose(ExampleChoice(Source.TEST, 4))
    run.use(DIGITS)
    assert run.shown.choice == ExampleChoice(Source.TEST, 4)


def test_a_picture_of_the_users(run: LiveRun) -> None:
    run.shown.choose(ExampleChoice(Source.IMAGE))
    assert run.shown.choice == NEWEST  # there is none yet
    run.shown.choose(ExampleChoice(Source.IMAGE), DIGITS.test_images[3].tobytes())
    x, label = run.shown.get()
    assert np.array_equal(x, center_crops(DIGITS.test_images[3:4], DEFAULT.input_shape))
    assert (label, run.shown.index) == (None, None)
    run.shown.choose(NEWEST)
    run.shown.choose(ExampleChoice(Source.IMAGE))
    assert run.shown.get()[1] is None
