"""Training on from a file is training on without a break, to the last bit."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from engine.data import Sampler
from engine.formats import Snapshot, SnapshotError, dump, load
from engine.language import NetSpec
from engine.training.divergence import DivergenceError
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

State = tuple[bytes, ...]


def state_of(trainer: Trainer, sampler: Sampler) -> State:
    """Everything that decides how training goes on."""
    optimizer = trainer.optimizer
    vectors = [trainer.net.params, trainer.net.state, trainer.average, *optimizer.state.values()]
    counts = (trainer.step_count, trainer.examples_seen, optimizer.updates, sampler.epoch)
    rest = (counts, optimizer.method, trainer.rng.bit_generator.state, sampler.state())
    return (*(each.tobytes() for each in vectors), repr(rest).encode())


def unbroken(spec: NetSpec, steps: int) -> tuple[list[float], State]:
    with training(spec) as (trainer, sampler):
        return train(trainer, sampler, steps), state_of(trainer, sampler)


def resumed(data: bytes, steps: int) -> tuple[list[float], State]:
    """So many steps more, in a trainer that knows nothing but the file."""
    snapshot = load(data)
    rng = np.random.default_rng(99)
    sampler = Sampler(digits(), snapshot.net.spec.input_shape, rng)
    spec = snapshot.net.spec.trainer
    with closing(Trainer(snapshot.net, spec, rng, processes=1)) as trainer:
        snapshot.resume(trainer, sampler)
        return train(trainer, sampler, steps), state_of(trainer, sampler)


def broken(spec: NetSpec, first: int, then: int) -> tuple[list[float], State]:
    with training(spec) as (trainer, sampler):
        losses = train(trainer, sampler, first)
        data = dump(trainer.net, trainer, sampler)
    more, state = resumed(data, then)
    return losses + more, state


@pytest.mark.parametrize("layers", [PLAIN, NOISY, NORMED], ids=["plain", "noisy", "normed"])
@pytest.mark.parametrize("method", OPTIMIZERS)
def test_a_break_does_not_show(method: str, layers: str) -> None:
    # After ten steps the second epoch has begun, and 30 of its 90 images are seen.
    spec = make_spec(layers, method=method, l1_decay=0.001)
    assert broken(spec, 10, 12) == unbroken(spec, 22)


def test_neither_averages_nor_schedules_nor_distortions_notice_a_break() -> None:
    spec = make_spec(
        NOISY,
        method="sgd",
        ema=0.95,
        schedule="cosine",
        schedule_examples=200,
        warmup_examples=150,
        augment=10,
    )
    assert broken(spec, 10, 12) == unbroken(spec, 22)


def test_breaks_at_the_very_beginning_and_one_after_the_other() -> None:
    spec = make_spec(NOISY)
    assert broken(spec, 0, 5) == unbroken(spec, 5)
    with training(spec) as (trainer, sampler):
        train(trainer, sampler, 2)
        data = dump(trainer.net, trainer, sampler)
    for _ in range(2):
        snapshot = load(data)
        sampler = Sampler(digits(), snapshot.net.spec.input_shape, np.random.default_rng(1))
        options = snapshot.net.spec.trainer
        fresh = Trainer(snapshot.net, options, np.random.default_rng(1), processes=1)
        with closing(fresh) as trainer:
            snapshot.resume(trainer, sampler)
            train(trainer, sampler, 1)
            data = dump(trainer.net, trainer, sampler)
    assert resumed(data, 1)[1] == unbroken(spec, 5)[1]


def test_saving_does_not_disturb() -> None:
    spec = make_spec(NOISY)
    with training(spec) as (trainer, sampler):
        for _ in range(5):
            train(trainer, sampler, 1)
            assert dump(trainer.net, trainer, sampler) == dump(trainer.net, trainer, sampler)
        assert state_of(trainer, sampler) == unbroken(spec, 5)[1]


def test_options_changed_while_training_are_saved() -> None:
    with training(make_spec(PLAIN, method="sgd")) as (trainer, sampler):
        trainer.configure(trainer.options.with_options(method="adam", learning_rate=0.5))
        train(trainer, sampler, 1)
        loaded = load(dump(trainer.net, trainer, sampler)).net.spec.trainer
        assert loaded == trainer.options
        assert loaded.method == "adam"


def test_a_trainer_with_another_method_starts_without_memory() -> None:
    with training(make_spec(PLAIN, method="adam")) as (trainer, sampler):
        train(trainer, sampler, 3)
        snapshot = load(dump(trainer.net, trainer, sampler))
    options = snapshot.net.spec.trainer.with_options(method="sgd")
    with closing(Trainer(snapshot.net, options, np.random.default_rng(0), processes=1)) as other:
        snapshot.resume(other)
        assert other.step_count == 3
        assert other.optimizer.method == "sgd"
        assert other.optimizer.updates == 0


def test_a_sampler_of_other_data_starts_over() -> None:
    spec = make_spec()
    with training(spec) as (trainer, sampler):
        train(trainer, sampler, 3)
        snapshot = load(dump(trainer.net, trainer, sampler))
        data = digits()
        fewer = replace(
            data, train_images=data.train_images[:50], train_labels=data.train_labels[:50]
        )
        other = Sampler(fewer, spec.input_shape, np.random.default_rng(3))
        before = other.state()
        snapshot.resume(trainer, other)
        assert other.state() == before


def test_what_is_left_after_divergence_can_be_saved_and_loaded() -> None:
    spec = make_spec(PLAIN, method="nesterov", learning_rate=1000, ema=0.9)
    with training(spec) as (trainer, sampler):
        while True:
            try:
                train(trainer, sampler, 1)
            except DivergenceError:
                break
        expected = trainer.net.params.copy()
        snapshot = load(dump(trainer.net, trainer, sampler))
        snapshot.resume(trainer, sampler)
        assert np.array_equal(snapshot.net.params, expected)


def saved_training() -> tuple[Trainer, dict[str, Any]]:
    with training(make_spec(NOISY, method="adam")) as (trainer, sampler):
        train(trainer, sampler, 3)
        file = json.loads(dump(trainer.net, trainer, sampler))
        return trainer, file["convnet_live"]["training"]


MALFORMED = {
    "no counters": {"step_count": None},
    "half a step": {"step_count": 1.5},
    "a negative step": {"examples_seen": -1},
    "a step too true to be a number": {"step_count": True},
    "more examples than can be added to": {"examples_seen": 2**50 + 1},
    "more steps than a file can hold": {"step_count": 2**63},
    "a generator that stands still": {
        "rng": {"state": "0", "inc": "0", "has_uint32": 0, "uinteger": 0}
    },
    "no optimizer": {"optimizer": None},
    "an optimizer in a list": {"optimizer": []},
    "an unknown method": {"optimizer": {"method": "magic", "updates": 1, "state": {}}},
    "a method in a list": {"optimizer": {"method": ["adam"], "updates": 1, "state": {}}},
    "no memory": {"optimizer": {"method": "adam", "updates": 3, "state": {}}},
    "short memory": {"optimizer": {"method": "sgd", "updates": 3, "state": {"v": "AAAA"}}},
    "no base64": {"average": "\u00e9"},
    "half a float": {"average": "AAA="},
    "a list for a vector": {"average": [1, 2, 3]},
    "statistics of another network": {"statistics": "AACAPw=="},
    "no generator": {"rng": {}},
    "a generator beyond 128 bits": {
        "rng": {"state": str(2**200), "inc": "1", "has_uint32": 0, "uinteger": 0}
    },
    "a negative generator": {"rng": {"state": "-1", "inc": "1", "has_uint32": 0, "uinteger": 0}},
    "a generator of 5,000 digits": {
        "rng": {"state": "9" * 5000, "inc": "1", "has_uint32": 0, "uinteger": 0}
    },
    "a generator with a huge rest": {
        "rng": {"state": "1", "inc": "1", "has_uint32": 2**70, "uinteger": 2**70}
    },
}


@pytest.mark.parametrize("change", MALFORMED.values(), ids=MALFORMED)
def test_malformed_training_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    trainer, state = saved_training()
    sampler = Sampler(digits(), trainer.net.spec.input_shape, np.random.default_rng(4))
    before = state_of(trainer, sampler)
    with pytest.raises(SnapshotError, match="its training state is malformed"):
        Snapshot(trainer.net, state | change).resume(trainer, sampler)
    assert state_of(trainer, sampler) == before


@pytest.mark.parametrize(
    "change", [{"position": -1}, {"position": 91}, {"epoch_start": {}}, {"test": 7}]
)
def test_a_malformed_sampler_is_refused_and_changes_nothing(change: dict[str, Any]) -> None:
    trainer, state = saved_training()
    sampler = Sampler(digits(), trainer.net.spec.input_shape, np.random.default_rng(4))
    trainer.step(random_batch(12))
    before = state_of(trainer, sampler)
    state["sampler"] |= change
    with pytest.raises(SnapshotError, match="its training state is malformed"):
        Snapshot(trainer.net, state).resume(trainer, sampler)
    assert state_of(trainer, sampler) == before
