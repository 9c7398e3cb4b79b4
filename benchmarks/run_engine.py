"""Contender: this project's engine, with its default number of processes."""

from __future__ import annotations

import atexit
import itertools
from typing import Any

import numpy as np

from benchmarks.running import Step, load_examples, serve
from engine.data import Batch
from engine.language import parse
from engine.network.net import Net
from engine.training.trainer import Trainer

# Only the page needs the whole images that a batch was cropped from.
NO_SOURCE = np.zeros((0, 0, 0), np.uint8)


def prepare(config: dict[str, Any]) -> tuple[Step, dict[str, Any]]:
    images, labels = load_examples(config)
    size = config["batch"]
    rng = np.random.default_rng(0)
    spec = parse(config["spec"])
    trainer = Trainer(Net.create(spec, rng), spec.trainer, rng)
    atexit.register(trainer.close)
    batches = []
    for start in range(0, len(labels) - size + 1, size):
        chosen = np.arange(start, start + size)
        # (N, H, W) to the engine's (C, H, W, B)
        x = np.ascontiguousarray(images[chosen].transpose(1, 2, 0))[None]
        batches.append(Batch(x, labels[chosen], chosen, NO_SOURCE))
    turns = itertools.cycle(batches)

    def step() -> tuple[int, float]:
        stats = trainer.step(next(turns))
        return stats.examples, stats.loss

    return step, {"numpy": np.__version__, "parameters": spec.parameter_count}


if __name__ == "__main__":
    serve(prepare)
