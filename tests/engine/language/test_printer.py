"""Specs as text: short, as a person would write it, and read as the same spec again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.language import (
    DEFAULT_TEXT,
    NetSpec,
    OptionError,
    TrainerSpec,
    from_layers,
    parse,
    to_text,
)
from engine.language.sugar import is_loss, size_option
from engine.layers import LAYERS
from engine.options import REQUIRED, Option
from engine.update_rules.optimizers import TRAINER_OPTIONS

INPUT = "{type:'input', out_sx:24, out_sy:24, out_depth:1}"
SOFTMAX = "{type:'softmax', num_classes:10}"


def test_the_default_text_is_printed_as_it_is() -> None:
    assert to_text(parse(DEFAULT_TEXT)) == DEFAULT_TEXT


PRINTED = [
    "{type:'conv', sx:3, sy:5, filters:8, stride:2}",
    "{type:'conv', sx:3, filters:8, stride:1, activation:'maxout', group_size:4}",
    "{type:'fc', num_neurons:30, activation:'relu', drop_prob:0.5}",
    "{type:'fc', num_neurons:30, drop_prob:0.5}",
    "{type:'fc', num_neurons:30, bias_pref:1e-8, activation:'tanh'}",
    "{type:'lrn', n:3, alpha:0.5}",
    "{type:'dropout', drop_prob:0.25}",
    "{type:'pool', sx:2, stride:2}",
    "{type:'sigmoid'}",
]


@pytest.mark.parametrize("definition", PRINTED)
def test_short_forms_are_printed_as_a_person_writes_them(definition: str) -> None:
    text = to_text(parse(f"a = [{INPUT}, {definition}, {SOFTMAX}]"))
    assert f"layer_defs.push({definition});\n  layer_defs.push({SOFTMAX});" in text


def values(option: Option) -> st.SearchStrategy[Any]:
    """Values that an option admits; whole numbers small, so that layers fit each other."""
    if option.kind is bool:
        return st.booleans()
    if option.kind is str:
        return st.sampled_from(option.choices)
    low = 0 if option.minimum is None else option.minimum
    if option.kind is int:
        least, most = int(low), int(low) + 4
        if option.maximum is not None:
            most = min(most, int(option.maximum))
        return st.integers(least, most).map(lambda n: n | 1 if option.odd else n)
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


@settings(max_examples=200, deadline=None, database=None)
@given(specs())
def test_a_printed_spec_is_read_as_the_same_spec(spec: NetSpec) -> None:
    assert parse(to_text(spec)) == spec
