"""Full tests: when they come, what they find, and which of them are kept."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from engine.analysis.evaluation import Evaluation
from engine.data import load_builtin
from engine.language import parse
from engine.runs.training_run import TrainingRun
from server.protocol.orders import TrainOnce
from server.protocol.reports import TestsReport
from server.training_process.full_test import (
    TESTS_PER_DOUBLING,
    FullTester,
    FullTestRecorder,
    TestSchedule,
)
from tests.server.fake_host import full_test
from tests.server.worker_process import training_process

DIGITS = load_builtin()
SPEC = parse(
    "layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},"
    "{type:'softmax', num_classes:10}];"
    "trainer = new convnetjs.Trainer(net, {method:'adadelta', batch_size:20, ema:0.9});"
)


@pytest.fixture
def training() -> Iterator[TrainingRun]:
    training = TrainingRun.fresh(SPEC, DIGITS, 1, processes=1)
    yield training
    training.close()


def finish(tester: FullTester) -> None:
    """As while training stands."""
    while tester.test_on(0.0):
        pass


def test_a_test_says_what_an_evaluation_of_these_weights_says(training: TrainingRun) -> None:
    tester = FullTester(training, DIGITS)
    for _ in range(20):
        training.train_batch()
    assert (tester.newest, tester.is_current) == (None, False)
    finish(tester)
    assert tester.newest is not None
    assert tester.is_current
    # The averaged weights, which are those that predict.
    oracle = Evaluation(training.trainer.prediction_replica(), DIGITS)
    oracle.run()
    assert tester.newest.counts == tuple(oracle.confusion.ravel())
    assert (tester.newest.accuracy, tester.newest.images) == (oracle.accuracy, 1000)
    assert tester.newest.examples == 400
    assert tester.kept.take() == (0, (tester.newest,))
    assert tester.kept.take() == (1, ())


def test_a_test_is_of_the_weights_with_which_it_began(training: TrainingRun) -> None:
    tester = FullTester(training, DIGITS)
    training.train_batch()
    oracle = Evaluation(training.trainer.prediction_replica(), DIGITS)
    oracle.run()
    assert tester.test_on(0.0)
    training.train_batch()
    while tester.newest is None:
        assert tester.test_on(0.0)
    assert tester.newest.examples == 20
    assert tester.newest.counts == tuple(oracle.confusion.ravel())
    assert not tester.is_current
    finish(tester)
    assert tester.newest.examples == 40


def test_what_each_image_was_taken_for_is_taken_once(training: TrainingRun) -> None:
    tester = FullTester(training, DIGITS)
    assert tester.take_images() is None
    finish(tester)
    found = tester.take_images()
    assert found is not None
    assert tester.take_images() is None
    assert (found.examples, found.data) == (0, DIGITS.digest)
    oracle = Evaluation(training.trainer.prediction_replica(), DIGITS)
    oracle.run()
    assert np.array_equal(found.images.truths, DIGITS.test_labels)
    assert np.array_equal(found.images.guesses, oracle.guesses)
    assert np.array_equal(found.images.probabilities, oracle.probabilities)
    training.train_batch()
    finish(tester)
    tester.use(DIGITS)
    assert tester.take_images() is None


def test_other_data_breaks_a_test_off(training: TrainingRun) -> None:
    tester = FullTester(training, DIGITS)
    finish(tester)
    training.train_batch()
    assert tester.test_on(0.0)
    fewer = replace(
        DIGITS, test_images=DIGITS.test_images[:30], test_labels=DIGITS.test_labels[:30]
    )
    tester.use(fewer)
    assert (tester.newest, tester.is_current) == (None, False)
    finish(tester)
    assert tester.newest is not None
    assert (tester.newest.images, sum(tester.newest.counts)) == (30, 30)
    # What was found on the old data happened all the same.
    assert [test.images for test in tester.kept.take()[1]] == [1000, 30]


def test_a_test_that_says_nothing_new_is_not_kept() -> None:
    recorder = FullTestRecorder(made=3, tested=600)
    recorder.add(full_test(600))
    recorder.add(full_test(601))
    recorder.add(full_test(601))
    assert recorder.take() == (3, (full_test(601),))
    first = FullTestRecorder()
    first.add(full_test(0))
    assert first.take() == (0, (full_test(0),))


def test_tests_that_are_kept_grow_with_the_logarithm_of_the_examples() -> None:
    recorder, kept = FullTestRecorder(), []
    for examples in range(0, 8 * TESTS_PER_DOUBLING):
        recorder.add(full_test(examples))
        kept += [test.examples for test in recorder.take()[1]]
    assert len(kept) == recorder.made == 3 * TESTS_PER_DOUBLING + TESTS_PER_DOUBLING // 8
    assert kept[:TESTS_PER_DOUBLING] == list(range(TESTS_PER_DOUBLING))
    distances = [later - earlier for earlier, later in itertools.pairwise(kept)]
    assert distances == sorted(distances)
    assert set(distances) == {1, 2, 4, 8}
    # A run that goes on from a checkpoint keeps to it.
    again = FullTestRecorder(recorder.made, kept[-1])
    again.add(full_test(kept[-1] + 7))
    again.add(full_test(kept[-1] + 8))
    assert [test.examples for test in again.take()[1]] == [kept[-1] + 8]


def test_tests_keep_to_their_share_of_the_time() -> None:
    schedule = TestSchedule(share=0.1, burst=0.5, pause=3, first=1)
    assert not schedule.may_begin(0.9)
    schedule.begin(1)
    assert schedule.may_go_on(1)
    schedule.spend(1)
    assert not schedule.may_go_on(2.9)
    assert schedule.may_go_on(3)
    schedule.end(3)
    # The first pause is short, the second longer, and from the third on the share decides.
    assert not schedule.may_begin(5.9)
    assert schedule.may_begin(6)
    for began, wait in ((6, 6), (13, 8), (22, 8)):
        schedule.begin(began)
        schedule.spend(1)
        schedule.end(began + 2)
        assert not schedule.may_begin(began + 2 + wait - 0.1)
        assert schedule.may_begin(began + 2 + wait)


def test_cheap_tests_still_have_a_pause_between_them() -> None:
    schedule = TestSchedule(share=0.1, burst=0.5, pause=3, first=0)
    schedule.begin(0)
    schedule.spend(0.001)
    schedule.end(0.5)
    assert not schedule.may_begin(3.4)
    assert schedule.may_begin(3.5)


@pytest.mark.anyio
async def test_a_run_reports_its_tests_and_goes_on_counting_them() -> None:
    async with training_process() as process:
        process.begin(paused=True)
        reported = await process.report(TestsReport)
        assert (reported.run_id, reported.first) == (1, 0)
        assert [test.examples for test in reported.tests] == [0]
        process.send(TrainOnce())
        reported = await process.report(TestsReport)
        (test,) = reported.tests
        assert (reported.first, test.examples, test.images) == (1, 20, 1000)
        assert (len(test.counts), sum(test.counts)) == (100, 1000)
        assert sum(test.counts[::11]) == 1000 * test.accuracy
        checkpoint = await process.checkpoint()
        assert (checkpoint.examples, checkpoint.points, checkpoint.tests) == (20, 1, 2)
    async with training_process() as process:
        process.begin(paused=True, snapshot=checkpoint.data, points=1, tests=2, tested=20)
        # It is tested to be shown, and not kept a second time.
        stats = await process.frame("stats", lambda stats: stats["test"] is not None)
        assert stats["test"] == {
            "accuracy": test.accuracy,
            "examples": 1000,
            "at_examples": 20,
        }
        assert (await process.checkpoint()).tests == 2
        process.send(TrainOnce())
        reported = await process.report(TestsReport)
        assert (reported.first, reported.tests[0].examples) == (2, 40)
