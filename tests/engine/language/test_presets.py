"""The networks to start from: the original page's text to the letter, and its variations."""

from __future__ import annotations

from engine.language import DEFAULT_TEXT, parse
from engine.language.presets import PRESETS

ORIGINAL = """\
layer_defs = [];
  layer_defs.push({type:'input', out_sx:24, out_sy:24, out_depth:1});
  layer_defs.push({type:'conv', sx:5, filters:8, stride:1, pad:2, activation:'relu'});
  layer_defs.push({type:'pool', sx:2, stride:2});
  layer_defs.push({type:'conv', sx:5, filters:16, stride:1, pad:2, activation:'relu'});
  layer_defs.push({type:'pool', sx:3, stride:3});
  layer_defs.push({type:'softmax', num_classes:10});

  net = new convnetjs.Net();
  net.makeLayers(layer_defs);

  trainer = new convnetjs.SGDTrainer(net, {method:'adadelta', batch_size:20, l2_decay:0.001});
"""


def test_presets_hold_the_original_and_the_steps_of_the_homework() -> None:
    assert PRESETS["original"].text == DEFAULT_TEXT == ORIGINAL
    assert len({preset.title for preset in PRESETS.values()}) == len(PRESETS) >= 9
    assert "batch_size:40" in PRESETS["batch-40"].text
    assert "batch_size:200" in PRESETS["batch-200"].text
    assert "pool" not in PRESETS["no-pooling"].text
    assert "conv'" not in PRESETS["mlp"].text
    convolutions = [layer.type for layer in parse(PRESETS["one-more-conv"].text).layers]
    assert convolutions.count("conv") == 3
