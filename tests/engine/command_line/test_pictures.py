"""The command predict: its answers, and pictures that are bad among others that are not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.engine.command_line.running import run

ROOT = Path(__file__).resolve().parents[3]


def test_predict_gives_classes_and_probabilities(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "predict --snapshot net.json 0.png 1.png 2.png --json")
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    answers = json.loads(line)["predictions"]
    assert [answer["image"] for answer in answers] == ["0.png", "1.png", "2.png"]
    for answer in answers:
        probabilities = answer["probabilities"]
        assert len(probabilities) == 10
        assert sum(probabilities) == pytest.approx(1, abs=1e-5)
        assert answer["class"] == int(np.argmax(probabilities))
    _, alone, _ = run(capsys, "predict --snapshot net.json 2.png --json")
    assert json.loads(alone)["predictions"] == answers[2:]


def test_predict_prints_the_three_best(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "predict --snapshot net.json 0.png 1.png")
    assert code == 0
    first, second = out.splitlines()
    assert first.startswith("0.png: ")
    assert second.count("%") == 3


def test_a_bad_picture_keeps_no_other_from_being_read(
    capsys: pytest.CaptureFixture[str], files: Path
) -> None:
    Image.new("L", (50, 50), 255).save(files / "blank.png")
    _, expected, _ = run(capsys, "predict --snapshot net.json 0.png 1.png")
    code, out, err = run(capsys, "predict --snapshot net.json 0.png blank.png absent.png 1.png")
    assert code == 2
    assert out == expected
    blank, absent = err.splitlines()
    assert blank.startswith("convnet-live: blank.png: The picture is blank")
    assert absent == "convnet-live: absent.png: No such file or directory"

    code, out, err = run(capsys, "predict --snapshot net.json 0.png blank.png 1.png --json")
    assert (code, err) == (2, f"{blank}\n")
    answer = json.loads(out)
    assert [each["image"] for each in answer["predictions"]] == ["0.png", "1.png"]
    (problem,) = answer["errors"]
    assert problem["image"] == "blank.png"
    assert problem["error"].startswith("The picture is blank")


def predict_stdin(content: bytes, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "engine.command_line", "predict", "--snapshot", "net.json",
         *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=content,
        capture_output=True,
    )  # fmt: skip


def test_a_picture_comes_from_stdin(capsys: pytest.CaptureFixture[str], files: Path) -> None:
    _, expected, _ = run(capsys, "predict --snapshot net.json 0.png 1.png")
    done = predict_stdin((files / "0.png").read_bytes(), "-", "1.png")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == expected.replace("0.png:", "-:")
    done = predict_stdin(b"text", "-")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.startswith(b"convnet-live: -: The file is not a PNG")
