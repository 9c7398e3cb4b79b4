"""Keeps the measurement of width alive: every width trains for a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import scaling


def test_every_width_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--batch", "20", "--seconds", "0.05", "--repetitions", "1"]
    assert scaling.main([*tiny, "--results", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("scaling-*.json")
    widths = json.loads(file.read_text())["widths"]
    assert [width["filters"] for width in widths] == list(scaling.FILTERS)
    assert all(width["gigaflops"] > 0 for width in widths)
    assert all(width["megabytes"] is None or width["megabytes"] > 20 for width in widths)
    assert "GFLOP/s" in capsys.readouterr().out
