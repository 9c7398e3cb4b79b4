"""What the commands train and eval do, once their arguments are parsed."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from engine.analysis.evaluation import Evaluation
from engine.command_line.numbers import accuracy_text
from engine.data import Dataset, find_full_mnist, load_builtin, load_directory
from engine.durable_files import write_durably
from engine.file_limits import SNAPSHOT_BYTES
from engine.formats import Snapshot, SnapshotError, load
from engine.language import DataShape, NetSpec, SpecError, parse
from engine.language.presets import PRESETS
from engine.network.net import Net
from engine.runs.headless_run import HeadlessRun, Result
from engine.training.trainer import Trainer
from engine.version import PROGRAM

SPEC_BYTES = 1 << 20
STDIN = Path("-")


class UsageError(Exception):
    """The input is bad; the message is one line for people."""


def train(arguments: argparse.Namespace) -> None:
    """Train a network, test it, write it to a file if asked to, and print the numbers."""
    if arguments.snapshot is not None:
        _check_target(arguments.snapshot)
    dataset = _dataset(arguments.data)
    with _begin(arguments, dataset) as run:
        _train_with_bar(run, arguments.examples)
        # Before the test, so that going on from here is going on without a break.
        snapshot = run.snapshot() if arguments.snapshot is not None else b""
        result = run.result()
        if arguments.snapshot is not None:
            write_durably(arguments.snapshot, snapshot)
    if arguments.json:
        print(json.dumps(asdict(result) | _origin(arguments) | {"data": _named(dataset)}))
    else:
        print(_table(result, dataset, *run.covered))


def _begin(arguments: argparse.Namespace, dataset: Dataset) -> HeadlessRun:
    """A run of a new network, or of that of a snapshot."""
    start: NetSpec | Snapshot
    if arguments.start is None:
        start = _spec(arguments, dataset)
    else:
        start = load_snapshot(arguments.start, dataset.shape)
        _warn_of_a_new_order(arguments.start, start, dataset)
    try:
        with _interrupts_ignored():
            return HeadlessRun(start, dataset, arguments.seed or 0, processes=arguments.processes)
    except SnapshotError as error:
        raise UsageError(f"{arguments.start}: {error}") from None


def _warn_of_a_new_order(path: Path, snapshot: Snapshot, dataset: Dataset) -> None:
    sampler = (snapshot.training or {}).get("sampler")
    images = sampler.get("training_images") if isinstance(sampler, dict) else None
    if images != len(dataset.training_indices):
        message = f"{path} does not say which images of {dataset.name} come next"
        print(f"{PROGRAM}: warning: {message}; their order begins anew", file=sys.stderr)


def _origin(arguments: argparse.Namespace) -> dict[str, Any]:
    """Where the network came from: a preset, a text or a snapshot; the seed if one was given."""
    fresh = arguments.start is None
    preset = arguments.preset if fresh and arguments.spec is None else None
    return {"preset": preset, "seed": (arguments.seed or 0) if fresh else arguments.seed}


def _named(dataset: Dataset) -> dict[str, str]:
    return {"name": dataset.name, "digest": dataset.digest}


@contextmanager
def _interrupts_ignored() -> Iterator[None]:
    """Make processes that start meanwhile ignore Ctrl-C; this one decides what it means."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _train_with_bar(run: HeadlessRun, examples: int) -> None:
    from tqdm import tqdm

    interval = 0.1 if sys.stderr.isatty() else 2.0
    # An overflow shows in the loss, and is reported as divergence.
    with (
        np.errstate(all="ignore"),
        tqdm(
            total=examples,
            unit=" examples",
            unit_scale=True,
            file=sys.stderr,
            mininterval=interval,
        ) as bar,
    ):

        def show(trained: int, loss: float) -> None:
            # The text is set before the bar decides whether it is time to draw itself.
            bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
            bar.update(trained)

        run.train(examples, show)


def _spec(arguments: argparse.Namespace, dataset: Dataset) -> NetSpec:
    if arguments.spec is None:
        return parse(PRESETS[arguments.preset].text, images=dataset.shape)
    content = read_file(arguments.spec, SPEC_BYTES)
    try:
        return parse(content.decode("utf-8-sig"), images=dataset.shape)
    except UnicodeDecodeError:
        raise UsageError(f"{arguments.spec}: is not UTF-8 text") from None
    except SpecError as error:
        raise UsageError(f"{arguments.spec}: {error}") from None


def _table(result: Result, dataset: Dataset, trained: int, validated: int) -> str:
    training = accuracy_text(result.train_accuracy, trained)
    validation = accuracy_text(result.validation_accuracy, validated)
    test = accuracy_text(result.test_accuracy, result.test_examples)
    return "\n".join(
        [
            f"data                 {dataset.name}",
            f"examples             {result.examples:,}",
            f"seconds              {result.seconds:.1f}",
            f"examples per second  {result.examples_per_second:,.0f}",
            f"loss                 {result.loss:.4f}",
            f"training accuracy    {training} of the last {trained:,} examples",
            f"validation accuracy  {validation} of the last {validated:,} validation images",
            f"test accuracy        {test} of {result.test_examples:,} test images, "
            "cropped at their center",
        ]
    )


def evaluate(arguments: argparse.Namespace) -> None:
    """Test a network on all test images and print accuracy and confusion matrix."""
    dataset = _dataset(arguments.data)
    net = load_net(arguments.snapshot, dataset.shape)
    evaluation = Evaluation(net, dataset)
    evaluation.run()
    if arguments.json:
        answer = {
            "accuracy": evaluation.accuracy,
            "count": evaluation.examples,
            "confusion": evaluation.confusion.tolist(),
            # As `train` calls them.
            "test_accuracy": evaluation.accuracy,
            "test_examples": evaluation.examples,
            "parameters": net.spec.parameter_count,
            "data": _named(dataset),
        }
        print(json.dumps(answer))
        return
    accuracy = accuracy_text(evaluation.accuracy, evaluation.examples)
    print(f"{accuracy} of {evaluation.examples:,} test images of {dataset.name}")
    width = max(6, *map(len, dataset.classes)) + 2
    print("truth".ljust(width) + "".join(name.rjust(width) for name in dataset.classes))
    for name, row in zip(dataset.classes, evaluation.confusion.tolist(), strict=True):
        print(name.ljust(width) + "".join(str(count).rjust(width) for count in row))


def _dataset(directory: Path | None) -> Dataset:
    found = find_full_mnist(directory)
    return load_builtin() if found is None else load_directory(found)


def load_net(path: Path, images: DataShape) -> Net:
    """The network that a snapshot predicts with.

    Raises:
        UsageError: the file cannot be read, or is not a snapshot.
    """
    snapshot = load_snapshot(path, images)
    # The trainer holds the averaged weights, if there are any; nothing is trained here.
    options = snapshot.net.spec.trainer
    trainer = Trainer(snapshot.net, options, np.random.default_rng(0), processes=1)
    try:
        snapshot.resume(trainer)
    except SnapshotError as error:
        raise UsageError(f"{path}: {error}") from None
    trainer.close()
    return trainer.prediction_replica()


def load_snapshot(path: Path, images: DataShape) -> Snapshot:
    """What a file holds, if it fits the images.

    Raises:
        UsageError: the file cannot be read, or is not a snapshot.
    """
    try:
        return load(read_file(path, SNAPSHOT_BYTES), images=images)
    except SnapshotError as error:
        raise UsageError(f"{path}: {error}") from None


def read_file(path: Path, limit: int) -> bytes:
    """A file of at most `limit` bytes; `-` is stdin.

    Raises:
        UsageError: it cannot be read, or is larger.
    """
    try:
        # 0 is stdin, which stays open.
        with open(0, "rb", closefd=False) if path == STDIN else path.open("rb") as file:
            content = file.read(limit + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"{path}: {reason}") from None
    if len(content) > limit:
        raise UsageError(f"{path}: is larger than {limit >> 20} MiB")
    return content


def _check_target(path: Path) -> None:
    """Fail before training, not after it, if its result cannot be written."""
    if path.is_dir():
        raise UsageError(f"{path}: is a folder")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: there is no such folder")
    if not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path.parent}: cannot be written to")
