"""What the page outlines and says of a unit by itself agrees with the engine."""

from __future__ import annotations

import numpy as np

from engine.analysis.arithmetic import ARITHMETIC
from engine.analysis.derivation import Place
from engine.analysis.unit_explanation import receptive_fields
from engine.network.net import Net
from server.protocol.encode_events import plain
from server.sessions.descriptions import spec_summary
from tests.engine.networks import EVERYTHING, NORMED, make_net
from tests.server.protocol.page_types import PROTOCOL_JS
from tests.server.protocol.test_page_agrees import run_node

PAGE = PROTOCOL_JS.parents[1]
FIELDS = """
import { readFileSync } from "node:fs";
const { fieldsOf } = await import(process.argv[1]);
const fields = JSON.parse(readFileSync(0, "utf8")).map(({ layers, units }) =>
  units.map((unit) => fieldsOf(layers, unit)));
console.log(JSON.stringify(fields));
"""
WORDS = """
import { readFileSync } from "node:fs";
const { madeText, passedText, termNames } = await import(process.argv[1]);
const types = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(types.map((type) => madeText(type).length * passedText(type).length)));
"""


def corners(net: Net) -> list[tuple[int, Place]]:
    """Of every layer its first, a middle and its last unit."""
    found = []
    for index, layer in enumerate(net.layers):
        shape = np.array(layer.out_shape.array)
        found += [(index, Place(*(at.tolist()))) for at in (shape * 0, shape // 2, shape - 1)]
    return found


def test_the_page_outlines_what_a_unit_is_made_of() -> None:
    nets = [make_net(), make_net(EVERYTHING), make_net(NORMED, "svm")]
    asked = [
        {
            "layers": plain(spec_summary(net.spec))["layers"],
            "units": [
                {"layer": layer, "channel": place.channel, "y": place.row, "x": place.column}
                for layer, place in corners(net)
            ],
        }
        for net in nets
    ]
    outlined = run_node(FIELDS, PAGE / "maps/receptive_field.js", asked)
    for net, found in zip(nets, outlined, strict=True):
        for (layer, place), boxes in zip(corners(net), found, strict=True):
            expected = [plain(box._asdict()) for box in receptive_fields(net, layer, place)]
            assert boxes == expected, (net.layers[layer].type, place)


def test_the_page_has_words_for_every_layer_type() -> None:
    lengths = run_node(WORDS, PAGE / "words/unit_text.js", list(ARITHMETIC))
    assert all(lengths), dict(zip(ARITHMETIC, lengths, strict=True))
