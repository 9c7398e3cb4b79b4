"""Commands are read strictly, and the wire form of every message is pinned."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.protocol import commands
from server.protocol import events as ev
from server.protocol.connections import Role
from server.protocol.decode_commands import MAX_COMMAND_BYTES, decode_command
from server.protocol.encode_events import Frame, decode_event, encode, encode_layers
from server.protocol.kinds import DatasetState, Leaving, Level, Source, Status
from server.protocol.refusals import CommandError
from server.protocol.run_values import Divergence, Guess, TrainerChange

COMMANDS: list[tuple[dict[str, Any], commands.Command]] = [
    ({"type": "pause", "id": 1}, commands.Pause(1)),
    ({"type": "resume", "id": 1}, commands.Resume(1)),
    ({"type": "step", "id": 1}, commands.Step(1)),
    ({"type": "restart", "id": 1}, commands.Restart(1)),
    ({"type": "recover", "id": 1}, commands.Recover(1)),
    ({"type": "return_to_run_before", "id": 1}, commands.ReturnToRunBefore(1)),
    ({"type": "change_network", "id": 1, "spec": "é"}, commands.ChangeNetwork(1, "é")),
    (
        {"type": "change_network", "id": 1, "spec": "é", "keep": True},
        commands.ChangeNetwork(1, "é", keep=True),
    ),
    ({"type": "check_spec", "id": 1, "spec": ""}, commands.CheckSpec(1, "")),
    ({"type": "configure", "id": 1, "settings": {"a": 1}}, commands.Configure(1, {"a": 1})),
    ({"type": "watch", "id": 1, "layers": [0, 2]}, commands.Watch(1, (0, 2))),
    ({"type": "points", "id": 1, "run_id": 3, "after": -1}, commands.FetchPoints(1, 3, -1)),
    (
        {"type": "points", "id": 1, "run_id": 3, "after": 7, "tests_after": 2},
        commands.FetchPoints(1, 3, 7, 2),
    ),
    ({"type": "show_training", "id": 1}, commands.ShowTraining(1)),
    (
        {"type": "show_example", "id": 1, "source": "test", "index": 7},
        commands.ShowExample(1, Source.TEST, 7),
    ),
    (
        {"type": "inspect", "id": 1, "inquiry": {"about": "example"}},
        commands.Inspect(1, {"about": "example"}),
    ),
]

INFO = ev.LayerInfo(1, "conv", (24, 24, 1), (24, 24, 8), {"sx": 5}, 208, 3, False)
DATA = ev.DatasetInfo("MNIST", ("0", "1"), 9, 1, 4)
EVENTS: list[tuple[ev.Event, dict[str, Any], bytes]] = [
    (
        ev.SessionEvent(
            "s", 2, Status.WAITING, Role.OWNER, "text", (INFO,), 208, {"eps": 1e-8}, ("sgd",),
            ("ro",), DATA, 7, (Divergence(60, 4, 1e3),),
            (TrainerChange(40, {"momentum": (0.9, 0.5)}),), recoverable=True,
            added_pictures=3, reason="so", place=1,
            watch="/watch/w", previous=ev.PreviousRun("fc 9 · svm", 400, Leaving.CHANGE),
        ),
        {
            "type": "session", "session": "s", "run_id": 2, "status": "waiting", "role": "owner",
            "spec": "text", "parameters": 208, "trainer": {"eps": 1e-8}, "methods": ["sgd"],
            "unused_options": ["ro"],
            "layers": [
                {
                    "index": 1, "type": "conv", "in": [24, 24, 1], "out": [24, 24, 8],
                    "options": {"sx": 5}, "parameters": 208, "line": 3, "is_loss": False,
                }
            ],
            "dataset": {
                "name": "MNIST", "classes": ["0", "1"], "train": 9, "validation": 1, "test": 4,
            },
            "seed": 7, "reason": "so", "place": 1, "recoverable": True, "watch": "/watch/w",
            "previous": {"title": "fc 9 · svm", "examples": 400, "how": "change"},
            "divergences": [{"examples": 60, "step": 4, "learning_rate": 1000.0}],
            "trainer_changes": [{"examples": 40, "changes": {"momentum": [0.9, 0.5]}}],
            "added_pictures": 3,
        },
        b"",
    ),
    (
        ev.Stats(
            2, 5, 100, 0.5, 0.01, 10.0, 0.1, None, math.nan, math.inf, 0.9, 90, None, 0, 0.8, 8,
            ev.TestResult(0.7, 1000, 60), 1.5,
        ),
        {
            "type": "stats", "run_id": 2, "step": 5, "examples": 100, "epoch": 0.5,
            "learning_rate": 0.01, "examples_per_second": 10.0, "forward_ms": 0.1,
            "backward_ms": None, "loss": None, "decay_loss": None, "train_accuracy": 0.9,
            "train_count": 90, "validation_accuracy": None, "validation_count": 0,
            "test_accuracy_recent": 0.8, "test_recent_count": 8,
            "test": {"accuracy": 0.7, "examples": 1000, "at_examples": 60}, "step_seconds": 1.5,
        },
        b"",
    ),
    (
        ev.Points(2, 4, (200,), (0.5,), (0.1,), (0.9,), (None,)),
        {
            "type": "points", "run_id": 2, "first": 4, "examples": [200], "loss": [0.5],
            "decay_loss": [0.1], "train_accuracy": [0.9], "validation_accuracy": [None],
        },
        b"",
    ),
    (
        ev.Tests(2, 1, (60, 80), (0.5, 1.0), (4, 2), ((1, 2, 0, 1), (1, 0, 0, 1))),
        {
            "type": "tests", "run_id": 2, "first": 1, "examples": [60, 80],
            "accuracy": [0.5, 1.0], "images": [4, 2],
            "confusion": [[1, 2, 0, 1], [1, 0, 0, 1]],
        },
        b"",
    ),
    (
        ev.Added(2, ("a1", "b2"), (7, 1), (7, 4)),
        {"type": "added", "run_id": 2, "ids": ["a1", "b2"], "labels": [7, 1], "guesses": [7, 4]},
        b"",
    ),
    (
        ev.DatasetEvent(DatasetState.DOWNLOADING, "MNIST", 5, 10),
        {"type": "dataset", "state": "downloading", "name": "MNIST", "received": 5, "total": 10},
        b"",
    ),
    (ev.Saved(7, 1000), {"type": "saved", "run_id": 7, "examples": 1000}, b""),
    (
        ev.Saved(7, None, "The disk is full."),
        {"type": "saved", "run_id": 7, "examples": None, "trouble": "The disk is full."},
        b"",
    ),
    (ev.Spectators(3), {"type": "spectators", "count": 3}, b""),
    (
        ev.Notice(Level.ERROR, "no"),
        {"type": "notice", "level": "error", "message": "no"},
        b"",
    ),
    (
        ev.Answer(3, False, error=ev.Problem("n", 1, 2)),
        {"type": "answer", "id": 3, "ok": False, "error": {"message": "n", "line": 1, "column": 2}},
        b"",
    ),
    (ev.Heartbeat(), {"type": "heartbeat"}, b""),
    (
        ev.Layers(
            2, 5, Source.TRAINING, 8, False, 3,
            (
                ev.LayerMaps(0, ev.PixelMap((1, 1, 2), -0.5, 0.5, b"ab"), None, None, None),
                ev.LayerMaps(
                    1, ev.PixelMap((1, 1, 1), 0.0, 1.0, b"c"),
                    ev.PixelMap((1, 1, 1), 0.0, 1.0, b"d"),
                    ev.PixelMap((1, 1, 1, 3), 0.0, math.nan, b"efg", (9, 1, 1, 3), (-0.25, 2.0)),
                    None,
                ),
            ),
        ),
        {
            "type": "layers", "run_id": 2, "step": 5, "source": "training", "index": 8,
            "pinned": False, "label": 3,
            "layers": [
                {
                    "index": 0,
                    "activations": {"shape": [1, 1, 2], "offset": 0, "min": -0.5, "max": 0.5},
                },
                {
                    "index": 1,
                    "activations": {"shape": [1, 1, 1], "offset": 2, "min": 0.0, "max": 1.0},
                    "gradients": {"shape": [1, 1, 1], "offset": 3, "min": 0.0, "max": 1.0},
                    "weights": {
                        "shape": [1, 1, 1, 3], "whole": [9, 1, 1, 3], "ranges": [-0.25, 2],
                        "offset": 4, "min": 0.0, "max": None,
                    },
                },
            ],
        },
        b"abcdefg",
    ),
    (
        ev.Predictions(2, 1, 2, 1, (ev.Prediction(9, 4, (Guess(4, 0.5),), b"xy"),)),
        {
            "type": "predictions", "run_id": 2, "round": 1, "shape": [1, 1, 2], "offset": 0,
            "items": [{"index": 9, "label": 4, "top": [{"class": 4, "probability": 0.5}]}],
        },
        b"xy",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "meant"), COMMANDS, ids=lambda case: "")
def test_commands_are_read(sent: dict[str, Any], meant: commands.Command) -> None:
    assert decode_command(json.dumps(sent)) == meant


def test_every_command_and_event_is_among_the_cases() -> None:
    assert {type(meant) for _, meant in COMMANDS} == set(commands.COMMANDS.values())
    assert {type(event) for event, _, _ in EVENTS} == set(ev.EVENTS.values())


@pytest.mark.parametrize(("event", "header", "payload"), EVENTS, ids=lambda case: "")
def test_events_are_pinned(event: ev.Event, header: dict[str, Any], payload: bytes) -> None:
    message = whole(event).numbered(12)
    assert decode_event(message) == (header | {"seq": 12}, payload)
    assert isinstance(message, bytes) == bool(payload)


def whole(event: ev.Event) -> Frame:
    """An event for a viewer who sees all cards."""
    if isinstance(event, ev.Layers):
        return encode_layers(event).select({layer.index for layer in event.layers})
    return encode(event)


def test_a_binary_message_byte_by_byte() -> None:
    event = ev.Predictions(1, 2, 1, 1, (ev.Prediction(2, 5, (), b"\x07"),))
    message = encode(event).numbered(3)
    head = (
        b'{"seq":3,"type":"predictions","run_id":1,"round":2,"shape":[1,1,1],"offset":0,'
        b'"items":[{"index":2,"label":5,"top":[]}]}'
    )
    assert message == len(head).to_bytes(4, "little") + head + bytes(1) + b"\x07"


def test_layers_off_screen_are_left_out_and_offsets_follow() -> None:
    event = next(event for event, _, _ in EVENTS if isinstance(event, ev.Layers))
    cards = encode_layers(event)
    header, payload = decode_event(cards.select({1, 9}).numbered(1))
    assert [layer["index"] for layer in header["layers"]] == [1]
    offsets = {name: header["layers"][0][name]["offset"] for name in ("activations", "weights")}
    assert (offsets, payload) == ({"activations": 0, "weights": 2}, b"cdefg")
    header, payload = decode_event(cards.select({9}).numbered(1))
    assert (header["layers"], payload) == ([], b"")


@pytest.mark.parametrize(
    ("text", "sentence", "field"),
    [
        ("", "not valid JSON", None),
        ("[" * 60_000, "not valid JSON", None),
        ("[]", "JSON object", None),
        ('{"type":"pause"}', "integer `id`", "id"),
        ('{"type":"pause","id":true}', "integer `id`", "id"),
        ('{"type":"pause","id":1.0}', "integer `id`", "id"),
        ('{"type":"pause","id":1,"id":2}', "twice", None),
        ('{"type":"pause","id":1e999}', "too large", None),
        ('{"type":"pause","id":99999999999999999999}', "too large", None),
        ('{"type":"pause","id":1' + "0" * 5000 + "}", "too large", None),
        ('{"type":"pause","id":NaN}', "NaN", None),
        ('{"type":"configure","id":1,"settings":{"eps":-Infinity}}', "Infinity", None),
        ('{"type":"pause","id":1,"x":2}', "has no key `x`", "x"),
        ('{"type":"paws","id":1}', "no command “paws”", "type"),
        ('{"type":7,"id":1}', "needs a `type`", "type"),
        ('{"id":1}', "needs a `type`", "type"),
        ('{"type":"change_network","id":1,"spec":"","keep":1}', "true or false", "keep"),
        ('{"type":"watch","id":1}', "needs `layers`", "layers"),
        ('{"type":"watch","id":1,"layers":["a"]}', "list of integers", "layers"),
        ('{"type":"watch","id":1,"layers":[true]}', "list of integers", "layers"),
        ('{"type":"check_spec","id":1,"spec":null}', "a text", "spec"),
        ('{"type":"check_spec","id":1,"spec":"\\ud800"}', "valid Unicode", None),
        ('{"type":"configure","id":1,"settings":{}}', "at least one", "settings"),
        ('{"type":"points","id":1,"run_id":1,"after":"a"}', "an integer", "after"),
        ('{"type":"check_spec","id":1,"spec":"' + "x" * MAX_COMMAND_BYTES + '"}', "at most", None),
        ('{"type":"check_spec","id":1,"spec":"' + "é" * 40_000 + '"}', "at most", None),
    ],
    ids=range(26),
)  # fmt: skip
def test_bad_commands_are_refused_in_words(text: str, sentence: str, field: str | None) -> None:
    with pytest.raises(CommandError) as caught:
        decode_command(text)
    assert sentence in caught.value.message
    assert caught.value.field == field


def test_a_refused_command_can_be_answered_by_its_id() -> None:
    with pytest.raises(CommandError) as caught:
        decode_command('{"type":"paws","id":5}')
    assert caught.value.id == 5


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
NAMES = st.sampled_from([*commands.COMMANDS, "nothing"])
KEYS = st.sampled_from(
    ["id", "spec", "keep", "settings", "layers", "run_id", "after", "tests_after", "x"]
)


@given(st.text() | JSON_VALUES | st.dictionaries(KEYS, JSON_VALUES), NAMES)
def test_any_text_is_a_command_or_is_refused(value: object, name: str) -> None:
    if isinstance(value, Mapping):
        value = {"id": 1, **value, "type": name}
    text = value if isinstance(value, str) else json.dumps(value)
    with suppress(CommandError):
        assert type(decode_command(text)) in commands.COMMANDS.values()
