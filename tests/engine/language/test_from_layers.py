"""Specs made of plain layers, as a program or a snapshot lists them."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_TEXT, OptionError, from_layers, parse


def test_plain_layers_of_a_program_are_those_of_the_text() -> None:
    spec = parse(DEFAULT_TEXT)
    plain = [{"type": layer.type, **layer.options} for layer in spec.layers]
    assert from_layers(plain, spec.trainer) == spec
    for definition in plain:
        definition.pop("bias_pref", None)
    assert from_layers(plain, spec.trainer) == spec


@pytest.mark.parametrize(
    ("middle", "message"),
    [
        ([{"type": "conv", "sx": 5}], "layer 1: conv needs `filters`"),
        ([{"type": None}], "layer 1: a layer's `type` must be a string such as 'conv', not null"),
        ([{}], "layer 1: a layer's `type` must be a string such as 'conv', not null"),
        ([{"type": "pool", "sx": 30}], "layer 1: pool 30x30 does not fit its 24x24x1 input"),
        ([], "layer 1: softmax must come directly after an fc"),
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
