"""Every way in which a spec can be wrong is said in a sentence, at its place."""

from __future__ import annotations

import pytest

from engine.language import (
    DataShape,
    Limits,
    OptionError,
    SpecError,
    TrainerSpec,
    from_layers,
    parse,
)

INPUT = "{type:'input', out_sx:24, out_sy:24, out_depth:1}"
SOFTMAX = "{type:'softmax', num_classes:10}"


def net(middle: str = "{type:'relu'}", *, first: str = INPUT, last: str = SOFTMAX) -> str:
    """Three layers on lines 2 to 4; each begins right behind `defs.push(`."""
    return f"defs = [];\ndefs.push({first});\ndefs.push({middle});\ndefs.push({last});\n"


def fault(text: str, **options: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        parse(text, **options)  # type: ignore[arg-type]
    return caught.value


def assert_fault(text: str, token: str, message: str) -> None:
    """The error says `message`, and points at the only `token` that the text has."""
    error = fault(text)
    assert error.message == message
    at = text.rindex(token)
    assert (error.line, error.column) == (text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


def test_an_error_reads_as_place_and_sentence() -> None:
    error = fault(net("{type:'conv', sx:5, fliters:8}"))
    assert str(error) == (
        "line 3, column 31: `fliters` is no option of conv; did you mean `filters`?"
    )


@pytest.mark.parametrize(
    ("layer", "token", "message"),
    [
        (
            "{type:'fc', neurons:5}",
            "neurons",
            "`neurons` is no option of fc; did you mean `num_neurons`?",
        ),
        ("{type:'relu', tensor:1}", "tensor", "`tensor` is no option of relu, which has drop_prob"),
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
            "`filters` gives `num_neurons` a second time",
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
            "`learning_rat` is no option of the trainer; did you mean `learning_rate`?",
        ),
        ("{momentum:false}", "false", "`momentum` must be a number, not false"),
    ],
)
def test_a_bad_trainer(options: str, token: str, message: str) -> None:
    assert_fault(f"{net()}t = new convnetjs.Trainer(net, {options})", token, message)


@pytest.mark.parametrize(
    ("text", "token", "message"),
    [
        ("for (;;) {}", "for", "loops cannot be written here: write out each layer"),
        ("if (x) {}", "if", "conditions cannot be written here"),
        ("function f() {}", "function", "functions cannot be written here"),
        (
            "a = [];\na.push({type:'fc', sx:1+1})",
            "+",
            "nothing is computed here: write the value itself",
        ),
        (
            "a = [{sx:n}]",
            "n}",
            "`n` is a name; give `sx` a value: a number, a string, true or false",
        ),
        ("a = [{sx:[1]}]", "[1", "`sx` needs a number, a string, true or false, not `[`"),
        ("a = [{sx:1, 'sx':2}]", "'sx'", "`sx` is given twice"),
        ("a = [{sx:010}]", "010", "`010`: numbers do not start with 0"),
        ("a = [{sx:3px}]", "3px", "`3p` is no number"),
        ("a = [{sx:1e5.5}]", ".5", "expected `,` or `}`, not `.5`"),
        ("a = [{sx:" + "9" * 5000 + "}]", "9" * 5000, "this number has more than 100 digits"),
        ("a = [{sx:`5`}]", "`5", "strings stand in '…' or \"…\" here, not in backticks"),
        ("a = [{sx:'5}]", "'5", "this string is not closed: ' is missing"),
        ("a = [{sx:'\\n'}]", "'\\n", "strings need no backslash here"),
        ("a = [{sx}]", "}", "expected `:` and a value for `sx`, not `}`"),
        ("a = [{sx:1 sy:2}]", "sy", "expected `,` or `}`, not `sy`"),
        ("a = [{...b}]", "...", "expected an option's name, not `.`"),
        ("a = [b]", "b", "expected a layer as {name: value, …}, not `b`"),
        ("a = [];\na.push()", "push", "push needs a layer: push({type:'…', …})"),
        ("a = [] b = 1", "b", "expected `;` or a new line, not `b`"),
        ("a = [];\nb = [];", "b", "there is a list of layers already: `a`"),
        ("a = [];\na = new convnetjs.Net();", "a = new", "`a` stands for something else already"),
        ("b.push({});", "b", "`b` is no list of layers: begin with `layer_defs = [];`"),
        ("n.makeLayers(a);", "n", "`n` is no net: begin with `net = new convnetjs.Net();`"),
        ("a = [];\na.pop();", "pop", "only .push(…) and .makeLayers(…) can be called, not `pop`"),
        (
            "a = new convnetjs.Nte();",
            "Nte",
            "convnetjs makes Net, SGDTrainer or Trainer here, not `Nte`; did you mean `Net`?",
        ),
        ("a = new Net();", "Net", "expected `convnetjs.`, not `Net`"),
        ("t = new convnetjs.Trainer()", ")", "expected the name of the net, not `)`"),
        (
            "n = new convnetjs.Net();\nt = new convnetjs.Trainer(m)",
            "m)",
            "expected the name of the net, `n`, not `m`",
        ),
        ("/* open", "/*", "this comment is not closed: `*/` is missing"),
        ("a = [", "[", "expected a layer as {name: value, …}, not the end of the text"),
        ("a = [];\n#", "#", "`#` is no part of the spec language"),
        ("a = [];\n\x00", "\x00", "`\\u0000` is no part of the spec language"),
    ],
)
def test_what_the_language_cannot_say(text: str, token: str, message: str) -> None:
    assert_fault(text, token, message)


@pytest.mark.parametrize("statement", ["alert(1)", "a", "a = 5", "5", "({})"])
def test_other_statements_are_told_what_there_is(statement: str) -> None:
    error = fault(statement)
    assert "write `layer_defs = [];`, `layer_defs.push({…});`" in error.message


def test_statements_out_of_order() -> None:
    made = "a = [];\nn = new convnetjs.Net();\nn.makeLayers(a);\n"
    assert_fault(f"{made}n.makeLayers(a)", "makeLayers", "the layers are made already")
    message = "a layer pushed after makeLayers would not be in the net"
    assert_fault(f"{made}a.push({SOFTMAX})", "push", message)
    again = "t = new convnetjs.Trainer(n);\nu = new convnetjs.Trainer(n);"
    assert_fault(again, "u", "there is a trainer already: `t`")


def test_a_text_without_layers() -> None:
    message = "there are no layers: begin with layer_defs = []; and layer_defs.push({…});"
    for text, column in (("", 1), ("  \n", 1), ("a = [];", 7)):
        error = fault(text)
        assert (error.message, error.line, error.column) == (message, 1, column)


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
            "this conv brings the network to 23,040,576 activations an example; "
            "20,000,000 are allowed",
        ),
        (
            "{type:'pool', sx:5000, pad:4999}",
            "this pool brings the network to 106,751,204 activations an example; "
            "20,000,000 are allowed",
        ),
        (
            "{type:'conv', sx:60, pad:59, filters:1000}",
            "this conv brings the network to 24,807,289,000 multiplications an example; "
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
    assert fault(many, limits=allowed).message == "a network may have 64 layers, not more"
    unfolded = f"a = [{INPUT}," + "{type:'relu'}," * 61 + f"{SOFTMAX}]"
    assert len(parse(unfolded).layers) == 64
    folded = unfolded.replace("'relu'", "'fc', num_neurons:10", 1)
    folded = folded.replace("num_neurons:10", "num_neurons:10, activation:'relu'", 1)
    assert "softmax is one layer too many: 64 are allowed" in fault(folded).message
    assert fault(";" * 20_000).message == "the text has more than 8,000 words and signs"
    assert fault("(" * 20_000).column == 1
    assert fault("a = [{b:" + "[" * 19_000).column == 9


def test_messages_quote_no_more_than_a_person_reads() -> None:
    for text in ("x" * 20_000, "a = [{type:'" + "k" * 9_000 + "'}]", "a = [{type:'\ud800'}]"):
        message = fault(text).message
        assert len(message) < 400
        message.encode()


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
        ({"self": 1}, "self", "`self` is no option of the trainer"),
        ({"metod": "sgd"}, "metod", "did you mean `method`"),
    ],
)
def test_live_changes_of_the_trainer(changes: dict[str, object], field: str, message: str) -> None:
    with pytest.raises(OptionError, match=message) as caught:
        TrainerSpec.of().with_options(**changes)
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("middle", "message"),
    [
        ([{"type": "conv", "sx": 5}], "layer 1: conv needs `filters`"),
        ([{"type": None}], "layer 1: a layer's `type` must be a string such as 'conv', not null"),
        ([{}], "layer 1: a layer's `type` must be a string such as 'conv', not null"),
        ([{"type": "pool", "sx": 30}], "layer 1: pool 30x30 does not fit its 24x24x1 input"),
        ([], "layer 1: softmax must stand behind an fc"),
        ([{"type": "relu"}] * 100, "layer 64: this relu is one layer too many"),
    ],
)
def test_layers_of_a_program(middle: list[dict[str, object]], message: str) -> None:
    first = {"type": "input", "out_sx": 24, "out_sy": 24, "out_depth": 1}
    with pytest.raises(OptionError) as caught:
        from_layers([first, *middle, {"type": "softmax", "num_classes": 10}])
    assert caught.value.message.startswith(message)


def test_no_layers_of_a_program() -> None:
    with pytest.raises(OptionError, match="there are no layers"):
        from_layers([])
