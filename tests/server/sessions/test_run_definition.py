"""What is kept of a session's network."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_TEXT, DataShape, parse
from server.protocol.refusals import CommandError
from server.sessions.run_definition import RunDefinition, default_text

IMAGES = DataShape()


@pytest.mark.parametrize(
    "images",
    [
        DataShape(28, 28, 1, 26),
        DataShape(20, 20, 1, 10),
        DataShape(64, 32, 1, 200),
        DataShape(5, 5, 1, 2),
        DataShape(1, 1, 1, 2),
    ],
)
def test_there_is_a_first_network_for_any_data(images: DataShape) -> None:
    spec = RunDefinition.first(images).spec
    assert spec.input_shape.sx <= images.sx
    assert spec.layers[-1].out_shape.depth >= images.classes


def test_for_mnist_it_is_the_originals() -> None:
    assert default_text(IMAGES) == DEFAULT_TEXT


def test_run_ids_rise_and_a_late_file_does_not_undo_a_change() -> None:
    run = RunDefinition.first(IMAGES)
    spec = parse(DEFAULT_TEXT)
    reserved = run.reserve_run()
    run.begin(spec, DEFAULT_TEXT)
    changed = run.run_id
    assert changed > reserved
    assert not run.adopt(reserved, spec, IMAGES)
    assert run.run_id == changed
    assert run.adopt(run.reserve_run(), spec, IMAGES)
    assert run.run_id > changed


def test_settings_are_taken_all_or_none() -> None:
    run = RunDefinition.first(IMAGES)
    before = run.spec
    with pytest.raises(CommandError, match="batch_size"):
        run.configure({"momentum": 0.5, "batch_size": 0})
    assert run.spec == before
    run.configure({"momentum": 0.5, "batch_size": 7})
    assert (run.spec.trainer.momentum, run.spec.trainer.batch_size) == (0.5, 7)
