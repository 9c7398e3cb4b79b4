"""Helper processes: the same numbers with them, without them, and when they die."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pytest

from engine.layers import Array
from engine.network.net import Net
from engine.training.helper_process import HelperError
from engine.training.split_batch import MOST_DEATHS, SMALLEST_LANE, BatchSplitter
from engine.training.trainer import StepAbandoned
from tests.engine.networks import NOISY, NORMED, PLAIN, make_spec, random_batch, train, training
from tests.limits import no_more_files

PATIENCE = 60


@contextmanager
def splitter_of(
    size: int, layers: str = PLAIN, dtype: type = np.float32
) -> Iterator[BatchSplitter]:
    net = Net.create(make_spec(layers), np.random.default_rng(0), dtype=dtype)
    with closing(BatchSplitter(net, size)) as splitter:
        yield splitter


@contextmanager
def without_helpers(
    size: int, layers: str = PLAIN, dtype: type = np.float32
) -> Iterator[BatchSplitter]:
    """One with as many lanes, whose owner computes them all."""
    with splitter_of(1, layers, dtype) as splitter:
        splitter.size = size
        yield splitter


def await_helpers(splitter: BatchSplitter) -> None:
    """Until every helper is there to compute."""
    for helper in splitter._helpers.values():
        if not helper._started:
            assert wait([helper._connection], PATIENCE)
        assert helper.is_ready


def run(
    splitter: BatchSplitter, count: int = 12, seed: int = 0
) -> tuple[bytes, bytes, list[tuple[float, int]]]:
    """Gradients, statistics, and the losses and hits of each lane."""
    batch = random_batch(count, seed)
    stats = splitter.run(batch.x, batch.labels, np.random.default_rng(7))
    lanes = [(each.loss, each.correct) for each in stats]
    return splitter.gradient.tobytes(), splitter.statistics.tobytes(), lanes


def processes(splitter: BatchSplitter) -> list[multiprocessing.process.BaseProcess]:
    return [helper._process for helper in splitter._helpers.values()]


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED], ids=["plain", "noisy", "normed"])
def test_a_helper_computes_what_its_owner_would(layers: str) -> None:
    with splitter_of(2, layers) as splitter, without_helpers(2, layers) as alone:
        # Nobody has waited for it: whether it helps in the first run is open, and does not show.
        assert run(splitter) == run(alone)
        await_helpers(splitter)
        for count in (12, 40, 9, 12):
            assert run(splitter, count) == run(alone, count)


def test_lanes_add_up_to_the_whole_batch() -> None:
    with (
        without_helpers(3, dtype=np.float64) as splitter,
        splitter_of(1, dtype=np.float64) as single,
    ):
        for count in (1, 5, 12, 50):
            batch = random_batch(count)
            rng = np.random.default_rng(0)
            three = splitter.run(batch.x, batch.labels, rng)
            one = single.run(batch.x, batch.labels, rng)
            assert len(three) == max(1, min(3, count // SMALLEST_LANE))
            assert sum(each.loss for each in three) == pytest.approx(one[0].loss)
            assert sum(each.correct for each in three) == one[0].correct
            np.testing.assert_allclose(splitter.gradient, single.gradient, rtol=1e-9, atol=1e-13)


def test_one_process_and_two_agree_to_rounding() -> None:
    weights: list[Array] = []
    for count in (1, 2):
        with training(make_spec(PLAIN), processes=count) as (trainer, sampler):
            if count == 2:
                await_helpers(trainer._splitter)
            train(trainer, sampler, 20)
            weights.append(trainer.net.params.copy())
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("layers", [NOISY, NORMED], ids=["noisy", "normed"])
def test_two_processes_give_the_same_run_each_time(layers: str) -> None:
    runs = []
    for waits in (True, False):
        with training(make_spec(layers), processes=2) as (trainer, sampler):
            if waits:
                await_helpers(trainer._splitter)
            train(trainer, sampler, 6)
            runs.append(trainer.net.params.tobytes())
    assert runs[0] == runs[1]


def test_the_death_of_a_helper_does_not_show() -> None:
    with splitter_of(2, NOISY) as splitter, without_helpers(2, NOISY) as undisturbed:
        await_helpers(splitter)
        for index in range(MOST_DEATHS + 2):
            for process in processes(splitter):
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                process.join(PATIENCE)
            assert run(splitter, seed=index) == run(undisturbed, seed=index)
            if index < MOST_DEATHS:
                assert [process.is_alive() for process in processes(splitter)] == [True]
                await_helpers(splitter)
        assert not processes(splitter)


@pytest.mark.parametrize("moment", ["at work", "before it could answer"])
def test_a_helper_that_dies_is_replaced_and_its_work_done_again(
    moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with splitter_of(2, NORMED) as splitter, without_helpers(2, NORMED) as undisturbed:
        await_helpers(splitter)
        expected = run(undisturbed)
        helper = splitter._helpers[1]
        finish = helper.finish

        def die(patience: float, waiting: Callable[[], None] | None) -> None:
            if moment != "at work":
                finish(patience)
            assert helper._process.pid is not None
            os.kill(helper._process.pid, signal.SIGKILL)
            helper._process.join(PATIENCE)
            if moment != "at work":
                # By now gradients and statistics are written; only the answer is missing.
                raise HelperError("a helper process has died")
            finish(patience)

        monkeypatch.setattr(helper, "finish", die)
        assert run(splitter) == expected
        assert run(splitter) == expected


def shared_memory() -> list[str]:
    """The mappings of this process that boards made."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("this system does not list a process's memory")
    return [line for line in maps.read_text().splitlines() if "memfd:convnet-live" in line]


def test_a_helper_that_is_stopped_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.split_batch.STALLED_SECONDS", 0.5)
    with splitter_of(2) as splitter, without_helpers(2) as alone:
        expected = run(alone)
        run(splitter)
        await_helpers(splitter)
        (stopped,) = processes(splitter)
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGSTOP)
        assert run(splitter) == expected
        assert not stopped.is_alive()
        await_helpers(splitter)
        assert run(splitter) == expected


@pytest.mark.parametrize("moment", ["at work", "waiting for a helper"])
def test_a_run_that_is_broken_off_leaves_no_helper_at_work(moment: str) -> None:
    with splitter_of(2, NOISY) as splitter, without_helpers(2, NOISY) as undisturbed:
        await_helpers(splitter)
        run(splitter)
        (busy,) = processes(splitter)
        assert busy.pid is not None
        # It would answer later, to a question that nobody asks any more.
        os.kill(busy.pid, signal.SIGSTOP)

        def break_off(share: float) -> None:
            if moment == "at work" or share == 1:
                raise StepAbandoned

        batch = random_batch(400)
        with pytest.raises(StepAbandoned):
            splitter.run(batch.x, batch.labels, np.random.default_rng(0), break_off)
        assert not busy.is_alive()
        for _ in range(2):
            assert run(splitter) == run(undisturbed)
            await_helpers(splitter)
        assert [process.is_alive() for process in processes(splitter)] == [True]


def test_where_no_process_can_be_started_the_owner_computes_all() -> None:
    with without_helpers(2) as alone:
        expected = run(alone)
    with no_more_files(but=1):  # threadpoolctl reads one
        splitter = BatchSplitter(Net.create(make_spec(PLAIN), np.random.default_rng(0)), 2)
    with closing(splitter):
        assert not processes(splitter)
        assert run(splitter) == expected


def test_where_a_dead_helper_cannot_be_replaced_the_owner_computes_all() -> None:
    with splitter_of(2) as splitter, without_helpers(2) as alone:
        expected = run(alone)
        run(splitter)
        await_helpers(splitter)
        (helper,) = processes(splitter)
        helper.kill()
        helper.join(PATIENCE)
        with no_more_files():
            assert run(splitter) == expected
        assert not processes(splitter)
        assert run(splitter) == expected


def test_closing_ends_processes_and_frees_memory() -> None:
    shared = len(shared_memory())
    with splitter_of(3) as splitter:
        await_helpers(splitter)
        gradient = run(splitter)[0]
        helpers = processes(splitter)
        assert len(shared_memory()) > shared
        assert all(process.is_alive() for process in helpers)
        splitter.close()
        assert not any(process.is_alive() for process in helpers)
        assert len(shared_memory()) == shared
        assert splitter.gradient.tobytes() == gradient
        splitter.close()


def test_a_closed_trainer_still_shows_its_last_gradient() -> None:
    with training(make_spec(PLAIN), processes=2) as (trainer, sampler):
        train(trainer, sampler, 2)
        before = trainer.last_gradient.copy()
        trainer.close()
        assert np.array_equal(trainer.last_gradient, before)


def test_larger_batches_get_larger_rooms() -> None:
    with splitter_of(2) as splitter, without_helpers(2) as fresh:
        await_helpers(splitter)
        for count in (8, 16, 8, 64, 8):
            run(splitter, count)
        assert run(splitter, 24) == run(fresh, 24)


def test_weights_are_read_afresh_each_time() -> None:
    with splitter_of(2, NORMED) as splitter:
        await_helpers(splitter)
        before = run(splitter)
        splitter._net.params *= np.float32(0.5)
        splitter._net.state += 1
        changed = run(splitter)
        assert changed[0] != before[0]
        assert changed[1] != before[1]
        splitter._net.params *= 2
        splitter._net.state -= 1
        assert run(splitter) == before


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of others are Linux's")
def test_a_helper_without_memory_does_not_show() -> None:
    with splitter_of(2, NOISY) as splitter, without_helpers(2, NOISY) as undisturbed:
        await_helpers(splitter)
        for process in processes(splitter):
            assert process.pid is not None
            # Less than it has already: whatever it asks for from now on is refused.
            resource.prlimit(process.pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        # Larger than before, so that the helper needs new arrays for it.
        for count in (400, 800, 12):
            assert run(splitter, count) == run(undisturbed, count)
