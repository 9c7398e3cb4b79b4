"""Specs are values: they compare, hash and travel, and change only by making new ones."""

from __future__ import annotations

import pickle
from dataclasses import replace

import pytest

from engine.language import DEFAULT_TEXT, OptionError, TrainerSpec, parse, to_text


def test_specs_compare_hash_and_travel() -> None:
    spec, moved = parse(DEFAULT_TEXT), parse("\n\n" + DEFAULT_TEXT)
    assert spec == moved
    assert hash(spec) == hash(moved)
    assert spec.layers[0].line != moved.layers[0].line
    assert spec != parse(DEFAULT_TEXT.replace("filters:8", "filters:9"))
    assert spec != parse(DEFAULT_TEXT.replace("0.001", "0.002"))
    copied = pickle.loads(pickle.dumps(spec))
    assert copied == spec
    assert copied.trainer.batch_size == 20


def test_specs_do_not_change() -> None:
    spec = parse(DEFAULT_TEXT)
    with pytest.raises(TypeError):
        spec.layers[1].options["filters"] = 9  # type: ignore[index]
    with pytest.raises(AttributeError):
        spec.trainer.batch_size = 9  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match="no option `speed`"):
        spec.trainer.speed  # noqa: B018


def test_a_changed_trainer_keeps_the_rest() -> None:
    spec = parse(DEFAULT_TEXT)
    changed = spec.trainer.with_options(learning_rate=1, method="adam")
    assert (changed.learning_rate, changed.method, changed.batch_size) == (1.0, "adam", 20)
    assert spec.trainer.method == "adadelta"
    printed = to_text(replace(spec, trainer=changed))
    assert "{method:'adam', learning_rate:1, batch_size:20, l2_decay:0.001}" in printed
    assert parse(printed).trainer == changed


METHODS_EPS = {"adam": 1e-8, "adagrad": 1e-6, "windowgrad": 1e-6, "adadelta": 1e-6}


@pytest.mark.parametrize(("method", "eps"), METHODS_EPS.items())
def test_eps_is_by_default_what_the_method_was_released_with(method: str, eps: float) -> None:
    assert TrainerSpec.of(method=method).eps == eps
    text = DEFAULT_TEXT.replace("adadelta", method)
    assert parse(text).trainer.eps == eps
    assert to_text(parse(text)) == text


def test_an_eps_that_was_left_out_follows_the_method_and_one_that_was_given_does_not() -> None:
    trainer = TrainerSpec.of(method="adam")
    assert trainer.with_options(method="adadelta").eps == 1e-6
    assert trainer.with_options(method="adadelta").with_options(method="adam").eps == 1e-8
    assert trainer.with_options(method="adadelta", eps=1e-8).with_options(ro=0.9).eps == 1e-8
    assert TrainerSpec.of(method="adadelta", eps=1e-4).with_options(method="adam").eps == 1e-4


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"batch_size": 0}, "batch_size", "at least 1 and at most 2000, not 0"),
        (
            {"batch_size": 10**5000},
            "batch_size",
            "and finite, not a number with more than 20 digits",
        ),
        ({"learning_rate": float("nan")}, "learning_rate", "and finite, not NaN"),
        ({"learning_rate": None}, "learning_rate", "a number, not null"),
        ({"learning_rate": [1]}, "learning_rate", "a number, not an array"),
        ({"learning_rate": {}}, "learning_rate", "a number, not an object"),
        ({"method": 3}, "method", "must be one of 'sgd'"),
        ({"self": 1}, "self", "`self` is not an option of the trainer"),
        ({"metod": "sgd"}, "metod", "did you mean `method`"),
    ],
)
def test_live_changes_of_the_trainer(changes: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        TrainerSpec.of().with_options(**changes)
    assert caught.value.field == field
