"""Where in a plane the network's last hidden layer puts the test images."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

import numpy as np

from engine.analysis.feature_plane import FeaturePlane, Projection, nearest_to_own_class
from engine.analysis.hidden_features import HiddenFeatures, choose_test_images
from engine.data import Dataset
from engine.network.net import Net
from server.protocol.inquiries import FeatureMapInquiry
from server.training_process.inspectors.base import Answer, Slices
from server.training_process.live_run import LiveRun

MOST_IMAGES = 1_000
SLICE = 50
"""Images run at once, between two steps of the training."""
STEPS_TO_THE_EDGE = 1_000
"""Positions are whole numbers up to this: as fine as a screen's pixels, and short as text."""


class FeatureMapInspector:
    """Keeps the plane from answer to answer, so that points drift and do not jump."""

    def __init__(self, run: LiveRun) -> None:
        self._run = run
        self._frozen = Net(run.training.net.spec, pool_early=True)
        self._plane = FeaturePlane()
        self._newest: _Map | None = None

    def answer(self, inquiry: FeatureMapInquiry) -> Slices:
        """All points with the weights of this moment, and which images they are."""
        newest = self._newest
        if newest is None or not newest.is_current(self._run):
            images = None if newest is None else newest.images
            if images is None or images.dataset is not self._run.dataset:
                images = _Images(self._run.dataset)
            self._newest = newest = yield from self._draw(images)
        images = newest.images
        which = None if inquiry.known == images.data else images.message()
        return {**newest.points, "data": images.data, "images": which}

    def _draw(self, images: _Images) -> Generator[None, None, _Map]:
        training = self._run.training
        step, examples = training.trainer.step_count, training.trainer.examples_seen
        # The network learns while this takes its slices: it is of the weights of one moment.
        training.trainer.copy_predicting(self._frozen)
        features = HiddenFeatures(self._frozen, images.dataset, images.indices)
        while not features.run(training.at_once(SLICE)):
            yield
        yield
        shown = yield from self._plane.project(features.values)
        points = {
            "step": step,
            "examples": examples,
            "layer": features.layer,
            "features": features.width,
            "share": shown.share,
            "apart": nearest_to_own_class(shown.positions, images.labels),
            "guesses": features.guesses.tolist(),
            **_places(shown),
        }
        return _Map(images, step, points)


class _Images:
    """Which test images are drawn; the choice follows from the data set."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.indices = choose_test_images(dataset, MOST_IMAGES)
        self.labels = dataset.test_labels[self.indices]
        self.data = dataset.digest

    def message(self) -> Answer:
        return {"indices": self.indices.tolist(), "labels": self.labels.tolist()}


@dataclass(frozen=True, eq=False)
class _Map:
    """What was drawn of the weights at one step."""

    images: _Images
    step: int
    points: Answer

    def is_current(self, run: LiveRun) -> bool:
        return self.step == run.training.trainer.step_count and self.images.dataset is run.dataset


def _places(shown: Projection) -> Answer:
    """The positions as whole numbers around the middle of all, and what the edge stands for."""
    low, high = shown.positions.min(axis=0), shown.positions.max(axis=0)
    extent = float((high - low).max() / 2)
    scale = STEPS_TO_THE_EDGE / extent if extent else 0.0
    x, y = np.rint((shown.positions - (low + high) / 2) * scale).astype(np.int64).T
    return {"extent": extent, "x": x.tolist(), "y": y.tolist()}
