"""Texts that are valid, and the networks that they describe."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_TEXT, LayerSpec, NetSpec, TrainerSpec, parse, to_text

INPUT = "{type:'input', out_sx:24, out_sy:24, out_depth:1}"
SOFTMAX = "{type:'softmax', num_classes:10}"


def layers(*definitions: str) -> tuple[LayerSpec, ...]:
    """The layers between the input and the fc before softmax."""
    return parse(f"a = [{', '.join((INPUT, *definitions, SOFTMAX))}]").layers[1:-2]


def types(spec: NetSpec) -> list[str]:
    return [layer.type for layer in spec.layers]


def test_the_default_text() -> None:
    spec = parse(DEFAULT_TEXT)
    assert types(spec) == [
        *("input", "conv", "relu", "pool", "conv", "relu", "pool", "fc", "softmax")
    ]
    assert [tuple(layer.out_shape) for layer in spec.layers] == [
        *[(24, 24, 1), (24, 24, 8), (24, 24, 8), (12, 12, 8)],
        *[(12, 12, 16), (12, 12, 16), (4, 4, 16), (1, 1, 10), (1, 1, 10)],
    ]
    assert [layer.parameter_count for layer in spec.layers] == [0, 208, 0, 0, 3216, 0, 0, 2570, 0]
    assert [layer.line for layer in spec.layers] == [2, 3, 3, 4, 5, 5, 6, 7, 7]
    assert spec.layers[3].in_shape == spec.layers[2].out_shape
    assert spec.input_shape == (24, 24, 1)
    assert spec.parameter_count == 5994
    assert spec.activations == 576 + 2 * 4608 + 1152 + 2 * 2304 + 256 + 10 + 10
    assert spec.trainer == TrainerSpec.of(method="adadelta", batch_size=20, l2_decay=0.001)


SAME = [
    "var layer_defs = []; layer_defs.push({INPUT}); layer_defs.push({SOFTMAX});",
    "const a = [];\na.push({INPUT}, {SOFTMAX},)\nlet net = new convnetjs.Net()\nnet.makeLayers(a)",
    "a = [{INPUT}, {SOFTMAX},]",
    "let a, n; a = [\n{INPUT}]\na.push({SOFTMAX})",
    "a = [];;a = [];a.push({INPUT}); // one\n/* two\n*/ a.push({SOFTMAX})",
    "a=[{INPUT},{SOFTMAX}]; var n = new convnetjs.Net(), t = new convnetjs.SGDTrainer(n);",
    "a=[{INPUT},{SOFTMAX}]\r\nt = new convnetjs.Trainer(n, {})\r\n",
    "a=[{INPUT},{SOFTMAX}]\rt = new convnetjs.SGDTrainer(n, {'method': \"sgd\",},)",
    "\ufeffa=[{'type': \"input\", 'width': 0x18, sy: 2.4e1, depth: +1.}, {SOFTMAX}]",
]


@pytest.mark.parametrize("text", SAME)
def test_ways_to_write_the_same(text: str) -> None:
    spec = parse(text.replace("{INPUT}", INPUT).replace("{SOFTMAX}", SOFTMAX))
    assert spec == parse(f"a = [{INPUT}, {SOFTMAX}]")
    assert types(spec) == ["input", "fc", "softmax"]


def test_a_missing_trainer_is_the_original_default() -> None:
    trainer = parse(f"a = [{INPUT}, {SOFTMAX}]").trainer
    original = {"learning_rate": 0.01, "momentum": 0.9, "batch_size": 1, "method": "sgd"}
    original |= {"l1_decay": 0.0, "l2_decay": 0.0, "ro": 0.95, "eps": 1e-8}
    original |= {"beta1": 0.9, "beta2": 0.999}
    assert trainer.options.items() >= original.items()
    assert (trainer.method, trainer.batch_size, trainer.learning_rate) == ("sgd", 1, 0.01)


def test_numbers_take_the_kind_of_their_option() -> None:
    (conv,) = layers("{type:'conv', sx:3.0, filters:0x10, l1_decay_mul:1, l2_decay_mul:.5}")
    assert (conv.options["sx"], conv.options["sy"], conv.options["filters"]) == (3, 3, 16)
    assert isinstance(conv.options["sx"], int)
    assert isinstance(conv.options["l1_decay_mul"], float)
    assert conv.options["l2_decay_mul"] == 0.5


@pytest.mark.parametrize("kind", ["relu", "sigmoid", "tanh"])
def test_an_activation_becomes_a_layer(kind: str) -> None:
    fc, activation = layers(f"{{type:'fc', filters:8, activation:'{kind}'}}")
    assert (fc.type, activation.type) == ("fc", kind)
    assert fc.options["bias_pref"] == (0.1 if kind == "relu" else 0)


def test_a_given_bias_stands() -> None:
    fc, _ = layers("{type:'fc', num_neurons:8, activation:'relu', bias_pref:-2}")
    assert fc.options["bias_pref"] == -2
    fc, _ = layers("{type:'fc', num_neurons:8}", "{type:'relu'}")
    assert fc.options["bias_pref"] == 0


def test_maxout_takes_its_group_size() -> None:
    _, maxout = layers("{type:'conv', sx:5, filters:9, activation:'maxout', group_size:3}")
    assert (maxout.options["group_size"], maxout.out_shape.depth) == (3, 3)
    _, maxout = layers("{type:'conv', sx:5, filters:9, activation:'maxout'}")
    assert (maxout.options["group_size"], maxout.out_shape.depth) == (2, 4)


def test_drop_prob_puts_a_dropout_behind() -> None:
    behind_pool = layers("{type:'pool', sx:2, drop_prob:0.25}")
    assert [layer.type for layer in behind_pool] == ["pool", "dropout"]
    behind_all = layers("{type:'fc', num_neurons:9, activation:'tanh', drop_prob:0.25}")
    assert [layer.type for layer in behind_all] == ["fc", "tanh", "dropout"]
    assert behind_all[-1].options["drop_prob"] == 0.25
    (itself,) = layers("{type:'dropout'}")
    assert itself.options["drop_prob"] == 0.5


@pytest.mark.parametrize(
    ("kind", "size"),
    [("softmax", "num_classes"), ("svm", "num_classes"), ("regression", "num_neurons")],
)
def test_a_loss_brings_its_fc_and_may_set_its_options(kind: str, size: str) -> None:
    spec = parse(f"a = [{INPUT}, {{type:'{kind}', {size}:12, l2_decay_mul:0}}]")
    assert types(spec) == ["input", "fc", kind]
    assert spec.layers[1].options["num_neurons"] == 12
    assert spec.layers[1].options["l2_decay_mul"] == 0
    assert dict(spec.layers[2].options) == {size: 12}
    assert parse(to_text(spec)) == spec
