"""How accurate presets become: one training run per seed, each tested once on all test images.

Every run is the command `convnet-live train`; nothing is chosen by its results on the test images.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks import report
from engine.language import parse
from engine.language.presets import PRESETS

TWO_MINUTES = 720_000
"""Examples for networks whose schedule has no end: the original, on two slow cores."""


def examples_of(preset: str) -> int:
    """How many examples to train a preset on: until its cosine has fallen, if it has one."""
    options = parse(PRESETS[preset].text).trainer.options
    if options["schedule"] == "cosine":
        return int(options["schedule_examples"])
    return TWO_MINUTES


def command(preset: str, examples: int, seed: int, data: Path | None) -> list[str]:
    """The command line of one run."""
    given = ["--preset", preset, "--examples", str(examples), "--seed", str(seed), "--json"]
    return ["convnet-live", "train", *given, *(["--data", str(data)] if data else [])]


def measure(preset: str, examples: int, seed: int, data: Path | None) -> dict[str, Any]:
    """Train one network, with its progress on stderr; returns its last line.

    Raises:
        CalledProcessError: it failed, and has said why on stderr.
    """
    line = command(preset, examples, seed, data)
    print(" ".join(line), file=sys.stderr, flush=True)
    program = [sys.executable, "-m", "server.cli", *line[1:]]
    done = subprocess.run(program, stdout=subprocess.PIPE, check=True, text=True)
    print(done.stdout, end="", file=sys.stderr, flush=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return {"preset": preset, "seed": seed, **said}


def rows_of(preset: str, runs: Sequence[dict[str, Any]]) -> list[list[str]]:
    """A line per seed, and one with the means."""
    lines = [(str(run["seed"]), run["test_accuracy"], run["seconds"]) for run in runs]
    accuracy, seconds = (
        statistics.fmean(run[key] for run in runs) for key in ("test_accuracy", "seconds")
    )
    lines.append(("mean", accuracy, seconds))
    return [
        [preset, seed, f"{runs[0]['examples']:,}", f"{accuracy:.2%}", f"{seconds:.0f} s"]
        for seed, accuracy, seconds in lines
    ]


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.accuracy", description=__doc__)
    parser.add_argument("presets", nargs="+", choices=PRESETS, metavar="PRESET")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3], metavar="S")
    parser.add_argument("--examples", type=int, metavar="N", help="fewer, for a quick look")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the four files of MNIST")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    about = report.machine()
    runs: list[dict[str, Any]] = []
    rows: list[list[str]] = []
    for preset in options.presets:
        examples = options.examples or examples_of(preset)
        try:
            new = [measure(preset, examples, seed, options.data) for seed in options.seeds]
        except subprocess.CalledProcessError as error:
            return error.returncode
        runs += new
        rows += rows_of(preset, new)
    heads = ("preset", "seed", "examples", "test accuracy", "time")
    print(report.table(heads, rows))
    result = {"machine": about, "runs": runs}
    print(f"\n{os.path.relpath(report.save(result, 'accuracy', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
