"""What messages say of networks."""

from __future__ import annotations

import pytest

from engine.language import MNIST_SHAPE, parse
from engine.language.presets import PRESETS
from server.sessions.descriptions import layer_infos

TEXT = """
layer_defs = [];
layer_defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
layer_defs.push({END});
net = new convnetjs.Net();
net.makeLayers(layer_defs);
trainer = new convnetjs.SGDTrainer(net, {method:'sgd'});
"""
ENDS = {
    "softmax": "type:'softmax', num_classes:10",
    "svm": "type:'svm', num_classes:10",
    "regression": "type:'regression', num_neurons:10",
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_the_last_layer_alone_is_a_loss(end: str) -> None:
    layers = layer_infos(parse(TEXT.replace("END", end), images=MNIST_SHAPE))
    assert [layer.is_loss for layer in layers] == [False, False, True]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_ends_in_its_one_loss(name: str) -> None:
    layers = layer_infos(parse(PRESETS[name].text, images=MNIST_SHAPE))
    assert [layer.index for layer in layers if layer.is_loss] == [len(layers) - 1]
