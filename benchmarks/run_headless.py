"""Contender: training as `convnet-live train` does it, with batches drawn and cropped."""

from __future__ import annotations

import atexit
from typing import Any

from benchmarks.running import Step, serve
from engine.data import load_directory
from engine.language import parse
from engine.runs.training_run import TrainingRun


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    dataset = load_directory(config["data"])
    run = TrainingRun.fresh(parse(config["spec"], images=dataset.shape), dataset, seed=0)
    atexit.register(run.close)

    def step() -> tuple[int, float]:
        batch, stats = run.train_batch()
        return len(batch), stats.loss

    return step, {"train": len(dataset.train_images)}


if __name__ == "__main__":
    serve(prepare)
