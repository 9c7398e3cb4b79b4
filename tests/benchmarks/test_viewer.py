"""Keeps the measurement of watching alive: the real server and a real stream, for a moment."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import viewer
from scripts.live_server import SAMPLE


def test_every_situation_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny = ["--data", str(SAMPLE), "--seconds", "0.3", "--repetitions", "1"]
    assert viewer.main([*tiny, "--results", str(tmp_path)]) == 0
    (file,) = tmp_path.glob("viewer-*.json")
    result = json.loads(file.read_text())
    assert result["headless"]["median"] > 0
    told = capsys.readouterr().out
    for situation, found in result["situations"].items():
        assert found["rates"]["median"] > 0
        assert found["bytes_a_second"] > 0
        assert (found["answers_a_second"] > 0) is (situation == "everything")
        assert f"viewer of {situation}" in told
    assert list(result["situations"]) == ["nothing", "cards", "everything"]
