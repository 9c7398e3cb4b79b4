"""How fast networks learn: accuracy on all test images by examples and by seconds, over seeds.

Presets are trained as `convnet-live train` does it and tested again and again, off the clock. With
`--convnetjs` the original network is trained by ConvNetJS too, on the same crops in the same order.
Nothing is chosen by these results.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import cases, report
from benchmarks.contenders import ROOT, Contender, ContenderError, python_runner
from engine.data import Dataset, center_crops, find_full_mnist, load_directory
from engine.language import parse
from engine.language.presets import PRESETS
from engine.layers import Array
from engine.runs.training_run import TrainingRun
from scripts.build_page import find_node

MILESTONES = (0.97, 0.98, 0.99, 0.995)
MARKS = (60_000, 240_000)
"""Examples after which ours and ConvNetJS are compared."""
ORIGINAL, CONVNETJS = "original", "ConvNetJS"
WITHOUT_END = 720_000
"""Examples for networks whose schedule has no end, such as the original's."""
PRESET_HEADS = ("preset", "seeds", "examples", "test accuracy", "time", *(
    f"to {each:.1%}".replace(".0", "") for each in MILESTONES
))  # fmt: skip
MARK_HEADS = ("contender", "seeds", "examples", "test accuracy", "lowest..highest", "time")


class Reading(NamedTuple):
    """Accuracy on all test images after so many examples and seconds of training."""

    examples: int
    seconds: float
    accuracy: float


@dataclass(frozen=True)
class Run:
    """One network's training, and its tests in order."""

    name: str
    seed: int
    tests: list[Reading]

    def reached(self, accuracy: float) -> Reading | None:
        """The first test that was at least as good; None if there is none."""
        return next((each for each in self.tests if each.accuracy >= accuracy), None)

    def at(self, examples: int) -> Reading | None:
        """The test after exactly so many examples."""
        return next((each for each in self.tests if each.examples == examples), None)


def examples_of(preset: str) -> int:
    """How many examples to train a preset on: to the end of its schedule, if it has one."""
    options = parse(PRESETS[preset].text).trainer.options
    return options["schedule_examples"] if options["schedule"] == "cosine" else WITHOUT_END


def follow(contender: Contender, seed: int, turns: Iterable[int]) -> Run:
    """Let a contender train turn by turn, so many examples each."""
    tests: list[Reading] = []
    examples, seconds = 0, 0.0
    with contender:
        for turn in turns:
            contender.go(turn)
            examples += turn
            seconds += contender.last["seconds"]
            tests.append(Reading(examples, seconds, contender.last["accuracy"]))
    last = tests[-1]
    said = f"{last.accuracy:.2%} after {last.examples:,} examples, {last.seconds:.1f} s"
    print(f"{contender.name}, seed {seed}: {said}", file=sys.stderr, flush=True)
    return Run(contender.name, seed, tests)


def turns_to(examples: int, every: int) -> list[int]:
    """Turns of `every` examples, and the rest."""
    whole, rest = divmod(examples, every)
    return [every] * whole + [rest] * (rest > 0)


def run_preset(preset: str, seed: int, data: Path, turns: Sequence[int]) -> Run:
    config = {"spec": PRESETS[preset].text, "seed": seed, "data": str(data)}
    return follow(Contender(preset, python_runner("learn_engine"), config), seed, turns)


def run_convnetjs(node: Path, seed: int, dataset: Dataset, marks: Sequence[int]) -> Run:
    """The original network in ConvNetJS, which draws its weights from a seed of its own."""
    turns = [mark - before for before, mark in zip((0, *marks), marks, strict=False)]
    with tempfile.TemporaryDirectory() as folder:
        config = {
            **write_crops(Path(folder), dataset, seed, marks[-1]),
            "layers": cases.NETWORKS["default"],
            "trainer": cases.CONVNETJS_DEFAULTS,
            "batch": 20,
        }
        command = [str(node), str(ROOT / "benchmarks/learn_convnetjs.cjs")]
        return follow(Contender(CONVNETJS, command, config), seed, turns)


def write_crops(folder: Path, dataset: Dataset, seed: int, examples: int) -> dict[str, object]:
    """What our run with this seed trains on, and the test's crops, as bytes; returns where."""
    spec = parse(PRESETS[ORIGINAL].text, images=dataset.shape)
    labels = np.empty(examples, np.uint8)
    with (
        closing(TrainingRun.fresh(spec, dataset, seed, processes=1)) as run,
        (folder / "images").open("wb") as images,
    ):
        # Batch by batch as the run does, for crops are drawn by batches.
        for start in range(0, examples, size := spec.trainer.batch_size):
            batch = run.sampler.next_batch(min(size, examples - start))
            labels[start : start + len(batch)] = batch.labels
            images.write(as_bytes(batch.x))
    labels.tofile(folder / "labels")
    test = as_bytes(center_crops(dataset.test_images, spec.input_shape))
    (folder / "test_images").write_bytes(test)
    dataset.test_labels.astype(np.uint8).tofile(folder / "test_labels")
    names = ("images", "labels", "test_images", "test_labels")
    return {"side": cases.SIDE, **{name: str(folder / name) for name in names}}


def as_bytes(x: Array) -> bytes:
    """Activations (1, H, W, N) as bytes (N, H, W)."""
    pixels: Array = np.rint((x[0].transpose(2, 0, 1) + 0.5) * 255)
    return pixels.astype(np.uint8).tobytes()


def with_deviation(values: Sequence[float], form: str, unit: str = "") -> str:
    """Mean, and the standard deviation if there are several."""
    mean = f"{statistics.fmean(values):{form}}{unit}"
    if len(values) < 2:
        return mean
    return f"{mean} ± {statistics.stdev(values):{form}}{unit}"


def preset_row(preset: str, runs: Sequence[Run]) -> list[str]:
    """How good a preset gets, and how fast, over its seeds."""
    last = [run.tests[-1] for run in runs]
    row = [preset, str(len(runs)), f"{last[0].examples:,}"]
    row.append(with_deviation([each.accuracy for each in last], ".2%"))
    row.append(with_deviation([each.seconds for each in last], ".1f", " s"))
    return row + [milestone(runs, accuracy) for accuracy in MILESTONES]


def milestone(runs: Sequence[Run], accuracy: float) -> str:
    """Seconds and examples to an accuracy, over the seeds that reached it."""
    tests = [test for run in runs if (test := run.reached(accuracy))]
    if not tests:
        return "-"
    seconds = with_deviation([each.seconds for each in tests], ".1f", " s")
    examples = statistics.fmean(each.examples for each in tests)
    missing = "" if len(tests) == len(runs) else f", {len(tests)} of {len(runs)} seeds"
    return f"{seconds} ({examples:,.0f}{missing})"


def mark_rows(runs: Sequence[Run], marks: Sequence[int]) -> list[list[str]]:
    """Ours and ConvNetJS after the same numbers of examples."""
    rows = []
    for mark in marks:
        for name in (ORIGINAL, CONVNETJS):
            tests = [test for run in runs if run.name == name and (test := run.at(mark))]
            if tests:
                found = [each.accuracy for each in tests]
                time = with_deviation([each.seconds for each in tests], ".1f", " s")
                spread = f"{min(found):.2%}..{max(found):.2%}"
                mean = with_deviation(found, ".2%")
                rows.append([name, str(len(tests)), f"{mark:,}", mean, spread, time])
    return rows


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.learning", description=__doc__)
    parser.add_argument("presets", nargs="+", choices=PRESETS, metavar="PRESET")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3, 4, 5], metavar="S")
    parser.add_argument("--examples", type=int, metavar="N", help="fewer, for a quick look")
    parser.add_argument("--every", type=int, default=3000, metavar="N", help="examples to a test")
    parser.add_argument("--convnetjs", type=int, nargs="+", default=[], metavar="S", help="seeds")
    parser.add_argument("--marks", type=int, nargs="+", default=MARKS, metavar="N")
    parser.add_argument("--data", type=Path, metavar="DIR", help="the four files of MNIST")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    return parser.parse_args(given)


def measure(options: argparse.Namespace, data: Path) -> list[Run]:
    """All runs that were asked for, one after another.

    Raises:
        ContenderError: one could not be started, or died.
    """
    runs = []
    for preset in options.presets:
        turns = turns_to(options.examples or examples_of(preset), options.every)
        runs += [run_preset(preset, seed, data, turns) for seed in options.seeds]
    if options.convnetjs:
        if (node := find_node()) is None:
            raise ContenderError("ConvNetJS needs Node, which was not found")
        dataset, marks = load_directory(data), sorted(options.marks)
        program = node.folder / "node"
        runs += [run_convnetjs(program, seed, dataset, marks) for seed in options.convnetjs]
    return runs


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    about, data = report.machine(), find_full_mnist(options.data)
    if data is None:
        print("error: name a folder with the full MNIST by --data", file=sys.stderr)
        return 2
    try:
        runs = measure(options, data)
    except ContenderError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{about['processor']}, {about['cores']} cores, load {about['load_before']}\n")
    rows = [preset_row(name, [r for r in runs if r.name == name]) for name in options.presets]
    print(report.table(PRESET_HEADS, rows))
    if marks := mark_rows(runs, sorted(options.marks)):
        print(f"\n{report.table(MARK_HEADS, marks)}")
    result = {"machine": about, "runs": [asdict(run) for run in runs]}
    print(f"\n{os.path.relpath(report.save(result, 'learning', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
