"""What is kept of a session's network."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_TEXT, DataShape, parse
from server.protocol.refusals import CommandError
from server.sessions.run_definition import Work, default_text

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
    spec = Work.first(images).spec
    assert spec.input_shape.sx <= images.sx
    assert spec.layers[-1].out_shape.depth >= images.classes


def test_for_mnist_it_is_the_originals() -> None:
    assert default_text(IMAGES) == DEFAULT_TEXT


def test_run_ids_rise_and_a_late_file_does_not_undo_a_change() -> None:
    work = Work.first(IMAGES)
    spec = parse(DEFAULT_TEXT)
    reserved = work.reserve_run()
    work.begin(spec, DEFAULT_TEXT)
    changed = work.run_id
    assert changed > reserved
    assert not work.adopt(reserved, spec, IMAGES)
    assert work.run_id == changed
    assert work.adopt(work.reserve_run(), spec, IMAGES)
    assert work.run_id > changed


def test_settings_are_taken_all_or_none() -> None:
    work = Work.first(IMAGES)
    before = work.spec
    with pytest.raises(CommandError, match="batch_size"):
        work.configure({"momentum": 0.5, "batch_size": 0})
    assert work.spec == before
    work.configure({"momentum": 0.5, "batch_size": 7})
    assert (work.spec.trainer.momentum, work.spec.trainer.batch_size) == (0.5, 7)
