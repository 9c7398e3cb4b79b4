"""Keeps the measurement of learning alive: real runs, for a moment, and its arithmetic."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from statistics import fmean

import pytest

from benchmarks import learning
from benchmarks.learning import Reading, Run
from engine.data import load_directory
from engine.language import parse
from engine.language.presets import PRESETS
from engine.runs.training_run import TrainingRun
from scripts.live_server import SAMPLE


def measure(tmp_path: Path, *arguments: str) -> int:
    return learning.main([*arguments, "--data", str(SAMPLE), "--results", str(tmp_path)])


def test_presets_and_convnetjs_are_followed_test_by_test(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = ["--examples", "500", "--every", "200", "--seeds", "1", "2"]
    beside = ["--convnetjs", "1", "--marks", "200", "400"]
    assert measure(tmp_path, "original", "mlp", *tiny, *beside) == 0
    (file,) = tmp_path.glob("learning-*.json")
    runs = json.loads(file.read_text())["runs"]
    assert [(run["name"], run["seed"]) for run in runs] == [
        ("original", 1),
        ("original", 2),
        ("mlp", 1),
        ("mlp", 2),
        ("ConvNetJS", 1),
    ]
    assert [test[0] for test in runs[0]["tests"]] == [200, 400, 500]
    assert [test[0] for test in runs[4]["tests"]] == [200, 400]
    # The same digits in the same order teach both more than chance.
    assert all(run["tests"][-1][2] > 0.2 for run in runs)
    out = capsys.readouterr().out
    mean = fmean(run["tests"][-1][2] for run in runs[:2])
    assert f" {mean:.2%} ±" in next(line for line in out.splitlines() if "| original" in line)
    assert "| ConvNetJS | 1     |      400 |" in out


def test_what_convnetjs_trains_on_is_what_our_run_does(tmp_path: Path) -> None:
    dataset = load_directory(SAMPLE)
    written = learning.write_crops(tmp_path, dataset, seed=3, examples=60)
    assert written["side"] == 24
    spec = parse(PRESETS["original"].text)
    with closing(TrainingRun.fresh(spec, dataset, 3, processes=1)) as run:
        batches = [run.train_batch()[0] for _ in range(3)]
    assert (tmp_path / "images").read_bytes() == b"".join(
        learning.as_bytes(batch.x) for batch in batches
    )
    assert (tmp_path / "test_images").stat().st_size == 1000 * 24 * 24


def test_a_schedule_is_trained_to_its_end() -> None:
    assert learning.examples_of("best-accuracy-10-minutes") == 864_000
    assert learning.examples_of("original") == learning.WITHOUT_END
    assert learning.turns_to(7000, 3000) == [3000, 3000, 1000]


def test_a_milestone_is_the_first_test_that_is_good_enough() -> None:
    fast = Run("original", 1, [Reading(100, 1.0, 0.96), Reading(200, 2.0, 0.975)])
    slow = Run("original", 2, [Reading(100, 1.5, 0.95), Reading(200, 3.0, 0.972)])
    never = Run("original", 3, [Reading(100, 1.0, 0.95), Reading(200, 2.0, 0.96)])
    assert learning.milestone([fast, slow], 0.97) == "2.5 s ± 0.7 s (200)"
    assert learning.milestone([fast, never], 0.97) == "2.0 s (200, 1 of 2 seeds)"
    assert learning.milestone([fast], 0.98) == "-"
    theirs = Run("ConvNetJS", 1, [Reading(200, 9.0, 0.9)])
    rows = learning.mark_rows([fast, slow, theirs], [200, 400])
    assert rows == [
        ["original", "2", "200", "97.35% ± 0.21%", "97.20%..97.50%", "2.5 s ± 0.7 s"],
        ["ConvNetJS", "1", "200", "90.00%", "90.00%..90.00%", "9.0 s"],
    ]


def test_a_run_that_fails_says_why(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    given = ["original", "--seeds", "1", "--data", str(tmp_path / "nowhere")]
    assert learning.main([*given, "--results", str(tmp_path)]) == 1
    assert "nowhere" in capfd.readouterr().err
    assert not list(tmp_path.glob("learning-*.json"))
