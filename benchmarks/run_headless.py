"""Contender: training as `convnet-live train` does it: batches drawn and cropped, unwatched."""

from __future__ import annotations

import atexit
from typing import Any

from benchmarks.running import Step, serve
from engine import language as spec
from engine.data import load_directory
from engine.runs.training_run import TrainingRun


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    dataset = load_directory(config["data"])
    parsed = spec.parse(config["spec"], images=dataset.shape)
    training = TrainingRun.fresh(parsed, dataset, seed=0)
    atexit.register(training.close)

    def step() -> tuple[int, float]:
        batch, stats = training.train_batch()
        return len(batch), stats.loss

    return step, {"train": len(dataset.train_images)}


if __name__ == "__main__":
    serve(prepare)
