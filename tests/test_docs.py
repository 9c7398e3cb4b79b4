"""The documentation says everything that there is to say."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from engine.language import DEFAULT_TEXT, parse
from engine.layers import ACTIVATIONS, LAYERS
from engine.update_rules.optimizers import OPTIMIZERS, TRAINER_OPTIONS
from server.protocol.commands import COMMANDS
from server.protocol.events import EVENTS
from server.sessions.registry import Registry
from server.web.api.metrics import PREFIX, Metrics
from tests.server.fake_host import Stage

DOCS = Path(__file__).resolve().parents[1] / "docs"
SPEC = (DOCS / "SPEC.md").read_text(encoding="utf-8")
PROTOCOL = (DOCS / "PROTOCOL.md").read_text(encoding="utf-8")
OPERATIONS = (DOCS / "OPERATIONS.md").read_text(encoding="utf-8")


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


async def metric_names() -> list[str]:
    # On a loop, whose tasks are counted.
    shared = Stage().shared
    metrics = Metrics(Registry(shared), shared.line, shared.tally)
    return [metric.name.removeprefix(PREFIX) for metric in metrics.collect()]


def test_every_metric_is_in_the_operations() -> None:
    for name in asyncio.run(metric_names()):
        assert f"`{name}" in OPERATIONS, name
