"""Keeps the measurement of a classroom alive: a small one, for a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import load
from scripts.live_server import SAMPLE


def test_a_small_load_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--data", str(SAMPLE), "--viewers", "6", "--sessions", "3", "--running", "1"]
    assert load.main([*tiny, "--seconds", "2", "--settle", "0", "--results", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("load-*.json")
    result = json.loads(file.read_text())
    assert (result["sessions_training"], result["sessions_waiting"]) == (1, 2)
    assert (result["viewers_training"], result["viewers_lost"]) == (2, 0)
    assert result["viewers_waiting"] == result["viewers_told_their_place"] == 4
    gaps = result["gap_ms"]
    assert 0 < gaps["p50"] <= gaps["p95"] <= gaps["p99"] <= gaps["most"]
    assert result["bytes_a_second"]["median"] > 0
    assert result["examples_a_second"] > 0
    for part in ("server", "workers"):
        assert result[f"{part}_memory"]["most"] > 10
    assert "| gap p50, p95, p99, most |" in capsys.readouterr().out
