"""Keeps the measurement of accuracy alive: real runs of the real command, for a moment."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks import accuracy
from scripts.live_server import SAMPLE


def measure(tmp_path: Path, *arguments: str) -> int:
    tiny = ["--examples", "400", "--data", str(SAMPLE), "--results", str(tmp_path)]
    return accuracy.main([*arguments, *tiny])


def test_each_seed_and_the_mean_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure(tmp_path, "original", "mlp", "--seeds", "1", "2") == 0
    (file,) = tmp_path.glob("accuracy-*.json")
    runs = json.loads(file.read_text())["runs"]
    assert [(run["preset"], run["seed"]) for run in runs] == [
        ("original", 1),
        ("original", 2),
        ("mlp", 1),
        ("mlp", 2),
    ]
    assert all(run["examples"] == 400 for run in runs)
    out, err = capsys.readouterr()
    mean = fmean(run["test_accuracy"] for run in runs[:2])
    assert f"{mean:.2%}" in next(line for line in out.splitlines() if "mean" in line)
    assert "convnet-live train --preset mlp --examples 400 --seed 2 --json" in err


def test_a_cosine_is_trained_to_its_end() -> None:
    assert accuracy.examples_of("best-accuracy-10-minutes") == 864_000
    assert accuracy.examples_of("original") == accuracy.TWO_MINUTES


def test_a_run_that_fails_ends_the_measurement_with_its_exit_code(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = tmp_path / "nowhere"
    given = ["original", "--seeds", "1", "--data", str(nowhere), "--results", str(tmp_path)]
    assert accuracy.main(given) == 2
    assert "nowhere" in capfd.readouterr().err
    assert not list(tmp_path.glob("accuracy-*.json"))
