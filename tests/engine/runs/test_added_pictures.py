"""Added pictures take turns, by a rule that needs no memory, and leave all else as it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

from engine.data import load_builtin
from engine.data.added_pictures import EVERY, AddedPictures
from engine.formats import load
from engine.language import parse
from engine.runs.training_run import TrainingRun

TEXT = """layer_defs = [{type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'fc', num_neurons:8, activation:'relu'}, {type:'softmax', num_classes:10}];
net = new convnetjs.Net(); net.makeLayers(layer_defs);
trainer = new convnetjs.SGDTrainer(net, {method:'adadelta', batch_size:%d, augment:%g});"""
DATA = load_builtin()


def pictures(count: int) -> AddedPictures:
    images = np.arange(1, count + 1, dtype=np.uint8)[:, None, None].repeat(28, 1).repeat(28, 2)
    return AddedPictures(images, np.arange(count) % 10)


def run(batch: int = 20, augment: float = 0, seed: int = 5) -> TrainingRun:
    spec = parse(TEXT % (batch, augment), images=DATA.shape)
    return TrainingRun.fresh(spec, DATA, seed, processes=1)


def test_one_example_in_so_many_is_added_and_all_take_turns() -> None:
    added = pictures(7)
    for batch in (20, 1, 33, 250):
        seen: list[int] = []
        for begin in range(0, 2 * 7 * EVERY, batch):
            due = added.due(begin, min(batch, 2 * 7 * EVERY - begin))
            seen += [] if due is None else [int(image[0, 0]) for image in due.images]
        assert sorted(seen) == sorted(2 * list(range(1, 8)))


@pytest.mark.parametrize(("batch", "augment"), [(20, 0), (1, 0), (EVERY, 0), (20, 0.2), (1, 0.2)])
def test_they_are_in_the_batches_with_their_labels(batch: int, augment: float) -> None:
    training = run(batch, augment)
    training.added = pictures(3)
    gray: list[tuple[int, int]] = []
    while training.trainer.examples_seen < 3 * EVERY:
        drawn, _ = training.train_batch()
        assert len(drawn) == batch
        rest = drawn.indices >= 0
        assert (drawn.labels[rest] == DATA.train_labels[drawn.indices[rest]]).all()
        for at in np.flatnonzero(~rest):
            # The pictures are of one gray level all over.
            level = round((float(drawn.x[0, 12, 12, at]) + 0.5) * 255)
            gray.append((level, int(drawn.labels[at])))
    assert sorted(gray) == [(1, 0), (2, 1), (3, 2)]
    training.close()


def after(training: TrainingRun, steps: int) -> bytes:
    for _ in range(steps):
        training.train_batch()
    return training.snapshot()


def test_without_any_the_run_is_the_same_to_the_bit() -> None:
    plain, emptied = run(), run()
    emptied.added = AddedPictures(np.empty((0, 28, 28), np.uint8), np.empty(0, np.int64))
    assert after(plain, 40) == after(emptied, 40)


def test_a_run_goes_on_from_a_snapshot_as_if_it_had_never_stopped() -> None:
    whole, half = run(augment=0.1), run(augment=0.1)
    whole.added = half.added = pictures(3)
    expected = after(whole, 40)
    snapshot = load(after(half, 17), images=DATA.shape)
    resumed = TrainingRun.resumed(snapshot, DATA, 5, processes=1)
    resumed.added = pictures(3)
    assert json.loads(after(resumed, 23)) == json.loads(expected)
    plain = run(augment=0.1)
    assert after(plain, 40) != expected
