"""Keeps `make bench` alive: the real harness at tiny size, and the arithmetic of its report."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

import pytest

from benchmarks import cases, compare, report
from benchmarks.contenders import Contender, ContenderError
from engine.language import parse


def test_quick_run_measures_convnetjs_and_engine(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = ["--quick", "--seconds", "0.05", "--repetitions", "2", "--results", str(tmp_path)]
    assert compare.main(tiny) == 0
    (file,) = tmp_path.glob("compare-*.json")
    (case,) = json.loads(file.read_text())["cases"]
    for name in ("engine", "convnetjs", "peak"):
        assert len(case["figures"][name]["repetitions"]) == 2
        assert case["figures"][name]["median"] > 0
        assert math.isfinite(case["figures"][name]["last"]["loss"])
    assert case["over_convnetjs"] > 0
    assert case["share_of_peak"] > 0
    shown = capsys.readouterr().out
    assert "ConvNetJS" in shown
    assert "| default | 20 " in shown


@pytest.mark.parametrize("network", cases.NETWORKS)
def test_cases_parse_and_ask_for_the_same_trainer(network: str) -> None:
    spec = parse(cases.spec_text(network, 100))
    assert spec.trainer.batch_size == 100
    assert spec.trainer.method == cases.TRAINER["method"]
    assert spec.layers[-1].type == "softmax"


def test_operations_of_the_default_network() -> None:
    first = 24 * 24 * 8 * 25  # no gradient for the input
    second = 12 * 12 * 16 * 5 * 5 * 8
    last = 4 * 4 * 16 * 10
    assert cases.operations("default") == 2 * (2 * first + 3 * second + 3 * last)


def test_contender_that_dies_says_why() -> None:
    command = [sys.executable, "-c", "raise SystemExit('no such network')"]
    with (
        pytest.raises(ContenderError, match="no such network"),
        Contender("broken", command, {}),
    ):
        pass


def test_judge_takes_the_better_torch() -> None:
    figures = {
        "engine": report.summary([8000.0, 9000.0, 10000.0]),
        "peak": report.summary([1e11]),
        "torch-1": report.summary([4000.0]),
        "torch-2": report.summary([6000.0]),
        "jax": report.summary([3000.0]),
        "tensorflowjs": report.summary([1500.0]),
    }
    case = compare.judge("default", 20, figures)
    assert case["torch_threads"] == "2"
    assert case["over_torch"] == 1.5
    assert case["over_jax"] == 3
    assert case["over_tensorflowjs"] == 6
    assert case["over_convnetjs"] is None
    assert compare.row(case)[2] == "-"
    assert dict(zip(compare.HEADS, compare.row(case), strict=True))["ConvNet Live"] == (
        "9,000 (8,000..10,000)"
    )
