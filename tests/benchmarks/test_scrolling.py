"""Keeps the measurement of scrolling alive: a moment of it in a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import scrolling


@pytest.mark.browser
def test_scrolling_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    moment = ["--pace", "flung", "--seconds", "0.3"]
    assert scrolling.main([*moment, "--results", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("scrolling-*.json")
    figures = json.loads(file.read_text())["figures"]
    assert [each["paused"] for each in figures] == [True, False]
    assert all(1 <= each["most_rows"] < 20 for each in figures)
    assert "longest task" in capsys.readouterr().out
