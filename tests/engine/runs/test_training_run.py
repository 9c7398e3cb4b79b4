"""Windows by hand-worked cases, and what a training run measures along with its steps."""

from __future__ import annotations

import numpy as np

from engine.data import load_builtin
from engine.language import parse
from engine.runs.running_means import Window
from engine.runs.training_run import TrainingRun

SPEC = """
layer_defs = [{type:'input', out_sx:20, out_sy:20, out_depth:1}, {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'adadelta', batch_size:30});
"""


def test_a_window_says_nothing_of_too_few_examples() -> None:
    window = Window(100)
    window.add(15, 19)
    assert window.mean() is None
    window.add(1, 1)
    assert window.mean() == 16 / 20


def test_a_window_forgets_what_it_does_not_need() -> None:
    window = Window(100)
    for _ in range(10):
        window.add(0, 50)
    for _ in range(2):
        window.add(50, 50)
    assert (window.mean(), window.count) == (1, 100)
    window.add(0, 500)
    assert (window.mean(), window.count) == (0, 500)


def test_a_window_forgets_huge_numbers_without_a_trace() -> None:
    window = Window(100)
    for total in (50.0, 1e30, 50.0, 50.0):
        window.add(total, 50)
    assert window.mean() == 1


def test_nine_images_are_trained_on_for_each_that_is_validated() -> None:
    training = TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1)
    for _ in range(36):
        training.train_batch()
    assert training.trainer.examples_seen == 9 * training.validation_accuracy.count
    training.close()


def test_images_are_distorted_as_the_trainer_of_now_says() -> None:
    plain, distorted = (
        TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1) for _ in range(2)
    )
    first, _ = plain.train_batch()
    assert np.array_equal(distorted.train_batch()[0].x, first.x)
    distorted.trainer.configure(distorted.trainer.options.with_options(augment=10))
    (expected, _), (batch, _) = plain.train_batch(), distorted.train_batch()
    assert np.array_equal(batch.indices, expected.indices)
    assert 0 < np.abs(batch.x - expected.x).mean() < 0.2
    plain.close()
    distorted.close()


def test_the_seed_decides_everything() -> None:
    def weights(seed: int) -> bytes:
        training = TrainingRun.fresh(parse(SPEC), load_builtin(), seed, processes=1)
        for _ in range(5):
            training.train_batch()
        training.close()
        return np.asarray(training.net.params).tobytes()

    assert weights(1) == weights(1) != weights(2)
