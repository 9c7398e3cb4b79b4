"""Whether cost grows no faster than the arithmetic, and how much memory a training process takes.

The default network with 8 to 64 filters in its first layer and twice as many in its second.
Examples per second times multiply-adds per example must not fall as the network grows.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import cases, report
from benchmarks.compare import write_examples
from benchmarks.contenders import Contender, python_runner, take_turns

FILTERS = (8, 16, 32, 64)


def contender(filters: int, batch: int, files: dict[str, Any]) -> Contender:
    """The engine on a network of this width, not yet started."""
    network = f"{filters} filters"
    cases.NETWORKS[network] = cases.two_convolutions(filters)
    config = {**files, "batch": batch, "spec": cases.spec_text(network, batch)}
    return Contender(network, python_runner("run_engine"), config)


def measure(batch: int, seconds: float, repetitions: int) -> list[dict[str, Any]]:
    """Rates of every width, each training in turn, and its process's memory after training."""
    with ExitStack() as stack:
        files = write_examples(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        engines = [stack.enter_context(contender(width, batch, files)) for width in FILTERS]
        take_turns(engines, seconds, repetitions)
    return [summary(*each) for each in zip(FILTERS, engines, strict=True)]


def summary(filters: int, engine: Contender) -> dict[str, Any]:
    """The figures of one width."""
    rates = report.summary(engine.rates)
    return {
        "filters": filters,
        "rates": rates,
        "gigaflops": rates["median"] * cases.operations(engine.name) / 1e9,
        "megabytes": engine.last["resident"] and engine.last["resident"] / 1e6,
    }


def main(given: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.scaling", description=__doc__)
    parser.add_argument("--batch", type=int, default=100, metavar="N")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each turn (%(default)s)")
    parser.add_argument("--repetitions", type=int, default=5, help="turns each (%(default)s)")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    options = parser.parse_args(given)
    widths = measure(options.batch, options.seconds, options.repetitions)
    rows = [
        [
            str(width["filters"]),
            report.with_spread(width["rates"]),
            f"{width['gigaflops']:.0f}",
            f"{width['megabytes']:.0f}" if width["megabytes"] else "-",
        ]
        for width in widths
    ]
    print(report.table(("filters", "examples per second", "GFLOP/s", "resident MB"), rows))
    result = {"machine": report.machine(), "batch": options.batch, "widths": widths}
    print(f"\n{os.path.relpath(report.save(result, 'scaling', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
