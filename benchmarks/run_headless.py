"""Contender: training as `convnet-live train` does it: batches drawn and cropped, unwatched."""

from __future__ import annotations

import atexit
from typing import Any

import numpy as np

from benchmarks.running import Step, serve
from engine import spec
from engine.data import Sampler, load_directory
from engine.net import Net
from engine.trainer import Trainer


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    dataset = load_directory(config["data"])
    parsed = spec.parse(config["spec"], images=dataset.shape)
    rng = np.random.default_rng(0)
    trainer = Trainer(Net.create(parsed, rng), parsed.trainer, rng)
    atexit.register(trainer.close)
    sampler = Sampler(dataset, parsed.input_shape, rng)

    def step() -> tuple[int, float]:
        stats = trainer.step(sampler.next_batch(parsed.trainer.batch_size))
        return stats.examples, stats.loss

    return step, {"train": len(dataset.train_images)}


if __name__ == "__main__":
    serve(prepare)
