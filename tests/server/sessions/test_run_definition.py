"""What is kept of a session's network."""

from __future__ import annotations

import pytest

from engine.language import DEFAULT_TEXT, DataShape, parse
from server.protocol.refusals import CommandError
from server.protocol.run_values import TrainerChange
from server.sessions.run_definition import MOST_TRAINER_CHANGES, RunDefinition, default_text

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
        run.configure({"momentum": 0.5, "batch_size": 0}, 0)
    assert (run.spec, noted(run)) == (before, [])
    run.configure({"momentum": 0.5, "batch_size": 7}, 0)
    assert (run.spec.trainer.momentum, run.spec.trainer.batch_size) == (0.5, 7)


def noted(run: RunDefinition) -> list[TrainerChange]:
    return list(run.trainer_changes)


def test_changes_of_the_trainer_are_noted_where_they_were_made() -> None:
    run = RunDefinition.first(IMAGES)
    run.configure({"batch_size": 20, "momentum": 0.9}, 100)
    assert noted(run) == []
    run.configure({"momentum": 0.5}, 200)
    run.configure({"momentum": 0.6, "method": "adam"}, 200)
    run.configure({"momentum": 0.7}, 300)
    # The method brings its own eps with it.
    both = TrainerChange(
        200, {"momentum": (0.9, 0.6), "method": ("adadelta", "adam"), "eps": (1e-6, 1e-8)}
    )
    later = TrainerChange(300, {"momentum": (0.6, 0.7)})
    assert noted(run) == [both, later]
    run.configure({"momentum": 0.6}, 300)
    assert noted(run) == [both]
    run.begin_again()
    assert noted(run) == []


def test_what_was_changed_after_a_checkpoint_takes_effect_there() -> None:
    run = RunDefinition.first(IMAGES)
    for examples, momentum in ((100, 0.5), (200, 0.6), (300, 0.7)):
        run.configure({"momentum": momentum}, examples)
    run.go_back_to(150)
    assert noted(run) == [
        TrainerChange(100, {"momentum": (0.9, 0.5)}),
        TrainerChange(150, {"momentum": (0.5, 0.7)}),
    ]


def test_of_many_changes_the_newest_are_kept() -> None:
    run = RunDefinition.first(IMAGES)
    for step in range(MOST_TRAINER_CHANGES + 9):
        run.configure({"batch_size": 30 + step}, step)
    assert [change.examples for change in noted(run)] == list(range(9, MOST_TRAINER_CHANGES + 9))
