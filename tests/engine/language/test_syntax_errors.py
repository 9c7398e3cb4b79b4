"""Texts that are not in the spec language: each is told in a sentence, at its place."""

from __future__ import annotations

import pytest

from tests.engine.spec_faults import assert_fault, fault

SOFTMAX = "{type:'softmax', num_classes:10}"


@pytest.mark.parametrize(
    ("text", "token", "message"),
    [
        ("for (;;) {}", "for", "loops are not allowed: write out each layer"),
        ("if (x) {}", "if", "conditions are not allowed"),
        ("function f() {}", "function", "functions are not allowed"),
        (
            "a = [];\na.push({type:'fc', sx:1+1})",
            "+",
            "expressions are not allowed: write the value itself",
        ),
        (
            "a = [{sx:n}]",
            "n}",
            "`n` is a name; give `sx` a value: a number, a string, true or false",
        ),
        ("a = [{sx:[1]}]", "[1", "`sx` needs a number, a string, true or false, not `[`"),
        ("a = [{sx:1, 'sx':2}]", "'sx'", "`sx` is given twice"),
        ("a = [{sx:010}]", "010", "`010`: numbers cannot start with 0"),
        ("a = [{sx:3px}]", "3px", "`3p` is not a number"),
        ("a = [{sx:1e5.5}]", ".5", "expected `,` or `}`, not `.5`"),
        ("a = [{sx:" + "9" * 5000 + "}]", "9" * 5000, "this number has more than 100 digits"),
        ("a = [{sx:`5`}]", "`5", "strings are written in '…' or \"…\", not in backticks"),
        ("a = [{sx:'5}]", "'5", "this string is not closed: ' is missing"),
        ("a = [{sx:'\\n'}]", "'\\n", "backslashes are not allowed in strings"),
        ("a = [{sx}]", "}", "expected `:` and a value for `sx`, not `}`"),
        ("a = [{sx:1 sy:2}]", "sy", "expected `,` or `}`, not `sy`"),
        ("a = [{...b}]", "...", "expected an option's name, not `.`"),
        ("a = [b]", "b", "expected a layer as {name: value, …}, not `b`"),
        ("a = [];\na.push()", "push", "push needs a layer: push({type:'…', …})"),
        ("a = [] b = 1", "b", "expected `;` or a new line, not `b`"),
        ("a = [];\nb = [];", "b", "there is already a list of layers: `a`"),
        ("a = [];\na = new convnetjs.Net();", "a = new", "`a` already stands for something else"),
        ("b.push({});", "b", "`b` is not a list of layers: begin with `layer_defs = [];`"),
        ("n.makeLayers(a);", "n", "`n` is not a net: begin with `net = new convnetjs.Net();`"),
        ("a = [];\na.pop();", "pop", "only .push(…) and .makeLayers(…) can be called, not `pop`"),
        (
            "a = new convnetjs.Nte();",
            "Nte",
            "convnetjs has Net, SGDTrainer and Trainer here, not `Nte`; did you mean `Net`?",
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
        ("a = [];\n# b", "#", "a comment begins with `//` here, not with `#`"),
        ("a = [{sx:5 # b\n}]", "#", "a comment begins with `//` here, not with `#`"),
        (
            "a = [{type:\u2018fc\u2019}]",
            "\u2018",
            "\u2018 is a curly quote: use straight quotes, '…' or \"…\"",
        ),
        (
            "a = [{type:'fc\u2019}]",
            "'",
            "this string is not closed: ' is missing; \u2019 is a curly quote, use straight ones",
        ),
        ("a = [{bias_pref:\u22121}]", "\u2212", "`\u2212` is a dash: write `-`"),
        ("a = [{activation:relu}]", "relu", "`relu` needs quotes: activation:'relu'"),
        ("a = [{type:convv}]", "convv", "`convv` needs quotes: type:'convv'"),
        ("a = [{optimizer:adam}]", "adam", "`adam` needs quotes: optimizer:'adam'"),
        ("a = [{sx:True}]", "True", "`True` is written `true` here"),
        (
            "a = [];\na.add()",
            "add",
            "only .push(…) and .makeLayers(…) can be called, not `add`; here it is called `push`",
        ),
        ("a = [];\n\x00", "\x00", "`\\u0000` is not part of the spec language"),
    ],
)
def test_what_the_language_cannot_say(text: str, token: str, message: str) -> None:
    assert_fault(text, token, message)


@pytest.mark.parametrize(
    ("text", "token", "missing"),
    [
        ("a = [];\na.push({type:'relu'}\na.push({type:'tanh'});", "}\n", "`,` or `)`"),
        ("a = [];\na.push({type:'relu'};", None, "`,` or `)`"),
        ("a = [];\na.push({type:'pool', sx:12\n\n// more\n a.push({});", "2\n", "`,` or `}`"),
        ("a = [];\na.push({type:'pool', sx:2,\na.push({});", ",\n", "`}`"),
        ("a = [];\na.push({type:'pool', sx:2,\nb = new convnetjs.Net();", ",\n", "`}`"),
        ("a = [];\na.push({type:'relu'},\na.push({});", ",\n", "`)`"),
        ("a = [{type:'pool'\n  sx:2}];", "'\n", "`,` or `}`"),
        ("a = [\n  {type:'relu'}\n  {type:'tanh'}\n];", "}\n  {", "`,` or `]`"),
        ("a = [\n  {type:'relu'}\nb = new convnetjs.Net();", "}\nb", "`,` or `]`"),
        ("a = [\n  {type:'relu'},\nb = new convnetjs.Net();", ",\nb", "`]`"),
        ("n = new convnetjs.Net(\nm = 1", "(\n", "`)`"),
        ("t = new convnetjs.Trainer(net, {ema:0}\nn.makeLayers(a)", "}\n", "`)`"),
    ],
)
def test_what_is_missing_is_told_where_it_is_missing(
    text: str, token: str | None, missing: str
) -> None:
    if token is None:
        assert_fault(text, ";", f"expected {missing}, not `;`")
    else:
        assert_fault(text, token, f"{missing} is missing at the end of this line")


@pytest.mark.parametrize("statement", ["alert(1)", "a", "a = 5", "5", "({})"])
def test_other_statements_are_answered_with_what_there_is(statement: str) -> None:
    error = fault(statement)
    assert "write `layer_defs = [];`, `layer_defs.push({…});`" in error.message


def test_statements_out_of_order() -> None:
    made = "a = [];\nn = new convnetjs.Net();\nn.makeLayers(a);\n"
    assert_fault(f"{made}n.makeLayers(a)", "makeLayers", "the layers have already been made")
    message = "a layer pushed after makeLayers would not be in the net"
    assert_fault(f"{made}a.push({SOFTMAX})", "push", message)
    again = "t = new convnetjs.Trainer(n);\nu = new convnetjs.Trainer(n);"
    assert_fault(again, "u", "there is already a trainer: `t`")


def test_a_text_without_layers() -> None:
    message = "there are no layers: begin with layer_defs = []; and layer_defs.push({…});"
    for text, column in (("", 1), ("  \n", 1), ("a = [];", 7)):
        error = fault(text)
        assert (error.message, error.line, error.column) == (message, 1, column)
