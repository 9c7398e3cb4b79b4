"""Contender: this engine as `convnet-live train` runs it, tested on all images between turns."""

from __future__ import annotations

import json
import sys
import time
from contextlib import closing

from benchmarks.running import answer
from engine.analysis.evaluation import Evaluation
from engine.data import load_directory
from engine.language import parse
from engine.runs.training_run import TrainingRun


def main() -> None:
    """Train on as many examples as each line says; testing is not on the clock."""
    config = json.loads(sys.stdin.readline())
    dataset = load_directory(config["data"])
    spec = parse(config["spec"], images=dataset.shape)
    with closing(TrainingRun.fresh(spec, dataset, config["seed"])) as run:
        answer({"ready": True, "parameters": spec.parameter_count})
        for line in sys.stdin:
            left = wanted = int(line)
            began = time.perf_counter()
            while left:
                batch, _ = run.train_batch(left)
                left -= len(batch)
            seconds = time.perf_counter() - began
            test = Evaluation(run.trainer.prediction_replica(), dataset)
            test.run()
            answer({"examples": wanted, "seconds": seconds, "accuracy": test.accuracy})


if __name__ == "__main__":
    main()
