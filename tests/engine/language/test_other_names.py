"""Names from other frameworks: each is answered with what it is called here, at its place."""

from __future__ import annotations

from collections.abc import Collection

import pytest

from engine.language.other_names import NOTHING_OF_THE_KIND, OTHER_NAMES, suggestion
from engine.language.parser import METHODS, TRAINERS
from engine.language.sugar import accepted
from engine.layers import LAYERS, Option
from engine.update_rules.optimizers import TRAINER_OPTIONS
from tests.engine.language.test_parse_errors import net
from tests.engine.spec_faults import assert_fault


def names(options: tuple[Option, ...]) -> list[str]:
    return [name for option in options for name in (option.name, *option.aliases)]


OPTIONS = [names(options) for options in (TRAINER_OPTIONS, *map(accepted, LAYERS))]
CHOICES = [
    option.choices
    for options in (TRAINER_OPTIONS, *map(accepted, LAYERS))
    for option in options
    if option.choices
]
PLACES: list[Collection[str]] = [LAYERS, METHODS, TRAINERS, *OPTIONS, *CHOICES]
PAIRS = [(theirs, ours) for ours, words in OTHER_NAMES.items() for theirs in words.split()]


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_every_other_name_leads_to_ours_where_ours_is_known(theirs: str, ours: str) -> None:
    places = [known for known in PLACES if ours in known]
    assert any(suggestion(theirs, known) == f"; here it is called `{ours}`" for known in places)


def test_no_hint_leads_to_a_name_that_its_place_does_not_admit() -> None:
    for theirs, _ in PAIRS:
        for known in PLACES:
            hint = suggestion(theirs, known)
            assert not hint.startswith("; here") or hint.split("`")[1] in known, (theirs, known)


@pytest.mark.parametrize("words", NOTHING_OF_THE_KIND)
def test_what_has_no_name_here_is_told_what_to_do_instead(words: str) -> None:
    for word in words.split():
        assert suggestion(word, OPTIONS[0]) == f"; {NOTHING_OF_THE_KIND[words]}"


@pytest.mark.parametrize(
    ("theirs", "hint"),
    [
        ("dense", "here it is called 'fc'"),
        ("Linear", "here it is called 'fc'"),
        ("Conv2D", "here it is called 'conv'"),
        ("maxpool", "here it is called 'pool'"),
        ("max_pool", "here it is called 'pool'"),
        ("AvgPool2d", "here it is called 'avgpool'"),
        ("avg_pool", "did you mean 'avgpool'?"),
        ("ReLU", "did you mean 'relu'?"),
        ("flatten", "leave it out: an fc takes a volume of any size"),
    ],
)
def test_a_layer_type_from_elsewhere(theirs: str, hint: str) -> None:
    message = f"there is no layer type '{theirs}'; {hint}"
    assert_fault(net(f"{{type:'{theirs}', sx:2}}"), f"'{theirs}'", message)


@pytest.mark.parametrize(
    ("kind", "theirs", "hint"),
    [
        ("conv", "kernel", "here it is called `sx`"),
        ("conv", "kernel_size", "here it is called `sx`"),
        ("conv", "out_channels", "here it is called `filters`"),
        ("conv", "in_channels", "leave it out: it is what the layer before puts out"),
        ("pool", "kernelSize", "here it is called `sx`"),
        ("fc", "units", "here it is called `num_neurons`"),
        ("softmax", "units", "here it is called `num_classes`"),
        ("dropout", "p", "here it is called `drop_prob`"),
        ("dropout", "rate", "here it is called `drop_prob`"),
        ("batchnorm", "momentum", "here it is called `memory`"),
    ],
)  # fmt: skip
def test_a_layers_option_from_elsewhere(kind: str, theirs: str, hint: str) -> None:
    message = f"`{theirs}` is not an option of {kind}; {hint}"
    layer = f"{{type:'{kind}', {theirs}:5}}"
    text = net(last=layer) if kind == "softmax" else net(layer)
    assert_fault(text, f"{theirs}:5", message)


@pytest.mark.parametrize(
    ("theirs", "hint"),
    [
        ("lr", "here it is called `learning_rate`"),
        ("rate", "here it is called `learning_rate`"),
        ("batch", "here it is called `batch_size`"),
        ("wd", "here it is called `l2_decay`"),
        ("weight_decay", "here it is called `l2_decay`"),
        ("optimizer", "here it is called `method`"),
        ("epochs", "leave it out: how long to train is not part of the text"),
    ],
)
def test_a_trainers_option_from_elsewhere(theirs: str, hint: str) -> None:
    text = f"{net()}t = new convnetjs.Trainer(net, {{{theirs}:5}});"
    message = f"`{theirs}` is not an option of the trainer; {hint}"
    assert_fault(text, f"{theirs}:5", message)


def test_values_from_elsewhere() -> None:
    message = (
        "`activation` must be one of 'relu', 'sigmoid', 'tanh', 'maxout', not 'TANH'; "
        "did you mean 'tanh'?"
    )
    assert_fault(net("{type:'fc', num_neurons:5, activation:'TANH'}"), "'TANH'", message)
    message = (
        "`method` must be one of 'sgd', 'nesterov', 'adagrad', 'windowgrad', 'adadelta', 'adam', "
        "not 'rmsprop'; here it is called 'windowgrad'"
    )
    text = f"{net()}t = new convnetjs.Trainer(net, {{method:'rmsprop'}});"
    assert_fault(text, "'rmsprop'", message)
