"""Reads what `scripts/record_oracle.cjs` recorded of ConvNetJS, as arrays in the engine's order."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.data import Batch
from engine.formats import load
from engine.language import DataShape, Limits, TrainerSpec
from engine.layers import Array
from engine.network.net import Net
from scripts.build_page import find_node

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[2]
RECORDER = ROOT / "scripts" / "record_oracle.cjs"
PREDICTOR = FOLDER / "predict.cjs"

Record = dict[str, Any]


def read(name: str, folder: Path = FOLDER) -> list[Record]:
    """The records of one file."""
    records: list[Record] = json.loads((folder / name).read_text())
    return records


def load_net(record: Record, dtype: type = np.float32, trainer: TrainerSpec | None = None) -> Net:
    """The network whose snapshot a record holds, in the wanted precision."""
    first = record["snapshot"]["layers"][0]
    images = DataShape(first["out_sx"], first["out_sy"], first["out_depth"], record["classes"])
    net = load(json.dumps(record["snapshot"]), trainer=trainer, images=images, limits=Limits()).net
    return Net(net.spec, dtype=dtype, params=net.params.astype(dtype))


def volumes(net: Net, lists: list[list[float]]) -> Array:
    """Input volumes as ConvNetJS lists them, in the order (y, x, d), as (C, H, W, B)."""
    shape = net.spec.input_shape
    array = np.array(lists, net.params.dtype).reshape(-1, shape.sy, shape.sx, shape.depth)
    return np.ascontiguousarray(array.transpose(3, 1, 2, 0))


def batch(net: Net, record: Record, which: slice = slice(None)) -> Batch:
    """A record's examples as the trainer takes them."""
    x = volumes(net, record["inputs"][which])
    labels = np.array(record["targets"][which])
    nothing = np.zeros((len(labels), 1, 1), np.uint8)
    return Batch(x, labels, np.arange(len(labels)), nothing)


def flat_parameters(net: Net, layers: list[Record]) -> Array:
    """Parameters or their gradients, recorded layer by layer, as one vector in the net's order."""
    pieces = []
    for layer, recorded in zip((each for each in net.layers if each.params), layers, strict=True):
        weights = layer.params["weights"]
        sees = layer.in_shape.array if weights.ndim == 2 else weights.shape[1:]
        depth, height, width = sees
        filters = np.array(recorded["filters"]).reshape(-1, height, width, depth)
        pieces += [filters.transpose(0, 3, 1, 2).ravel(), np.array(recorded["biases"])]
    return np.concatenate(pieces)


def run_node(script: Path, *arguments: str, stdin: str = "") -> str:
    """What a script prints that uses ConvNetJS; skips the test where there is no Node or package.

    `make test` brings both.
    """
    node = find_node()
    if node is None or not (ROOT / "node_modules" / "convnetjs").is_dir():
        pytest.skip("node and node_modules/convnetjs are needed: `make page` brings both")
    program = shutil.which("node", path=str(node.folder))
    assert program is not None
    done = subprocess.run(
        [program, str(script), *arguments], input=stdin, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
