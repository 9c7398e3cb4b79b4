"""Training: repeatable to the byte, and the same in any division."""

from __future__ import annotations

import numpy as np
import pytest

from engine.analysis.layer_views import inspect_example
from engine.layers import Array
from engine.network.passes import CHUNK
from engine.training.trainer import Trainer
from engine.update_rules.optimizers import OPTIMIZERS
from tests.engine.networks import (
    NOISY,
    NORMED,
    PLAIN,
    digits,
    make_spec,
    random_batch,
    train,
    training,
)


def run(
    layers: str, steps: int = 8, seed: int = 0, *, processes: int = 1, **options: object
) -> Array:
    """The weights after a short run."""
    with training(make_spec(layers, **options), seed, processes=processes) as (trainer, sampler):
        train(trainer, sampler, steps)
        return trainer.net.params.copy()


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED], ids=["plain", "noisy", "normed"])
@pytest.mark.parametrize("method", OPTIMIZERS)
def test_the_same_seed_gives_the_same_run(layers: str, method: str) -> None:
    first, second = (run(layers, method=method) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != run(layers, seed=1, method=method).tobytes()


def test_dropout_depends_on_the_trainers_generator_alone() -> None:
    runs = []
    for noise in (1, 1, 2):
        with training(make_spec(NOISY)) as (trainer, sampler):
            trainer.rng = np.random.default_rng(noise)
            np.random.default_rng(noise).random()
            train(trainer, sampler, 3)
            runs.append(trainer.net.params.tobytes())
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_training_learns(method: str) -> None:
    rate = {"adam": 0.01, "windowgrad": 0.01}.get(method, 0.05)
    spec = make_spec(PLAIN, method=method, learning_rate=rate, eps=1e-6)
    with training(spec) as (trainer, _):
        losses = [trainer.step(random_batch(12)).loss for _ in range(150)]
    assert losses[-1] < 0.7 * losses[0]


def test_a_step_by_hand() -> None:
    options = {"method": "sgd", "momentum": 0, "learning_rate": 0.1}
    decay = {"l2_decay": 0.3, "l1_decay": 0.2}
    layers = PLAIN.replace("pad:1", "pad:1, l1_decay_mul:0.5, l2_decay_mul:2")
    with training(make_spec(layers, **options, **decay), dtype=np.float64) as (trainer, _):
        net, batch = trainer.net, random_batch(6)
        before, oracle = net.params.copy(), net.replica()
        oracle.forward(batch.x.astype(np.float64), training=True)
        loss = oracle.backward(batch.labels)
        conv, dense = net.layers[1].params["weights"].copy(), net.layers[-2].params["weights"]
        l1, l2 = net.per_parameter(lambda _: {}), net.per_parameter(lambda _: {})
        l1[: conv.size], l2[: conv.size] = 0.5, 2
        l2[conv.size + 3 : conv.size + 3 + dense.size] = 1
        l2_loss = 0.15 * (2 * (conv**2).sum() + (dense**2).sum())
        stats = trainer.step(batch)
        step = (oracle.grads + 0.3 * l2 * before + 0.2 * l1 * np.sign(before)) / 6
        np.testing.assert_allclose(net.params, before - 0.1 * step, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(trainer.last_gradient, oracle.grads / 6, atol=1e-12)
    assert stats.loss == pytest.approx(loss / 6)
    assert stats.l1_decay_loss == pytest.approx(0.2 * 0.5 * np.abs(conv).sum())
    assert stats.l2_decay_loss == pytest.approx(l2_loss)
    assert (trainer.step_count, stats.examples) == (1, 6)
    assert min(stats.forward_seconds, stats.backward_seconds) > 0


def test_correct_examples_are_counted_before_the_update() -> None:
    with training(make_spec(PLAIN, method="sgd", learning_rate=0)) as (trainer, _):
        batch = random_batch(50)
        best = trainer.net.forward(batch.x)[:, 0, 0].argmax(axis=0)
        assert trainer.step(batch).correct == np.count_nonzero(best == batch.labels)


@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1, 2 * CHUNK + 5, 100])
def test_large_batches_equal_the_sum_of_small_ones(count: int) -> None:
    with training(make_spec(PLAIN), dtype=np.float64) as (trainer, _):
        batch = random_batch(count, seed=2)
        single = trainer.net.replica()
        summed, losses = np.zeros_like(single.params), 0.0
        for index in range(count):
            single.forward(batch.x[..., index : index + 1].astype(np.float64), training=True)
            losses += single.backward(batch.labels[index : index + 1])
            summed += single.grads
        stats = trainer.step(batch)
    assert stats.loss == pytest.approx(losses / count, rel=1e-12)
    np.testing.assert_allclose(trainer.last_gradient, summed / count, rtol=1e-9, atol=1e-13)


def test_batches_may_change_their_size() -> None:
    def gradient(trainer: Trainer, count: int) -> Array:
        trainer.step(random_batch(count, seed=count))
        return trainer.last_gradient.copy()

    spec = make_spec(PLAIN, method="sgd", learning_rate=0)
    with training(spec) as (used, _), training(spec) as (fresh, _):
        for count in (20, 3, 70, 1):
            gradient(used, count)
        assert np.array_equal(gradient(used, 9), gradient(fresh, 9))


def test_configure_keeps_the_memory_of_the_same_method() -> None:
    spec = make_spec(PLAIN, method="adam")
    with training(spec) as (trainer, sampler):
        train(trainer, sampler, 3)
        held = trainer.optimizer
        trainer.configure(spec.trainer.with_options(learning_rate=0, l2_decay=0, batch_size=7))
        assert trainer.optimizer is held
        assert held.updates == 3
        before = trainer.net.params.copy()
        train(trainer, sampler, 1)
        assert np.array_equal(trainer.net.params, before)
        assert (trainer.step_count, trainer.examples_seen) == (4, 3 * 12 + 7)
        trainer.configure(spec.trainer.with_options(method="sgd"))
        assert trainer.optimizer.method == "sgd"
        assert not trainer.optimizer.state["v"].any()


def test_the_learning_rate_follows_its_schedule() -> None:
    options = {"method": "sgd", "momentum": 0, "learning_rate": 0.1, "l2_decay": 0}
    schedule = {"schedule": "step", "schedule_examples": 24, "step_factor": 0.5}
    with training(make_spec(PLAIN, **options, **schedule)) as (trainer, sampler):
        for expected in (0.1, 0.1, 0.05, 0.05, 0.025):
            assert trainer.learning_rate == pytest.approx(expected)
            before = trainer.net.params.copy()
            train(trainer, sampler, 1)
            moved = before - trainer.net.params
            np.testing.assert_allclose(moved, expected * trainer.last_gradient, atol=1e-6)


def test_averaged_weights() -> None:
    with training(make_spec(PLAIN, ema=0.5), dtype=np.float64) as (trainer, sampler):
        looking = trainer.prediction_replica()
        expected = trainer.net.params.copy()
        for step in range(1, 21):
            train(trainer, sampler, 1)
            memory = min(0.5, step / (step + 9))
            expected = memory * expected + (1 - memory) * trainer.net.params
        np.testing.assert_allclose(looking.params, expected, rtol=1e-12)
        assert not np.array_equal(looking.params, trainer.net.params)
        trainer.configure(trainer.options.with_options(ema=0))
        train(trainer, sampler, 1)
        assert np.array_equal(looking.params, trainer.net.params)


@pytest.mark.parametrize("method", OPTIMIZERS)
def test_one_update_is_noted_when_asked_for(method: str) -> None:
    with training(make_spec(PLAIN, method=method)) as (trainer, sampler):
        train(trainer, sampler, 1)
        assert trainer.noted_update is None
        trainer.note_next_update()
        before = trainer.net.params.copy()
        train(trainer, sampler, 1)
        noted = trainer.noted_update
        np.testing.assert_array_equal(noted, trainer.net.params - before)
        train(trainer, sampler, 1)
        assert trainer.noted_update is noted


def test_looking_changes_nothing() -> None:
    weights = []
    for looks in (False, True):
        with training(make_spec(NOISY)) as (trainer, sampler):
            replica = trainer.net.replica()
            for _ in range(6):
                train(trainer, sampler, 1)
                if not looks:
                    continue
                shown = sampler.next_test(1)
                everything = range(len(replica.layers))
                gradient = trainer.last_gradient
                trainer.note_next_update()
                inspect_example(replica, shown.x, int(shown.labels[0]), everything, gradient)
                sampler.next_validation(5)
                trainer.prediction_replica().probabilities(sampler.next_test(4).x)
            weights.append(trainer.net.params.tobytes())
            seen = sampler.epoch
    assert weights[0] == weights[1]
    assert seen == pytest.approx(72 / len(digits().training_indices))
