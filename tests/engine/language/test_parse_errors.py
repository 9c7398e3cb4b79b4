"""Layers and options that are wrong: each is told in a sentence, at its place in the text."""

from __future__ import annotations

import pytest

from engine.language import DataShape, Limits, parse
from tests.engine.spec_faults import assert_fault, fault

INPUT = "{type:'input', out_sx:24, out_sy:24, out_depth:1}"
SOFTMAX = "{type:'softmax', num_classes:10}"


def net(middle: str = "{type:'relu'}", *, first: str = INPUT, last: str = SOFTMAX) -> str:
    """Three layers on lines 2 to 4; each begins right behind `defs.push(`."""
    return f"defs = [];\ndefs.push({first});\ndefs.push({middle});\ndefs.push({last});\n"


def test_an_error_reads_as_place_and_sentence() -> None:
    error = fault(net("{type:'conv', sx:5, fliters:8}"))
    assert str(error) == (
        "line 3, column 31: `fliters` is not an option of conv; did you mean `filters`?"
    )


@pytest.mark.parametrize(
    ("layer", "token", "message"),
    [
        (
            "{type:'fc', neurons:5}",
            "neurons",
            "`neurons` is not an option of fc; did you mean `num_neurons`?",
        ),
        (
            "{type:'relu', tensor:1}",
            "tensor",
            "`tensor` is not an option of relu, which has drop_prob",
        ),
        ("{type:'conv', sx:5}", "{", "conv needs `filters`"),
        ("{type:'pool'}", "{", "pool needs `sx`"),
        (
            "{type:'fc', num_neurons:1.5}",
            "1.5",
            "`num_neurons` must be a whole number, not 1.5",
        ),
        ("{type:'fc', filters:true}", "true", "`filters` must be a whole number, not true"),
        ("{type:'fc', filters:'8'}", "'8'", "`filters` must be a whole number, not '8'"),
        ("{type:'fc', filters:0}", "0}", "`filters` must be at least 1, not 0"),
        ("{type:'fc', filters:-1}", "-1", "`filters` must be at least 1, not -1"),
        ("{type:'lrn', k:'two'}", "'two'", "`k` must be a number, not 'two'"),
        ("{type:'lrn', n:4}", "4}", "`n` must be odd, not 4"),
        (
            "{type:'dropout', drop_prob:1}",
            "1}",
            "`drop_prob` must be at least 0 and below 1, not 1",
        ),
        (
            "{type:'fc', num_neurons:5, filters:5}",
            "filters",
            "`filters` sets `num_neurons` a second time",
        ),
        (
            "{type:'conv', sx:5, filters:8, activation:'rleu'}",
            "'rleu'",
            "`activation` must be one of 'relu', 'sigmoid', 'tanh', 'maxout', not 'rleu'; "
            "did you mean 'relu'?",
        ),
        ("{type:'covn'}", "'covn'", "there is no layer type 'covn'; did you mean 'conv'?"),
        ("{type:5}", "5", "a layer's `type` must be a string such as 'conv', not 5"),
        ("{sx:5}", "{", "this layer has no `type`: {type:'conv', …}"),
        ("{type:'pool', sx:25}", "{", "pool 25x25 does not fit its 24x24x1 input"),
        ("{type:'maxout'}", "{", "maxout groups of 2 do not fit its 24x24x1 input"),
        (
            INPUT.replace("24", "9"),
            "'input'",
            "the input must be the first layer, and there is only one",
        ),
        (
            SOFTMAX.replace("10", "11"),
            "'softmax'",
            "softmax must be the last layer: it ends a network",
        ),
    ],
)
def test_a_bad_layer(layer: str, token: str, message: str) -> None:
    error = fault(net(layer))
    assert error.message == message
    assert error.line == 3
    assert error.column == len("defs.push(") + layer.index(token) + 1


def test_a_window_that_does_not_fit_names_the_input_it_got() -> None:
    text = """layer_defs = [];
layer_defs.push({type:'input', out_sx:8, out_sy:8, out_depth:1});
layer_defs.push({type:'conv', sx:5, filters:16});
layer_defs.push({type:'pool', sx:5});
layer_defs.push({type:'softmax', num_classes:10});
"""
    assert_fault(text, "{type:'pool'", "pool 5x5 does not fit its 4x4x16 input")


def test_order_of_layers() -> None:
    assert_fault(
        net(first="{type:'tanh'}"),
        "'tanh'",
        "the first layer must be the input, such as "
        "{type:'input', out_sx:24, out_sy:24, out_depth:1}, not tanh",
    )
    assert_fault(
        net(last="{type:'tanh'}"),
        "'tanh'",
        "the last layer must be a loss (softmax, svm or regression), not tanh",
    )


def test_layers_that_do_not_fit_the_data() -> None:
    large = INPUT.replace("24", "32")
    assert_fault(
        net(first=large), large, "an input of 32x32 is larger than the images, which are 28x28"
    )
    deep = INPUT.replace("depth:1", "depth:3")
    assert_fault(
        net(first=deep), deep, "an input of depth 3 does not fit the images, which have depth 1"
    )
    assert_fault(
        net(last="{type:'softmax', num_classes:5}"),
        "5}",
        "`num_classes` is 5, but the data has 10 classes",
    )
    assert_fault(
        net(last="{type:'regression', num_neurons:9}"),
        "9}",
        "`num_neurons` is 9, but the data has 10 classes",
    )
    assert parse(net(first=large), images=DataShape(32, 32)).input_shape == (32, 32, 1)


@pytest.mark.parametrize(
    ("options", "token", "message"),
    [
        (
            "{method:'adm'}",
            "'adm'",
            "`method` must be one of 'sgd', 'nesterov', 'adagrad', 'windowgrad', 'adadelta', "
            "'adam', not 'adm'; did you mean 'adam'?",
        ),
        ("{batch_size:0}", "0}", "`batch_size` must be at least 1 and at most 2000, not 0"),
        ("{batch_size:2001}", "2001", "`batch_size` must be at least 1 and at most 2000, not 2001"),
        (
            "{learning_rat:1}",
            "learning_rat",
            "`learning_rat` is not an option of the trainer; did you mean `learning_rate`?",
        ),
        ("{momentum:false}", "false", "`momentum` must be a number, not false"),
    ],
)
def test_a_bad_trainer(options: str, token: str, message: str) -> None:
    assert_fault(f"{net()}t = new convnetjs.Trainer(net, {options})", token, message)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (
            "{type:'conv', sx:5, filters:1e9}",
            "this conv brings the network to 26,000,000,000 parameters; 5,000,000 are allowed",
        ),
        (
            "{type:'fc', num_neurons:1e308}",
            "`num_neurons` must be at most 1,000,000,000, not 1e308",
        ),
        (
            "{type:'fc', num_neurons:1e999}",
            "`num_neurons` must be at least 1 and finite, not 1e999",
        ),
        (
            "{type:'conv', sx:1, filters:40000}",
            "this conv brings the network to 23,040,576 activations per example; "
            "20,000,000 are allowed",
        ),
        (
            "{type:'pool', sx:5000, pad:4999}",
            "this pool brings the network to 106,751,204 activations per example; "
            "20,000,000 are allowed",
        ),
        (
            "{type:'conv', sx:60, pad:59, filters:1000}",
            "this conv brings the network to 24,807,289,000 multiplications per example; "
            "10,000,000,000 are allowed",
        ),
    ],
)
def test_hostile_sizes_are_refused_by_arithmetic(layer: str, message: str) -> None:
    error = fault(net(layer))
    assert (error.message, error.line) == (message, 3)


def test_too_many_layers_and_too_long_texts() -> None:
    many = f"a = [{INPUT}," + "{type:'relu'}," * 1_000_000 + f"{SOFTMAX}]"
    assert fault(many).message == "the text has more than 20,000 characters"
    allowed = Limits(characters=10**8)
    assert fault(many, limits=allowed).message == "a network may have at most 64 layers"
    unfolded = f"a = [{INPUT}," + "{type:'relu'}," * 61 + f"{SOFTMAX}]"
    assert len(parse(unfolded).layers) == 64
    folded = unfolded.replace("'relu'", "'fc', num_neurons:10", 1)
    folded = folded.replace("num_neurons:10", "num_neurons:10, activation:'relu'", 1)
    assert "softmax is one layer too many: 64 are allowed" in fault(folded).message
    assert fault(";" * 20_000).message == "the text has more than 8,000 words and symbols"
    assert fault("(" * 20_000).column == 1
    assert fault("a = [{b:" + "[" * 19_000).column == 9


def test_messages_quote_no_more_than_a_person_reads() -> None:
    for text in ("x" * 20_000, "a = [{type:'" + "k" * 9_000 + "'}]", "a = [{type:'\ud800'}]"):
        message = fault(text).message
        assert len(message) < 400
        message.encode()
