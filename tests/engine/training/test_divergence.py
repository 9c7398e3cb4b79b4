"""Training that diverges: it is noticed, and the network keeps its last good weights."""

from __future__ import annotations

import numpy as np
import pytest

from engine.training.divergence import DivergenceError
from engine.training.trainer import Trainer
from tests.engine.networks import NORMED, PLAIN, make_spec, random_batch, train, training


def assert_all_finite(trainer: Trainer) -> None:
    vectors = [trainer.net.params, trainer.net.state, trainer.average]
    for each in (*vectors, *trainer.optimizer.state.values()):
        assert np.isfinite(each).all()


@pytest.mark.parametrize("layers", [PLAIN, NORMED], ids=["plain", "normed"])
@pytest.mark.parametrize("loss", ["softmax", "regression", "svm"])
@pytest.mark.parametrize("method", ["sgd", "nesterov"])
def test_divergence_leaves_the_last_good_weights(layers: str, loss: str, method: str) -> None:
    spec = make_spec(layers, loss, method=method, learning_rate=1000, ema=0.9, l2_decay=10)
    with training(spec) as (trainer, sampler):
        kept = [trainer.net.params.copy()]
        error = None
        while error is None:
            try:
                train(trainer, sampler, 1)
                kept.append(trainer.net.params.copy())
            except DivergenceError as caught:
                error = caught
            assert_all_finite(trainer)
            assert len(kept) < 400
        assert error.step == trainer.step_count + 1 == len(kept)
        assert error.learning_rate == 1000
        assert str(error) == (
            f"the loss is no longer finite at step {len(kept)} with learning rate 1000"
        )
        assert any(np.array_equal(trainer.net.params, each) for each in kept)
        assert np.array_equal(trainer.average, trainer.net.params)
        # From there training goes on with a smaller step.
        trainer.configure(spec.trainer.with_options(learning_rate=0, method="sgd"))
        assert np.isfinite(train(trainer, sampler, 2)).all()


@pytest.mark.parametrize("layers", [PLAIN, NORMED], ids=["plain", "normed"])
def test_good_weights_are_from_before_the_loss_rose(layers: str) -> None:
    spec = make_spec(layers, method="sgd", learning_rate=0.01)
    with training(spec) as (trainer, sampler):
        train(trainer, sampler, 20)
        before = trainer.net.params.copy(), trainer.net.state.copy()
        trainer.configure(spec.trainer.with_options(learning_rate=1000))
        # The loss is finite for a while, with weights that nobody would want back.
        with pytest.raises(DivergenceError):
            train(trainer, sampler, 400)
        assert np.array_equal(trainer.net.params, before[0])
        assert np.array_equal(trainer.net.state, before[1])
        trainer.configure(spec.trainer)
        assert max(train(trainer, sampler, 20)) < 3


def test_an_overflow_that_no_loss_would_show() -> None:
    spec = make_spec("{type:'fc', num_neurons:3}", "regression", method="adagrad")
    with training(spec) as (trainer, _):
        batch = random_batch(12)
        batch.x[...] *= 1e26
        trainer.net.params.fill(0)
        trainer.net.layers[-2].params["weights"].fill(1e-3)
        # The loss is 0.5, but the squared gradient of the first layer is beyond float32.
        with pytest.raises(DivergenceError):
            trainer.step(batch)
        assert_all_finite(trainer)
        assert np.unique(trainer.net.params).tolist() == [0, np.float32(1e-3)]
