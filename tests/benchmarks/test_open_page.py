"""Keeps the measurement of an open page alive: real server, real Chromium, for a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import open_page
from scripts.live_server import SAMPLE


def test_an_open_page_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--data", str(SAMPLE), "--seconds", "2", "--situations", "open"]
    assert open_page.main([*tiny, "--results", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("open_page-*.json")
    found = json.loads(file.read_text())["figures"]["open"]
    assert found["examples_per_second"] > 0
    assert found["delays"] > 5
    # A number cannot be painted before it was sent; the clocks are one.
    assert 0 < found["delay_p50_ms"] <= found["delay_p95_ms"]
    assert min(found["heap_mb"]) > 0
    assert "open" in capsys.readouterr().out


def test_delays_count_from_sending_to_the_first_painting() -> None:
    painted = [(20, 5.25), (40, 5.5), (40, 9.0), (60, 6.0)]
    assert open_page.delays(painted, {20: 5.0, 40: 5.4, 80: 1.0}) == pytest.approx([100, 250])
