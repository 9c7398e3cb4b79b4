"""Turns a run's numbers and maps into messages for the page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from engine.analysis.layer_views import LayerView, Map
from engine.data import Batch
from engine.layers import Array
from server.protocol.events import (
    LayerMaps,
    Layers,
    PixelMap,
    Prediction,
    Predictions,
    Stats,
    TestResult,
)
from server.protocol.run_values import Guess
from server.training_process.live_run import LiveRun
from server.training_process.map_budget import cut, room_for

TOP = 3


def stats_of(run: LiveRun) -> Stats:
    """The running numbers of now."""
    trainer, test = run.training.trainer, run.full_tester.newest
    return Stats(
        run_id=run.run_id,
        step=trainer.step_count,
        examples=trainer.examples_seen,
        epoch=run.training.sampler.epoch,
        learning_rate=trainer.learning_rate,
        examples_per_second=run.speed.per_second(),
        forward_ms=_milliseconds(run.training.forward_seconds.mean()),
        backward_ms=_milliseconds(run.training.backward_seconds.mean()),
        loss=run.training.loss.mean(),
        decay_loss=run.training.decay.mean(),
        train_accuracy=run.training.train_accuracy.mean(),
        train_count=run.training.train_accuracy.count,
        validation_accuracy=run.training.validation_accuracy.mean(),
        validation_count=run.training.validation_accuracy.count,
        test_accuracy_recent=run.test_recent.mean(),
        test_recent_count=run.test_recent.count,
        test=None if test is None else TestResult(test.accuracy, test.images, test.examples),
        step_seconds=run.step_seconds,
    )


def layers_of(run: LiveRun, watched: Collection[int]) -> Layers:
    """The cards' pictures of now."""
    label, views = run.views(watched)
    shown = run.shown
    return Layers(
        run_id=run.run_id,
        step=run.training.trainer.step_count,
        source=shown.choice.source,
        index=shown.index,
        pinned=shown.choice.pinned,
        label=label,
        layers=_within_budget(views),
    )


def predictions_of(run: LiveRun, number: int, batch: Batch, scores: Array) -> Predictions:
    """Four test images with their likeliest classes; `scores` is (4, classes)."""
    _, height, width = batch.images.shape
    return Predictions(
        run_id=run.run_id,
        round=number,
        width=width,
        height=height,
        items=tuple(
            Prediction(int(index), int(label), likeliest(row), image.tobytes())
            for index, label, row, image in zip(
                batch.indices, batch.labels, scores, batch.images, strict=True
            )
        ),
    )


def likeliest(scores: Array) -> tuple[Guess, ...]:
    """The three likeliest classes of one image, best first; `scores` is (classes,)."""
    best = np.argsort(-scores, kind="stable")[:TOP]
    return tuple(Guess(int(klass), float(scores[klass])) for klass in best)


def _within_budget(views: Sequence[LayerView]) -> tuple[LayerMaps, ...]:
    """The views' maps, cut to what all together may take."""
    maps = [
        (view.activations, view.gradients, view.weights, view.weight_gradients) for view in views
    ]
    room = room_for([image.pixels.size for row in maps for image in row if image is not None])
    return tuple(
        LayerMaps(view.index, *(_pixels(image, room) for image in row))
        for view, row in zip(views, maps, strict=True)
    )


def _pixels(image: Map | None, room: int) -> PixelMap | None:
    if image is None:
        return None
    shown, whole = cut(image.pixels, room), image.pixels.shape
    return PixelMap(
        shown.shape,
        image.minimum,
        image.maximum,
        shown.tobytes(),
        None if shown.shape == whole else whole,
        None if image.ranges is None else tuple(image.ranges[: len(shown)].ravel().tolist()),
    )


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else 1000 * seconds
