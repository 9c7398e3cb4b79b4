"""`make bench`: this engine beside ConvNetJS, TensorFlow.js, PyTorch and JAX, on the same batches.

Each contender is a process of its own that trains only when asked to. In each case all take turns
of the same length, so that whatever else the machine does affects all alike.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import cases, report
from benchmarks.contenders import ROOT, Contender, ContenderError, python_runner, take_turns
from engine.data import Sampler, load_builtin
from engine.language import parse
from scripts.build_page import find_node

EXAMPLES = 2000
TORCH_THREADS = (1, 2)
# Above this load average figures say more about the machine's other work than the contenders.
BUSY = 0.5
HEADS = (
    "network", "batch", "ConvNetJS", "TensorFlow.js", "PyTorch", "threads", "JAX", "ConvNet Live",
    "/ ConvNetJS", "/ TensorFlow.js", "/ PyTorch", "/ JAX", "of sgemm peak",
)  # fmt: skip
# A folder with packages of its own: far larger than all that the page needs.
TENSORFLOWJS = ROOT / "benchmarks/tensorflowjs"


@dataclass(frozen=True)
class Plan:
    """What is measured, for how long and how often, and with which interpreters."""

    networks: tuple[str, ...]
    batches: tuple[int, ...]
    seconds: float
    repetitions: int
    node: str | None
    torch_python: str | None
    jax_python: str | None = None
    torch_compiled: bool = False
    tensorflowjs: bool = False


def write_examples(folder: Path) -> dict[str, Any]:
    """Write crops of real digits to files that every contender can read; returns where they are."""
    shape = parse(cases.spec_text("default", 1)).input_shape
    batch = Sampler(load_builtin(), shape, np.random.default_rng(0)).next_batch(EXAMPLES)
    # the engine's (1, H, W, N) to (N, H, W)
    batch.x[0].transpose(2, 0, 1).astype("<f4").tofile(folder / "images.f32")
    batch.labels.astype(np.uint8).tofile(folder / "labels.u8")
    return {
        "side": cases.SIDE,
        "images": str(folder / "images.f32"),
        "labels": str(folder / "labels.u8"),
    }


def contenders(plan: Plan, network: str, batch: int, files: dict[str, Any]) -> list[Contender]:
    """All contenders of one case, not yet started."""
    config = {
        **files,
        "batch": batch,
        "spec": cases.spec_text(network, batch),
        "layers": cases.NETWORKS[network],
        "trainer": cases.TRAINER,
    }
    taking_part = [
        Contender("engine", python_runner("run_engine"), config),
        Contender("peak", python_runner("run_peak"), config),
    ]
    if plan.node:
        runner = str(ROOT / "benchmarks/convnetjs_runner.cjs")
        taking_part.append(Contender("convnetjs", [plan.node, runner], config))
    if plan.node and plan.tensorflowjs:
        runner = str(TENSORFLOWJS / "runner.cjs")
        taking_part.append(Contender("tensorflowjs", [plan.node, runner], config))
    if plan.torch_python:
        command = python_runner("run_torch", plan.torch_python)
        for threads, compiled in product(TORCH_THREADS, (False, True)[: 1 + plan.torch_compiled]):
            name = f"torch-{threads}{' compiled' * compiled}"
            more = {"threads": threads, "compiled": compiled}
            taking_part.append(Contender(name, command, {**config, **more}))
    if plan.jax_python:
        taking_part.append(Contender("jax", python_runner("run_jax", plan.jax_python), config))
    return taking_part


def run_case(plan: Plan, network: str, batch: int, files: dict[str, Any]) -> dict[str, Any]:
    """Start all contenders, and let each train in turn, as often as the plan says."""
    with ExitStack() as stack:
        running = [stack.enter_context(c) for c in contenders(plan, network, batch, files)]
        take_turns(running, plan.seconds, plan.repetitions)
    figures = {c.name: {**report.summary(c.rates), **c.about, "last": c.last} for c in running}
    return judge(network, batch, figures)


def judge(network: str, batch: int, figures: dict[str, Any]) -> dict[str, Any]:
    """One case's figures, and the ratios between them."""
    torches = [figures[name] for name in figures if name.startswith("torch-")]
    best = max(torches, key=lambda torch: torch["median"], default=None)
    threads = next((name[len("torch-") :] for name in figures if figures[name] is best), None)
    engine = figures["engine"]
    done = engine["median"] * cases.operations(network)
    return {
        "network": network,
        "batch": batch,
        "operations_per_example": cases.operations(network),
        "figures": figures,
        "torch_threads": threads if best else None,
        "over_convnetjs": report.ratio(engine, figures.get("convnetjs")),
        "over_tensorflowjs": report.ratio(engine, figures.get("tensorflowjs")),
        "over_torch": report.ratio(engine, best),
        "over_jax": report.ratio(engine, figures.get("jax")),
        "share_of_peak": done / figures["peak"]["median"],
    }


def row(case: dict[str, Any]) -> list[str]:
    """One case as a line of the table."""
    figures = case["figures"]
    threads = case["torch_threads"]
    return [
        case["network"],
        str(case["batch"]),
        report.with_spread(figures.get("convnetjs")),
        report.with_spread(figures.get("tensorflowjs")),
        report.with_spread(figures.get(f"torch-{threads}")),
        threads or "-",
        report.with_spread(figures.get("jax")),
        report.with_spread(figures["engine"]),
        report.times(case["over_convnetjs"], 1),
        report.times(case["over_tensorflowjs"], 1),
        report.times(case["over_torch"]),
        report.times(case["over_jax"]),
        f"{case['share_of_peak']:.1%}",
    ]


def find_with(package: str, named: str | None) -> str | None:
    """An interpreter that can import a package: the one named, this one, or that of .venv-bench."""
    own = ROOT / ".venv-bench/bin/python"
    for python in [named] if named else [sys.executable, str(own)]:
        if python and Path(python).exists():
            command = [python, "-c", f"import {package}"]
            tried = subprocess.run(command, capture_output=True, check=False)
            if tried.returncode == 0:
                return python
    return None


def arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.compare", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="default network, batch 20, no torch")
    parser.add_argument("--networks", nargs="+", choices=cases.NETWORKS, metavar="NAME")
    parser.add_argument("--batches", nargs="+", type=int, metavar="N")
    parser.add_argument("--seconds", type=float, default=1.0, help="for each turn (%(default)s)")
    parser.add_argument("--repetitions", type=int, default=5, help="turns each (%(default)s)")
    parser.add_argument("--torch-python", metavar="PATH", help="an interpreter with PyTorch")
    parser.add_argument("--compiled", action="store_true", help="torch.compile too; needs g++")
    parser.add_argument("--results", type=Path, default=report.RESULTS, metavar="FOLDER")
    return parser.parse_args(given)


def plan_from(options: argparse.Namespace) -> Plan:
    node = find_node()
    networks = ("default",) if options.quick else tuple(cases.NETWORKS)
    batches = (20,) if options.quick else cases.BATCHES
    return Plan(
        networks=tuple(options.networks or networks),
        batches=tuple(options.batches or batches),
        seconds=options.seconds,
        repetitions=options.repetitions,
        node=str(node.folder / "node") if node else None,
        torch_python=None if options.quick else find_with("torch", options.torch_python),
        jax_python=None if options.quick else find_with("jax", options.torch_python),
        torch_compiled=options.compiled,
        tensorflowjs=not options.quick and (TENSORFLOWJS / "node_modules").exists(),
    )


def say_what_is_missing(plan: Plan, quick: bool) -> None:
    if plan.node is None:
        print("ConvNetJS is missing from the table: Node was not found.")
    if plan.torch_python is None and not quick:
        print("PyTorch is missing from the table: `make bench TORCH=1` installs it.")
    if not (plan.tensorflowjs or quick):
        print("TensorFlow.js is missing from the table: `make bench TFJS=1` installs it.")


def main(given: Sequence[str] | None = None) -> int:
    options = arguments(given)
    plan = plan_from(options)
    say_what_is_missing(plan, options.quick)
    result: dict[str, Any] = {"machine": report.machine(), "seconds": plan.seconds, "cases": []}
    with tempfile.TemporaryDirectory() as folder:
        files = write_examples(Path(folder))
        for network in plan.networks:
            for batch in plan.batches:
                print(f"measuring {network}, batch {batch} ...", file=sys.stderr, flush=True)
                try:
                    result["cases"].append(run_case(plan, network, batch, files))
                except ContenderError as error:
                    print(f"error: {error}", file=sys.stderr)
                    return 1
    about = result["machine"]
    print(f"\n{about['processor']}, {about['cores']} cores, Python {about['python']}")
    if about["load_before"] is not None and about["load_before"] > BUSY:
        print(f"Note: the machine was busy when it began (load {about['load_before']:.1f}).")
    print(
        "Training examples per second: median (minimum..maximum) of "
        f"{plan.repetitions} turns of {plan.seconds:g} s, all contenders in turn.\n"
    )
    print(report.table(HEADS, [row(case) for case in result["cases"]]))
    print(f"\n{os.path.relpath(report.save(result, 'compare', options.results))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
