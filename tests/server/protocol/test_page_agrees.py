"""Page and server mean the same by every message: its keys, their types, and its wire form."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from engine.command_line.numbers import accuracy_text
from engine.runs.running_means import NEWEST_EXAMPLES
from engine.runs.training_run import TRAINED_FOR_ONE, validation_window
from engine.update_rules.optimizers import OPTIMIZERS, unused_options
from server.protocol import events as ev
from server.protocol.commands import COMMANDS, ChangeNetwork
from server.protocol.connections import CloseReason, Role
from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.protocol.encode_events import plain
from server.protocol.kinds import Status
from server.protocol.run_values import Divergence, Guess, TrainerChange
from tests.server.protocol.page_types import PROTOCOL_JS, differences, node, object_type, words
from tests.server.protocol.test_messages import EVENTS, whole

PROTOCOL = PROTOCOL_JS.read_text(encoding="utf-8")
CONNECTION = PROTOCOL_JS.with_name("connection.js").read_text(encoding="utf-8")
COVERAGE_JS = PROTOCOL_JS.parents[1] / "words/coverage.js"
NUMBERS_JS = COVERAGE_JS.with_name("numbers.js")
# What has a name on the page besides being a part of messages.
NAMED: dict[str, type] = {
    "LayerInfo": ev.LayerInfo,
    "Divergence": Divergence,
    "TrainerChange": TrainerChange,
    "PixelMap": ev.PixelMap,
    "LayerMaps": ev.LayerMaps,
    "Guess": Guess,
    "PredictionItem": ev.Prediction,
    "Problem": ev.Problem,
    "SessionSummary": ev.SessionSummary,
    "SpecSummary": ev.SpecSummary,
}
KINDS: dict[str, type[StrEnum]] = {"Role": Role, "SessionStatus": Status}


def pairs(
    events: Mapping[str, type] = ev.EVENTS, commands: Mapping[str, type] = COMMANDS
) -> dict[str, tuple[str, str]]:
    """All types that both sides have, the server's and the page's."""
    found = {
        "the events": (words(events), 'page.Message["type"]'),
        "the commands": (words(commands), 'page.Command["type"]'),
    }
    for name, event in events.items():
        found[name] = (object_type(event), f'Extract<page.Message, {{ type: "{name}" }}>')
    for name, command in commands.items():
        found[f"command {name}"] = (
            object_type(command, command=True),
            f'page.Command & {{ type: "{name}" }}',
        )
    for name, part in NAMED.items():
        found[name] = (object_type(part), f"page.{name}")
    for name, kind in KINDS.items():
        found[name] = (words(kind), f"page.{name}")
    return found


def test_both_sides_have_the_same_types(tmp_path: Path) -> None:
    assert differences(pairs(), PROTOCOL, tmp_path) == []


DOCTORED: dict[str, tuple[str, str, list[str]]] = {
    "a key less": (" * @property {number} epoch\n", "", ["stats"]),
    "a key more, which may be absent": (
        " * @property {number} line\n",
        " * @property {number} line\n * @property {number} [column]\n",
        ["session", "LayerInfo", "SpecSummary"],
    ),
    "another type": ("{number[]} examples\n", "{string[]} examples\n", ["points"]),
    "never null": ("{number | null} label", "{number} label", ["layers"]),
    "never absent": ("{string} [trouble]", "{string} trouble", ["saved"]),
    "a word less": ('"info" | "warning" | "error"', '"info" | "error"', ["notice"]),
    "a word more": ('{"owner" | "spectator"}', '{"owner" | "guest" | "spectator"}', [
        "session", "Role",
    ]),
    "a part of another type": ("{class: number, ", "{class: string, ", [
        "predictions", "Guess", "PredictionItem",
    ]),
    "an event less": (" | SavedMessage", "", ["the events", "saved"]),
    "a command less": (' | "restart"', "", ["the commands", "command restart"]),
    "a key of a command more": ("spec: string, keep", "spec: string, at: number, keep", [
        "command change_network",
    ]),
    "a key of a command that may not be absent": ("keep?:", "keep:", ["command change_network"]),
}  # fmt: skip


@pytest.mark.parametrize(("true", "false", "wrong"), DOCTORED.values(), ids=DOCTORED)
def test_a_change_on_the_page_alone_is_found(
    tmp_path: Path, true: str, false: str, wrong: list[str]
) -> None:
    assert PROTOCOL.count(true) == 1
    assert differences(pairs(), PROTOCOL.replace(true, false), tmp_path) == wrong


def test_a_change_on_the_server_alone_is_found(tmp_path: Path) -> None:
    @dataclass(frozen=True, slots=True)
    class LongerNotice(ev.Notice):
        seconds: float

    @dataclass(frozen=True, slots=True)
    class LongerChange(ChangeNetwork):
        name: str = ""

    changed = pairs(
        ev.EVENTS | {"notice": LongerNotice}, COMMANDS | {"change_network": LongerChange}
    )
    assert differences(changed, PROTOCOL, tmp_path) == ["notice", "command change_network"]


def run_node(script: str, module: Path, given: object) -> Any:
    """What a script prints as JSON that imports a module of the page and reads `given` as JSON."""
    done = subprocess.run(
        [node(), "--input-type=module", "--eval", script, module.as_uri()],
        input=json.dumps(given), capture_output=True, text=True, check=True,
    )  # fmt: skip
    return json.loads(done.stdout)


# What is left of a message once the page's own module has read it from the wire.
READING = """
import { readFileSync } from "node:fs";
const { decodeMessage } = await import(process.argv[1]);
const own = (data) => data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
const said = (name, value) => value instanceof Uint8Array ? [...value] : value;
const messages = JSON.parse(readFileSync(0, "utf8")).map(({ text, bytes }) =>
  decodeMessage(text ?? own(Buffer.from(bytes, "base64"))));
console.log(JSON.stringify(messages, said));
"""


def test_the_page_reads_off_the_wire_what_the_server_meant() -> None:
    sent = [whole(event).numbered(1) for event, _, _ in EVENTS]
    wrapped = [
        {"text": each} if isinstance(each, str) else {"bytes": base64.b64encode(each).decode()}
        for each in sent
    ]
    read = run_node(READING, PROTOCOL_JS.with_name("decode_messages.js"), wrapped)
    meant = [in_json({"type": event.type, **plain(event)}) for event, _, _ in EVENTS]
    assert [without_places(each) for each in read] == meant


def test_the_page_sends_no_more_than_the_server_takes() -> None:
    assert MAX_COMMAND_BYTES == 64 * 1024
    assert "export const MAX_COMMAND_BYTES = 64 * 1024;" in PROTOCOL


def in_json(value: Any) -> Any:
    """What JSON makes of it, and of bytes a list."""
    return json.loads(json.dumps(value, default=list))


def without_places(value: Any) -> Any:
    """A message without where it stood: its number, and the places of its pixels."""
    if isinstance(value, dict):
        kept = {key: each for key, each in value.items() if key not in ("seq", "offset")}
        return {key: without_places(each) for key, each in kept.items()}
    return [without_places(each) for each in value] if isinstance(value, list) else value


COVERING = """
import { readFileSync } from "node:fs";
const { POINT_COVERS } = await import(process.argv[1]);
const counts = JSON.parse(readFileSync(0, "utf8")).map((examples) =>
  [POINT_COVERS.train_accuracy(examples), POINT_COVERS.validation_accuracy(examples)]);
console.log(JSON.stringify(counts));
"""


def test_the_page_knows_how_many_images_a_point_covers() -> None:
    examples = [0, 360, 720, 3600, 7200, 14_400, 18_000, 36_000, 72_000, 10**6]
    assert run_node(COVERING, COVERAGE_JS, examples) == [
        [
            min(seen, NEWEST_EXAMPLES),
            min(seen // TRAINED_FOR_ONE, validation_window(seen)),
        ]
        for seen in examples
    ]


WRITING = """
import { readFileSync } from "node:fs";
const { accuracy } = await import(process.argv[1]);
const cases = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([share, images]) => accuracy(share, images))));
"""


def test_the_page_and_the_command_line_write_accuracies_alike() -> None:
    cases = [
        (right / images, images)
        for images in (1, 20, 200, 999, 1000, 2000, 10_000, 60_000)
        for right in (0, images // 3, images - 1, images)
    ]
    assert run_node(WRITING, NUMBERS_JS, cases) == [accuracy_text(*case) for case in cases]


@pytest.mark.parametrize(
    "reason", [CloseReason.UNKNOWN_SESSION, CloseReason.REMOVED, CloseReason.NO_ROOM]
)
def test_the_page_knows_the_close_codes_that_it_heeds(reason: CloseReason) -> None:
    assert f"const {reason.name} = {reason.code};" in CONNECTION


SCHEDULED = """
const { isScheduled } = await import(process.argv[1]);
const trainers = JSON.parse(process.argv[2]).map((method) => ({ method, schedule: "step" }));
console.log(JSON.stringify(trainers.map(isScheduled)));
"""


def test_the_page_knows_which_methods_have_a_learning_rate() -> None:
    words_of_trainers = PROTOCOL_JS.parents[1] / "words/trainer_text.js"
    command = [node(), "--input-type=module", "--eval", SCHEDULED, words_of_trainers.as_uri()]
    done = subprocess.run(
        [*command, json.dumps(list(OPTIMIZERS))], capture_output=True, text=True, check=True
    )
    have = [name for name in OPTIMIZERS if "learning_rate" not in unused_options(name)]
    said = zip(OPTIMIZERS, json.loads(done.stdout), strict=True)
    assert [name for name, scheduled in said if scheduled] == have
