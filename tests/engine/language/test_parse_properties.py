"""Whatever the text, it is parsed or refused at a place in it; nothing else happens."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import DEFAULT_TEXT, NetSpec, SpecError, parse, to_text

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
