"""A training run: what it validates, which options it follows, and that its seed decides it."""

from __future__ import annotations

import numpy as np
import pytest

from engine.data import load_builtin
from engine.formats import SnapshotError, load
from engine.language import parse
from engine.runs.training_run import MOST_VALIDATED, TrainingRun, validation_window
from engine.training.trainer import StepAbandoned
from tests.engine.networks import NOISY, digits, make_spec

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


@pytest.mark.parametrize("processes", [1, 2])
def test_a_step_that_is_abandoned_does_not_show_in_the_run(processes: int) -> None:
    # More than two epochs and two chunks a lane.
    spec = make_spec(NOISY, batch_size=260, augment=1)

    def end(*abandoned: int) -> bytes:
        run = TrainingRun.fresh(spec, digits(), seed=1, processes=processes)
        taken: list[bytes] = []

        def abandon(share: float) -> None:
            assert 0 < share < 1
            taken.append(run.snapshot())
            raise StepAbandoned

        for step in range(4):
            if step in abandoned:
                before = run.snapshot()
                with pytest.raises(StepAbandoned):
                    run.train_batch(between=abandon)
                assert [*taken, run.snapshot()] == [before, before]
            run.train_batch()
        run.close()
        return run.snapshot()

    assert end(2) == end()


def test_a_run_that_goes_on_from_a_file_shows_the_numbers_that_it_had() -> None:
    def numbers(run: TrainingRun) -> list[float | None]:
        means = (run.loss, run.decay, run.train_accuracy, run.validation_accuracy)
        return [mean.mean() for mean in means]

    run = TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1)
    for _ in range(50):
        run.train_batch()
    again = TrainingRun.resumed(load(run.snapshot()), load_builtin(), seed=1, processes=1)
    assert None not in numbers(run)
    assert numbers(again) == numbers(run)
    run.close()
    again.close()


@pytest.mark.parametrize("means", [[], {"loss": 1}, {"loss": [1e400, 5]}, {"loss": [1, -5]}])
def test_malformed_means_are_refused(means: object) -> None:
    run = TrainingRun.fresh(parse(SPEC), load_builtin(), seed=1, processes=1)
    file = load(run.snapshot())
    run.close()
    assert file.training is not None
    file.training["means"] = means
    with pytest.raises(SnapshotError, match="means"):
        TrainingRun.resumed(file, load_builtin(), seed=1, processes=1)
