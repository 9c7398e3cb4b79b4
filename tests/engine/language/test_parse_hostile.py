"""Specs that ask for far too much are refused by arithmetic: nothing is allocated for them."""

from __future__ import annotations

import tracemalloc

import pytest

from engine.language import DataShape, Limits, OptionError, SpecError, from_layers, parse

MOST_BYTES = 4 << 20
"""Many times what reading a text of 20,000 characters takes, and less than any large layer."""


def net(middle: str, trainer: str = "{}") -> str:
    return (
        "layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},"
        f"{middle}, {{type:'softmax', num_classes:10}}];\n"
        "net = new convnetjs.Net(); net.makeLayers(layer_defs);\n"
        f"trainer = new convnetjs.Trainer(net, {trainer});"
    )


VALUES = ["0", "-1", "1.5", "true", "'8'", "1e308", "-1e308", "1e999", "NaN", "null", "9" * 99]
LARGE = ["1000000000", "9007199254740993"]
HOSTILE = {
    "a million layers": net(",".join(["{type:'relu'}"] * 1_000_000)),
    "more layers than a text may hold": net(",".join(["{type:'relu'}"] * 1400)),
    "a window larger than its input": net("{type:'conv', sx:25, filters:1}"),
    "a pool larger than its input": net("{type:'pool', sx:1000000000}"),
    "5,000,001 parameters": net("{type:'fc', num_neurons:8522}"),
    "many layers that are too large together": net(
        ",".join(["{type:'fc', num_neurons:1500, activation:'relu'}"] * 4)
    ),
    "padding without end": net("{type:'conv', sx:3, filters:1, pad:1000000000}"),
    "dropout of everything": net("{type:'dropout', drop_prob:1}"),
    "an lrn over everything": net("{type:'lrn', n:1000000001}"),
    "maxout of everything": net("{type:'maxout', group_size:1000000000}"),
    **{
        f"{name} of {value:.20}": net(f"{{type:'conv', sx:5, filters:8, {name}:{value}}}".replace(
            f"{name}:8, {name}:", f"{name}:").replace("sx:5, filters:8, sx:", "filters:8, sx:"))
        for name in ("filters", "sx", "stride", "pad")
        for value in [*VALUES, *LARGE]
        # A pad of 0 and a stride that steps over all are sound.
        if (name, value) not in {("pad", "0"), ("stride", "1000000000")}
    },
    **{
        f"a batch of {value:.20}": net("{type:'relu'}", f"{{batch_size:{value}}}")
        for value in [*VALUES, *LARGE]
    },
}  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_it_is_refused_and_nothing_is_allocated(text: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SpecError) as caught:
            parse(text)
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
    finally:
        tracemalloc.stop()
    assert len(caught.value.message) < 300


def test_a_million_layers_of_a_file_are_not_even_looked_at() -> None:
    layers: list[dict[str, object]] = [{"type": "relu"}] * 1_000_000
    first: dict[str, object] = {"type": "input", "out_sx": 24, "out_sy": 24, "out_depth": 1}
    with pytest.raises(OptionError):
        from_layers([first, *layers, {"type": "softmax", "num_classes": 10}])


def test_what_is_just_allowed_is_allowed() -> None:
    allowed = net("{type:'fc', num_neurons:8500}")
    assert 4_900_000 < parse(allowed).parameter_count <= Limits().parameters
    assert parse(allowed, images=DataShape()).trainer.batch_size == 1
