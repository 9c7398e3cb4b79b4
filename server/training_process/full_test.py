"""The test of a run's network on all test images, taken in slices between its steps."""

from __future__ import annotations

from time import perf_counter

from engine.analysis.evaluation import Evaluation
from engine.analysis.tested_images import TestedImages
from engine.data import Dataset
from engine.network.net import Net
from engine.runs.training_run import TrainingRun
from server.protocol.run_values import FullTest, ImageTest

TEST_SLICE = 100
TEST_SHARE, TEST_BURST, TEST_PAUSE, FIRST_TEST = 0.05, 0.2, 2.0, 1.0
TESTS_PER_DOUBLING = 100


class TestSchedule:
    """When to measure the accuracy on the full test set: often, but at a bounded cost.

    A test runs in slices between steps. While it runs it may take `burst` of the time; the pause
    after it is long enough that all tests together take no more than `share`.
    """

    __test__ = False

    def __init__(self, share: float, burst: float, pause: float, first: float) -> None:
        """The first test may begin at the time `first`."""
        self._share = share
        self._burst = burst
        self._pause = pause
        self._next = first
        self._tests = 0
        self._began = 0.0
        self._spent = 0.0

    def may_begin(self, now: float) -> bool:
        return now >= self._next

    def begin(self, now: float) -> None:
        self._began = now
        self._spent = 0.0

    def may_go_on(self, now: float) -> bool:
        """Whether the test in progress may take another slice."""
        return self._spent <= self._burst * (now - self._began)

    def spend(self, seconds: float) -> None:
        self._spent += seconds

    def end(self, now: float) -> None:
        """A test is over; the next begins once its cost has been spread thin enough.

        The first few follow each other sooner: that is when a network changes most.
        """
        self._tests += 1
        thin = min(self._began + self._spent / self._share, now + self._tests * self._pause)
        self._next = max(now + self._pause, thin)


class FullTestRecorder:
    """Collects full tests that are far enough apart.

    The least distance between two, in examples, doubles with every 100 tests, so that what is kept
    of a run grows with the logarithm of its length. Hours go by before it leaves out any.
    """

    def __init__(self, made: int = 0, tested: int = 0) -> None:
        """Start, or go on after so many tests, the last of them after `tested` examples."""
        self.made = made
        self._tested = tested
        self._pending: list[FullTest] = []

    def add(self, test: FullTest) -> None:
        """Keep the newest test, unless it says little more than the one before."""
        distance = 1 << (self.made // TESTS_PER_DOUBLING)
        if self.made == 0 or test.examples >= self._tested + distance:
            self._tested = test.examples
            self._pending.append(test)
            self.made += 1

    def take(self) -> tuple[int, tuple[FullTest, ...]]:
        """The tests kept since the last call, and the index of their first."""
        tests = tuple(self._pending)
        self._pending.clear()
        return self.made - len(tests), tests


class FullTester:
    """Tests the weights of one moment after the other.

    Attributes:
        newest: the last finished test; None before the first on this data.
        kept: what it found, until somebody takes it.
    """

    def __init__(self, training: TrainingRun, dataset: Dataset) -> None:
        self.newest: FullTest | None = None
        self.kept = FullTestRecorder()
        self._training = training
        self._dataset = dataset
        self._frozen = Net(training.net.spec, pool_early=True)
        self._evaluation: Evaluation | None = None
        self._tested_step = self._step = -1
        self._examples = 0
        self._images: ImageTest | None = None
        self._schedule = TestSchedule(
            TEST_SHARE, TEST_BURST, TEST_PAUSE, first=perf_counter() + FIRST_TEST
        )

    @property
    def is_current(self) -> bool:
        """Whether `newest` is of the weights as they are now."""
        return self._tested_step == self._training.trainer.step_count

    def use(self, dataset: Dataset) -> None:
        """Test on other data from now on; a test on the old is broken off."""
        self._dataset = dataset
        self.newest = self._evaluation = self._images = None
        self._tested_step = -1

    def take_images(self) -> ImageTest | None:
        """What the newest test took each image for; None if that was taken before."""
        images, self._images = self._images, None
        return images

    def test_a_little(self, now: float) -> None:
        """A slice of a test if one is due, so that training hardly notices."""
        if self._evaluation is None and not self._schedule.may_begin(now):
            return
        evaluation = self._evaluation or self._begin(now)
        if self._schedule.may_go_on(now):
            self._test_slice(evaluation)

    def test_on(self, now: float) -> bool:
        """A slice of a test while training stands; false once the newest is of these weights."""
        if self.is_current:
            return False
        self._test_slice(self._evaluation or self._begin(now))
        return True

    def _begin(self, now: float) -> Evaluation:
        # The test takes a while and the weights change meanwhile: it is of those of one moment.
        trainer = self._training.trainer
        trainer.copy_predicting(self._frozen)
        self._step, self._examples = trainer.step_count, trainer.examples_seen
        self._schedule.begin(now)
        self._evaluation = Evaluation(self._frozen, self._dataset)
        return self._evaluation

    def _test_slice(self, evaluation: Evaluation) -> None:
        began = perf_counter()
        done = evaluation.run(self._training.at_once(TEST_SLICE))
        ended = perf_counter()
        self._schedule.spend(ended - began)
        if done:
            self._finish(evaluation, ended)

    def _finish(self, evaluation: Evaluation, now: float) -> None:
        self.newest = FullTest.of(
            self._examples,
            evaluation.accuracy,
            evaluation.examples,
            evaluation.confusion.ravel().tolist(),
        )
        self.kept.add(self.newest)
        labels = self._dataset.test_labels
        images = TestedImages(labels, evaluation.guesses, evaluation.probabilities)
        self._images = ImageTest(self._examples, self._dataset.digest, images)
        self._tested_step = self._step
        self._evaluation = None
        self._schedule.end(now)
