"""The documentation says everything that there is to say."""

from __future__ import annotations

import asyncio
import re
from enum import StrEnum
from pathlib import Path

import pytest

from engine.language import DEFAULT_TEXT, parse
from engine.layers import ACTIVATIONS, LAYERS
from engine.update_rules.optimizers import OPTIMIZERS, TRAINER_OPTIONS
from server.audience.viewer import MAX_WAITING, MAX_WAITING_BYTES, MOST_UNREAD
from server.logs import MOST_ALIKE
from server.open_files import RESERVED_FILES
from server.protocol.commands import COMMANDS
from server.protocol.connections import CloseReason, Role
from server.protocol.decode_commands import MAX_COMMAND_BYTES
from server.protocol.events import EVENTS
from server.protocol.kinds import DatasetState, Failure, Level, Source, Status
from server.sessions.registry import Registry
from server.settings import Limits, Settings
from server.web.api.metrics import PREFIX, Metrics
from server.web.guards.http_requests import MOST_HEADER_BYTES
from server.web.guards.websocket_frames import (
    FAREWELL_SECONDS,
    MAX_CONTROLS,
    MAX_FRAGMENTS,
    UNSENT_BYTES,
)
from server.web.live_stream import HEARTBEAT_SECONDS
from tests.server.fake_host import Stage

DOCS = Path(__file__).resolve().parents[1] / "docs"
README = (DOCS.parent / "README.md").read_text(encoding="utf-8")
SPEC = (DOCS / "SPEC.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "PROTOCOL.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "OPERATIONS.md").read_text(encoding="utf-8")
SECURITY = (DOCS / "SECURITY.md").read_text(encoding="utf-8")
LIMITS, SETTINGS = Limits(), Settings()
KIB = f"{MAX_COMMAND_BYTES // 1024} KiB"
TAKES_NOTHING = f"takes nothing of what it is sent for {LIMITS.take_seconds:g} s"
# What the documents say of limits, in their own words.
STATED = [
    (PROTOCOL, TAKES_NOTHING),
    (SECURITY, TAKES_NOTHING),
    (OPERATIONS, TAKES_NOTHING),
    (OPERATIONS, f"cuts the connection {FAREWELL_SECONDS} s later"),
    (OPERATIONS, f"{UNSENT_BYTES // 1024} KiB that the system has not sent yet"),
    (OPERATIONS, f"{SETTINGS.checkpoint_seconds:g} s of training (`--checkpoint-every`"),
    (OPERATIONS, f"removed after {SETTINGS.keep_seconds / 86400:g} days (`--keep-days`)"),
    (PROTOCOL, f"objects of at most {KIB}"),
    (PROTOCOL, f"a message of more than {KIB}, or in more than {MAX_FRAGMENTS:,} fragments"),
    (PROTOCOL, f"more than {MAX_CONTROLS} pings or pongs in a second"),
    (PROTOCOL, f"{MAX_WAITING} messages that may not be dropped"),
    (PROTOCOL, f"every {HEARTBEAT_SECONDS:g} s when nothing else was sent"),
    (SECURITY, f"{KIB} a message, {MAX_FRAGMENTS:,} fragments, {MAX_CONTROLS} pings a second"),
    (SECURITY, f"at most {MAX_WAITING} messages wait for a viewer"),
    (SECURITY, f"a training process has {LIMITS.worker_bytes // 1024**3} GiB of addresses"),
    (SECURITY, f"{LIMITS.new_sessions_per_owner} from one browser"),
    (SECURITY, f"{LIMITS.new_sessions_per_address} from one address (`--new-sessions`"),
    (SECURITY, f"{LIMITS.file_bytes_in_all >> 20} MiB in all (503)"),
    (SECURITY, f"{LIMITS.file_bytes_each >> 20} MiB for one browser and for one address (429)"),
    (SECURITY, f"{LIMITS.outgoing_bytes >> 20} MiB are sent at a time"),
    (SECURITY, f"Headers of more than {MOST_HEADER_BYTES >> 10} KiB"),
    (SECURITY, f"at least {RESERVED_FILES}, is kept for the database"),
    (PROTOCOL, f"or {MAX_WAITING_BYTES >> 20} MiB of them"),
    (PROTOCOL, f"while more than {MOST_UNREAD} messages wait for a viewer"),
    (OPERATIONS, f"the same text {MOST_ALIKE} are written in ten seconds"),
    (README, f"({LIMITS.viewers_per_session} by default)"),
]


@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer_type_and_option_is_in_the_spec_language(kind: str) -> None:
    assert f"`{kind}`" in SPEC
    for option in LAYERS[kind].declared:
        assert f"`{option.name}`" in SPEC, option.name


def test_every_trainer_option_and_method_is_in_the_spec_language() -> None:
    for name in [*(option.name for option in TRAINER_OPTIONS), *OPTIMIZERS, *ACTIVATIONS]:
        assert f"`{name}`" in SPEC or f"'{name}'" in SPEC, name


def test_the_example_of_the_spec_language_is_one() -> None:
    example = SPEC.split("```js\n")[1].split("```")[0]
    assert parse(example).trainer == parse(DEFAULT_TEXT).trainer


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_in_the_protocol(name: str) -> None:
    assert f"`{name}`" in PROTOCOL


@pytest.mark.parametrize("name", EVENTS)
def test_every_event_is_in_the_protocol(name: str) -> None:
    assert f"| `{name}` |" in PROTOCOL


@pytest.mark.parametrize("kind", [Role, Status, Failure, Level, DatasetState, Source])
def test_every_word_of_a_kind_is_in_the_protocol(kind: type[StrEnum]) -> None:
    for word in kind:
        assert f"`{word}`" in PROTOCOL or f'"{word}"' in PROTOCOL, word


@pytest.mark.parametrize("reason", CloseReason)
def test_every_close_code_is_in_the_protocol(reason: CloseReason) -> None:
    assert re.search(rf"^\| [\d, ]*{reason.code}[\d, ]* \|", PROTOCOL, re.MULTILINE)


@pytest.mark.parametrize(("document", "sentence"), STATED, ids=[each for _, each in STATED])
def test_the_documents_say_what_the_limits_are(document: str, sentence: str) -> None:
    assert sentence in " ".join(document.split())


def test_new_sessions_are_counted_over_the_time_that_the_documents_say() -> None:
    assert LIMITS.new_sessions_seconds == 10 * 60
    assert "within ten minutes" in SECURITY


async def metric_names() -> list[str]:
    # On a loop, whose tasks are counted.
    shared = Stage().shared
    metrics = Metrics(Registry(shared), shared.line, shared.tally)
    return [metric.name.removeprefix(PREFIX) for metric in metrics.collect()]


def test_every_metric_is_in_the_operations() -> None:
    for name in asyncio.run(metric_names()):
        assert f"`{name}" in OPERATIONS, name
