"""Whatever the text, the parser answers; whatever the spec, its text says the same."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import (
    DEFAULT_TEXT,
    NetSpec,
    OptionError,
    SpecError,
    TrainerSpec,
    from_layers,
    parse,
    to_text,
)
from engine.language.sugar import is_loss, size_option
from engine.layers import LAYERS
from engine.options import REQUIRED, Option
from engine.update_rules.optimizers import TRAINER_OPTIONS

quick = settings(max_examples=200, deadline=None, database=None)

FULL_TEXT = """\
var defs = []; /* every short form */
defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
defs.push({type:"conv", sx:5, filters:8, pad:2, activation:'relu', drop_prob:.25});
defs.push({type:'pool', sx:2});
defs.push({type:'conv', sx:3, filters:8, activation:'maxout', group_size:2, bias_pref:-1e-3});
defs.push({type:'lrn', k:1, n:5, alpha:1e-4, beta:0.75}) // no semicolon
defs.push({type:'fc', num_neurons:20, activation:'tanh'}, {type:'svm', num_classes:10,});
let net = new convnetjs.Net(); net.makeLayers(defs);
trainer = new convnetjs.Trainer(net, {method:'adam', learning_rate:0x1, l1_decay:0});
"""
PIECES = [
    *"{}[]().,;:=+-*/'\"\\`#\n\r\t \x00\ud800\u2028",
    *("true", "NaN", "1e999", "-1", "0x", "1.5", "9" * 400, "//", "/*", "*/", "new", "var", "for"),
    *("type", "'type'", "__proto__", "defs", "layer_defs", "convnetjs", "push(", "{type:'relu'},"),
]


def assert_answers(text: str) -> None:
    """`text` parses, and then prints and parses again; or it is refused at a place inside it."""
    error, spec = outcome(text)
    if spec is not None:
        assert parse(to_text(spec)) == spec
    if error is not None:
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert 1 <= error.line <= len(lines)
        assert 1 <= error.column <= max(1, len(lines[error.line - 1]))
        assert error.message
        error.message.encode()


def outcome(text: str) -> tuple[SpecError | None, NetSpec | None]:
    try:
        return None, parse(text)
    except SpecError as error:
        return error, None


@quick
@given(st.text())
def test_any_text_parses_or_is_refused_at_a_place(text: str) -> None:
    assert_answers(text)


@quick
@given(st.lists(st.sampled_from(PIECES), max_size=60).map("".join))
def test_any_heap_of_pieces_parses_or_is_refused_at_a_place(text: str) -> None:
    assert_answers(text)


@quick
@given(st.sampled_from([DEFAULT_TEXT, FULL_TEXT]), st.data())
def test_any_mutation_parses_or_is_refused_at_a_place(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        stop = data.draw(st.integers(start, min(len(text), start + 12)))
        piece = data.draw(st.sampled_from(["", text[start:stop] * 2, *PIECES]))
        text = text[:start] + piece + text[stop:]
    assert_answers(text)


def test_the_texts_to_mutate_are_sound() -> None:
    assert len(parse(FULL_TEXT).layers) == 12


def values(option: Option) -> st.SearchStrategy[Any]:
    """Values that an option admits; whole numbers small, so that layers fit each other."""
    if option.kind is bool:
        return st.booleans()
    if option.kind is str:
        return st.sampled_from(option.choices)
    low = 0 if option.minimum is None else option.minimum
    if option.kind is int:
        high = int(low) + 4 if option.maximum is None else min(int(low) + 4, int(option.maximum))
        return st.integers(int(low), high).map(lambda n: n | 1 if option.odd else n)
    high = option.maximum if option.below is None else option.below
    return st.floats(low, high, exclude_max=option.below is not None)


@st.composite
def chosen(draw: st.DrawFn, options: tuple[Option, ...]) -> dict[str, Any]:
    """Values for the options that need one and for some of the others."""
    return {
        option.name: draw(values(option))
        for option in options
        if (option.default is REQUIRED and option.same_as is None) or draw(st.booleans())
    }


@st.composite
def specs(draw: st.DrawFn) -> NetSpec:
    """Networks of any layer types that fit each other, trained in any way."""
    first = {"type": "input", "out_sx": 28, "out_sy": draw(st.integers(9, 28)), "out_depth": 1}
    loss = draw(st.sampled_from([kind for kind in LAYERS if is_loss(kind)]))
    classes = draw(st.integers(10, 12))
    dense = draw(chosen(LAYERS["fc"].declared))
    last = [
        {"type": "fc", **dense, "num_neurons": classes},
        {"type": loss, **draw(chosen(LAYERS[loss].declared)), size_option(loss): classes},
    ]
    trainer = TrainerSpec.of(**draw(chosen(TRAINER_OPTIONS)))
    between: list[dict[str, Any]] = []
    kinds = [kind for kind in LAYERS if kind != "input" and not is_loss(kind)]
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=8)):
        layer = {"type": kind, **draw(chosen(LAYERS[kind].declared))}
        try:
            from_layers([first, *between, layer, *last])
        except OptionError:
            continue
        between.append(layer)
    return from_layers([first, *between, *last], trainer)


@quick
@given(specs())
def test_a_printed_spec_is_read_as_the_same_spec(spec: NetSpec) -> None:
    assert parse(to_text(spec)) == spec
