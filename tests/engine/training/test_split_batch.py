"""Helper processes: the same numbers with them, without them, and when they die."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from multiprocessing.connection import wait
from pathlib import Path

import numpy as np
import pytest

from engine.layers import Array
from engine.network.net import Net
from engine.network.passes import PassStats
from engine.training.helper_process import HelperError
from engine.training.split_batch import MOST_DEATHS, SMALLEST_LANE, Team
from tests.engine.networks import NOISY, NORMED, PLAIN, make_spec, random_batch, train, training
from tests.limits import no_more_files

PATIENCE = 60


@contextmanager
def team_of(size: int, layers: str = PLAIN, dtype: type = np.float32) -> Iterator[Team]:
    net = Net.create(make_spec(layers), np.random.default_rng(0), dtype=dtype)
    with closing(Team(net, size)) as team:
        yield team


@contextmanager
def lonely_team(size: int, layers: str = PLAIN, dtype: type = np.float32) -> Iterator[Team]:
    """One with as many lanes, whose owner computes them all."""
    with team_of(1, layers, dtype) as team:
        team.size = size
        yield team


def await_helpers(team: Team) -> None:
    """Until every helper is there to compute."""
    for helper in team._helpers.values():
        if not helper._started:
            assert wait([helper._connection], PATIENCE)
        assert helper.is_ready


def run(team: Team, count: int = 12, seed: int = 0) -> tuple[bytes, bytes, list[tuple[float, int]]]:
    """Gradients, statistics, and the losses and hits of each lane."""
    batch = random_batch(count, seed)
    stats = team.run(batch.x, batch.labels, np.random.default_rng(7))
    lanes = [(each.loss, each.correct) for each in stats]
    return team.gradient.tobytes(), team.statistics.tobytes(), lanes


def processes(team: Team) -> list[multiprocessing.process.BaseProcess]:
    return [helper._process for helper in team._helpers.values()]


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED], ids=["plain", "noisy", "normed"])
def test_a_helper_computes_what_its_owner_would(layers: str) -> None:
    with team_of(2, layers) as team, lonely_team(2, layers) as alone:
        # Nobody has waited for it: whether it helps in the first run is open, and does not show.
        assert run(team) == run(alone)
        await_helpers(team)
        for count in (12, 40, 9, 12):
            assert run(team, count) == run(alone, count)


def test_lanes_add_up_to_the_whole_batch() -> None:
    with lonely_team(3, dtype=np.float64) as team, team_of(1, dtype=np.float64) as single:
        for count in (1, 5, 12, 50):
            batch = random_batch(count)
            rng = np.random.default_rng(0)
            three = team.run(batch.x, batch.labels, rng)
            one = single.run(batch.x, batch.labels, rng)
            assert len(three) == max(1, min(3, count // SMALLEST_LANE))
            assert sum(each.loss for each in three) == pytest.approx(one[0].loss)
            assert sum(each.correct for each in three) == one[0].correct
            np.testing.assert_allclose(team.gradient, single.gradient, rtol=1e-9, atol=1e-13)


def test_one_process_and_two_agree_to_rounding() -> None:
    weights: list[Array] = []
    for count in (1, 2):
        with training(make_spec(PLAIN), processes=count) as (trainer, sampler):
            if count == 2:
                await_helpers(trainer._team)
            train(trainer, sampler, 20)
            weights.append(trainer.net.params.copy())
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("layers", [NOISY, NORMED], ids=["noisy", "normed"])
def test_two_processes_give_the_same_run_each_time(layers: str) -> None:
    runs = []
    for waits in (True, False):
        with training(make_spec(layers), processes=2) as (trainer, sampler):
            if waits:
                await_helpers(trainer._team)
            train(trainer, sampler, 6)
            runs.append(trainer.net.params.tobytes())
    assert runs[0] == runs[1]


def test_the_death_of_a_helper_does_not_show() -> None:
    with team_of(2, NOISY) as team, lonely_team(2, NOISY) as undisturbed:
        await_helpers(team)
        for index in range(MOST_DEATHS + 2):
            for process in processes(team):
                assert process.pid is not None
                os.kill(process.pid, signal.SIGKILL)
                process.join(PATIENCE)
            assert run(team, seed=index) == run(undisturbed, seed=index)
            if index < MOST_DEATHS:
                assert [process.is_alive() for process in processes(team)] == [True]
                await_helpers(team)
        assert not processes(team)


@pytest.mark.parametrize("moment", ["at work", "before it could answer"])
def test_a_helper_that_dies_is_replaced_and_its_work_done_again(moment: str) -> None:
    with team_of(2, NORMED) as team, lonely_team(2, NORMED) as undisturbed:
        await_helpers(team)
        expected = run(undisturbed)
        helper = team._helpers[1]
        finish = helper.finish

        def die(patience: float) -> PassStats:
            stats = finish(patience) if moment != "at work" else None
            assert helper._process.pid is not None
            os.kill(helper._process.pid, signal.SIGKILL)
            helper._process.join(PATIENCE)
            if stats is not None:
                # By now gradients and statistics are written; only the answer is missing.
                raise HelperError("a helper process has died")
            return finish(patience)

        helper.finish = die  # type: ignore[method-assign]
        assert run(team) == expected
        assert run(team) == expected


def shared_memory() -> list[str]:
    """The mappings of this process that boards made."""
    maps = Path("/proc/self/maps")
    if not maps.exists():
        pytest.skip("this system does not list a process's memory")
    return [line for line in maps.read_text().splitlines() if "memfd:convnet-live" in line]


def test_a_helper_that_is_stopped_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.training.split_batch.STALLED_SECONDS", 0.5)
    with team_of(2) as team, lonely_team(2) as lonely:
        expected = run(lonely)
        run(team)
        await_helpers(team)
        (stopped,) = processes(team)
        assert stopped.pid is not None
        os.kill(stopped.pid, signal.SIGSTOP)
        assert run(team) == expected
        assert not stopped.is_alive()
        await_helpers(team)
        assert run(team) == expected


def test_where_no_process_can_be_started_the_owner_computes_all() -> None:
    with lonely_team(2) as lonely:
        expected = run(lonely)
    with no_more_files(but=1):  # threadpoolctl reads one
        team = Team(Net.create(make_spec(PLAIN), np.random.default_rng(0)), 2)
    with closing(team):
        assert not processes(team)
        assert run(team) == expected


def test_where_a_dead_helper_cannot_be_replaced_the_owner_computes_all() -> None:
    with team_of(2) as team, lonely_team(2) as lonely:
        expected = run(lonely)
        run(team)
        await_helpers(team)
        (helper,) = processes(team)
        helper.kill()
        helper.join(PATIENCE)
        with no_more_files():
            assert run(team) == expected
        assert not processes(team)
        assert run(team) == expected


def test_closing_ends_processes_and_frees_memory() -> None:
    shared = len(shared_memory())
    with team_of(3) as team:
        await_helpers(team)
        gradient = run(team)[0]
        helpers = processes(team)
        assert len(shared_memory()) > shared
        assert all(process.is_alive() for process in helpers)
        team.close()
        assert not any(process.is_alive() for process in helpers)
        assert len(shared_memory()) == shared
        assert team.gradient.tobytes() == gradient
        team.close()


def test_a_closed_trainer_still_shows_its_last_gradient() -> None:
    with training(make_spec(PLAIN), processes=2) as (trainer, sampler):
        train(trainer, sampler, 2)
        before = trainer.last_gradient.copy()
        trainer.close()
        assert np.array_equal(trainer.last_gradient, before)


def test_larger_batches_get_larger_rooms() -> None:
    with team_of(2) as team, lonely_team(2) as fresh:
        await_helpers(team)
        for count in (8, 16, 8, 64, 8):
            run(team, count)
        assert run(team, 24) == run(fresh, 24)


def test_weights_are_read_anew_each_time() -> None:
    with team_of(2, NORMED) as team:
        await_helpers(team)
        before = run(team)
        team._net.params *= np.float32(0.5)
        team._net.state += 1
        changed = run(team)
        assert changed[0] != before[0]
        assert changed[1] != before[1]
        team._net.params *= 2
        team._net.state -= 1
        assert run(team) == before


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits of others are Linux's")
def test_a_helper_without_memory_does_not_show() -> None:
    with team_of(2, NOISY) as team, lonely_team(2, NOISY) as undisturbed:
        await_helpers(team)
        for process in processes(team):
            assert process.pid is not None
            # Less than it has already: whatever it asks for from now on is refused.
            resource.prlimit(process.pid, resource.RLIMIT_AS, (1 << 20, 1 << 20))
        # Larger than before, so that the helper needs new arrays for it.
        for count in (400, 800, 12):
            assert run(team, count) == run(undisturbed, count)
