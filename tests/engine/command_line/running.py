"""A small network, and the command line run in this process."""

from __future__ import annotations

import pytest

from engine.command_line import arguments as cli

SMALL_NET = """
layer_defs = [
  {type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'fc', num_neurons:20, activation:'relu'},
  {type:'softmax', num_classes:10},
];
net = new convnetjs.Net(); net.makeLayers(layer_defs);
trainer = new convnetjs.Trainer(net, {method:'adadelta', batch_size:%d, l2_decay:0.001});
"""


def run(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command line."""
    capsys.readouterr()
    try:
        code = cli.main(command.split())
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err
