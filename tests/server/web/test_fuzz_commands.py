"""Anything that is text, sent as a command: one answer or one notice, and the session goes on."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.protocol.commands import COMMANDS, Inspect
from server.protocol.decode_commands import decode_command
from server.protocol.read_values import (
    FLAG,
    INTEGER,
    INTEGERS,
    OBJECT,
    SETTINGS,
    TEXT,
    Reader,
    reader_of,
)
from server.protocol.refusals import CommandError
from server.settings import Settings
from tests.server.serving import Stream, serving

KEYS = (
    "id",
    "inquiry",
    "spec",
    "keep",
    "settings",
    "layers",
    "run_id",
    "after",
    "learning_rate",
    "method",
)
SPECS = (
    "",
    "layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},"
    "{type:'softmax', num_classes:10}];"
    "trainer = new convnetjs.Trainer(net, {method:'adam', batch_size:20});",
)
MARKERS = itertools.count(2**40)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 30)
    | st.floats()
    | st.text(max_size=30)
    | st.sampled_from(SPECS)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(KEYS) | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=10,
)
# Right in more cases than chance would have it, so that the commands are carried out too.
FITTING: dict[Reader, st.SearchStrategy[Any]] = {
    INTEGER["reader"]: st.integers(-(2**53), 2**53),
    TEXT["reader"]: st.sampled_from(SPECS) | st.text(max_size=30),
    FLAG["reader"]: st.booleans(),
    INTEGERS["reader"]: st.lists(st.integers(-3, 30), max_size=5),
    OBJECT["reader"]: st.sampled_from(({"about": "example"}, {"about": "nothing"}, {})),
    SETTINGS["reader"]: st.dictionaries(
        st.sampled_from(("learning_rate", "momentum", "batch_size", "l2_decay", "method", "x")),
        scalars,
        max_size=3,
    ),
}


@st.composite
def commands(draw: st.DrawFn) -> dict[str, Any]:
    """An object that names a command, with keys that fit, do not, are missing or too many."""
    name = draw(st.sampled_from(sorted(COMMANDS)))
    command: dict[str, Any] = {"type": name}
    for member in fields(COMMANDS[name]):
        if draw(st.integers(0, 9)):
            fitting = FITTING[reader_of(member)]
            command[member.name] = draw(fitting if draw(st.integers(0, 4)) else values)
    if not draw(st.integers(0, 5)):
        command |= draw(st.dictionaries(st.sampled_from(KEYS), values, max_size=2))
    return command


texts = st.text(max_size=100) | values.map(json.dumps) | commands().map(json.dumps)


@pytest.fixture(scope="module")
def stream() -> Iterator[Stream]:
    with (
        serving(Settings(offline=True)) as site,
        site.browser() as browser,
        browser.session() as stream,
    ):
        yield stream


def readable_id(text: str) -> int | None:
    """The id that an answer must have; None where there must be a notice in its place."""
    try:
        return decode_command(text).id
    except CommandError as error:
        return error.id


def told_of(stream: Stream, text: str) -> list[dict[str, Any]]:
    """Send this, and then a command; returns the answers and notices of errors before its own."""
    marker = next(MARKERS)
    stream.socket.send(text)
    stream.socket.send(json.dumps({"type": "points", "id": marker, "run_id": 0, "after": 0}))
    told: list[dict[str, Any]] = []
    reached = False
    # Answers to `inspect` alone may come after those to later commands.
    while not reached or (is_inquiry(text) and not told):
        message = stream.next()
        if message["type"] == "answer" and message["id"] == marker:
            assert message["ok"]
            reached = True
        elif message["type"] == "answer" or message.get("level") == "error":
            told.append(message)
    return told


def is_inquiry(text: str) -> bool:
    try:
        return isinstance(decode_command(text), Inspect)
    except CommandError:
        return False


@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=texts)
def test_whatever_is_sent_is_answered_once(stream: Stream, text: str) -> None:
    told = told_of(stream, text)
    assert len(told) == 1, told
    number = readable_id(text)
    if number is None:
        assert told[0]["type"] == "notice"
        assert told[0]["message"]
    else:
        assert (told[0]["type"], told[0]["id"]) == ("answer", number)
        assert told[0]["ok"] or told[0]["error"]["message"]
