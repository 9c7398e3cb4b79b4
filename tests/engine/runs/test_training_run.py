"""A training run: what it validates, which options it follows, and that its seed decides it."""

from __future__ import annotations

import numpy as np

from engine.data import load_builtin
from engine.language import parse
from engine.runs.training_run import MOST_VALIDATED, TrainingRun, validation_window

SPEC = """
layer_defs = [{type:'input', out_sx:20, out_sy:20, out_depth:1}, {type:'softmax', num_classes:10}];
trainer = new convnetjs.Trainer(net, {method:'adadelta', batch_size:30});
"""


def test_nine_images_are_trained_on_for_each_that_is_validated() -> None:
    run = TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1)
    for _ in range(36):
        run.train_batch()
    assert run.trainer.examples_seen == 9 * run.validation_accuracy.count
    run.close()


def test_the_validation_window_is_steady_and_does_not_look_far_back() -> None:
    # A standard error below half a point at 95%, as soon as there are that many images.
    assert (0.95 * 0.05 / MOST_VALIDATED) ** 0.5 < 0.005
    assert [validation_window(seen) for seen in (0, 14_400, 36_000, 72_000, 10**6)] == [
        400, 400, 1000, 2000, 2000,
    ]  # fmt: skip


def test_the_window_grows_with_the_training_and_then_stands() -> None:
    run = TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1)
    run.trainer.configure(run.trainer.options.with_options(batch_size=360))
    counts = []
    while run.trainer.examples_seen < 90_000:
        run.train_batch()
        counts.append(run.validation_accuracy.count)
    run.close()
    assert counts[9] == 400
    assert counts[99] == 1000
    assert counts[199:] == [2000] * len(counts[199:])


def test_large_batches_are_followed_by_as_many_validations() -> None:
    run = TrainingRun.fresh(parse(SPEC.replace("30", "900")), load_builtin(), seed=1, processes=1)
    for _ in range(2):
        run.train_batch()
    assert run.trainer.examples_seen == 9 * run.validation_accuracy.count == 1800
    run.close()


def test_images_are_distorted_as_the_current_options_say() -> None:
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
        run = TrainingRun.fresh(parse(SPEC), load_builtin(), seed, processes=1)
        for _ in range(5):
            run.train_batch()
        run.close()
        return np.asarray(run.net.params).tobytes()

    assert weights(1) == weights(1) != weights(2)
