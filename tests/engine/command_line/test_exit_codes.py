"""How the commands fail: one line on stderr, an exit code, and no traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from engine.data import load_builtin
from tests.engine.command_line.running import SMALL_NET, run
from tests.engine.idx_files import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, write_set

ROOT = Path(__file__).resolve().parents[3]

BAD: dict[str, tuple[str, str]] = {
    "no command": ("", "COMMAND"),
    "unknown command": ("fly", "invalid choice: 'fly'"),
    "unknown option": ("train --fast", "unrecognized arguments: --fast"),
    "unknown preset": ("train --preset none", "invalid choice: 'none'"),
    "two networks": ("train --preset mlp --spec net.txt", "not allowed with"),
    "no examples": ("train --examples 0", "'0' is not a whole number of at least 1"),
    "half an example": ("train --examples 1.5", "'1.5' is not a whole number"),
    "negative seed": ("train --seed -1", "is not a whole number of at least 0"),
    "no spec": ("train --spec absent.txt", "absent.txt: No such file"),
    "a folder for a spec": ("train --spec data", "data: Is a directory"),
    "bad spec": ("train --data data --spec bad.txt", "bad.txt: line 2, column"),
    "binary spec": ("train --data data --spec 0.png", "0.png: is not UTF-8"),
    "huge spec": ("train --data data --spec huge.txt", "huge.txt: is larger than 1 MiB"),
    "no data": ("train --data absent", "absent: there is no such folder"),
    "empty data folder": ("eval --snapshot net.json --data empty", "there is no such file"),
    "small images": ("train --data small", "28x28"),
    "no folder for the snapshot": (
        "train --data data --snapshot absent/x.json",
        "absent: there is no such folder",
    ),
    "a folder for the snapshot": ("train --data data --snapshot data", "data: is a folder"),
    "no snapshot given": ("eval", "--snapshot"),
    "no snapshot": ("eval --snapshot absent.json", "absent.json: No such file"),
    "snapshot that is none": ("eval --snapshot net.txt", "net.txt: this is not JSON"),
    "half a snapshot": ("predict --snapshot half.json 0.png", "half.json: this is not JSON"),
    "no images": ("predict --snapshot net.json", "IMAGE"),
    "no such image": ("predict --snapshot net.json absent.png", "absent.png: No such file"),
    "text for an image": (
        "predict --snapshot net.json net.txt",
        "net.txt: The file is not a PNG",
    ),
    "no snapshot to go on from": ("train --from absent.json", "absent.json: No such file"),
    "a spec to go on from": ("train --data data --from net.txt", "net.txt: this is not JSON"),
    "a spec and a snapshot": ("train --from net.json --spec net.txt", "not allowed with"),
    "training that is malformed": (
        "train --data data --from malformed.json",
        "malformed.json: its training state is malformed",
    ),
    "no number of examples": ("train --examples k", "'k' is not a whole number"),
    "thousands of thousands": ("train --examples 1kk", "'1kk' is not a whole number"),
    "an endless number of examples": ("train --examples inf", "'inf' is not a whole number"),
    "examples without end": ("train --examples 1e99999999", "'1e99999999' is not a whole number"),
    "blank image": ("predict --snapshot net.json blank.png", "blank.png: The picture is blank"),
    "NUL in a name": ("predict --snapshot net.json \0.png", "null"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_code_2(
    capsys: pytest.CaptureFixture[str], files: Path, name: str
) -> None:
    (files / "bad.txt").write_text("layer_defs = [];\nlayer_defs.push({type:'convv'});\n")
    (files / "huge.txt").write_text(" " * (1 << 20) + " ")
    (files / "half.json").write_bytes((files / "net.json").read_bytes()[:5000])
    malformed = json.loads((files / "net.json").read_bytes())
    malformed["convnet_live"]["training"]["step_count"] = None
    (files / "malformed.json").write_text(json.dumps(malformed))
    (files / "empty").mkdir(exist_ok=True)
    Image.new("L", (50, 50), 255).save(files / "blank.png")
    digits = load_builtin()
    small = {
        TRAIN_IMAGES: digits.train_images[:20, :12, :12],
        TRAIN_LABELS: digits.train_labels[:20],
        TEST_IMAGES: digits.test_images[:20, :12, :12],
        TEST_LABELS: digits.test_labels[:20],
    }
    write_set(files / "small", small)
    command, reason = BAD[name]
    if name == "small images":
        reason = "12x12"
    code, out, err = run(capsys, command)
    assert code == 2
    assert out == ""
    assert len(err.splitlines()) == 1
    assert err.startswith("convnet-live")
    assert reason in err


def test_divergence_is_reported_with_step_and_learning_rate(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    text = (SMALL_NET % 20).replace("adadelta'", "sgd', learning_rate:900").replace("0.001", "900")
    (tmp_path / "wild.txt").write_text(text)
    command = f"train --spec {tmp_path}/wild.txt --data data --examples 3000 --processes 1"
    code, out, err = run(capsys, f"{command} --snapshot {tmp_path}/out.json --json")
    assert code == 1
    assert out == ""
    last = err.splitlines()[-1]
    assert "no longer finite at step" in last
    assert "learning rate 900" in last
    assert not (tmp_path / "out.json").exists()


def start(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "engine.command_line", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def test_bad_input_has_code_2_and_no_traceback_as_a_process_too() -> None:
    process = start("predict", "--snapshot", "net.json", "absent.png")
    out, err = process.communicate()
    assert process.returncode == 2
    assert (out, err) == ("", "convnet-live: absent.png: No such file or directory\n")


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupt_ends_quietly_with_130_and_no_process_left(tmp_path: Path) -> None:
    """Ctrl-C in a terminal reaches the whole group, helpers that are just starting included."""
    arguments = f"--spec net.txt --data data --examples 1000000000 --snapshot {tmp_path}/out.json"
    # Whoever runs the tests in the background may have them ignore Ctrl-C.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = start("train", *arguments.split(), "--processes", "2", start_new_session=True)
    finally:
        signal.signal(signal.SIGINT, before)
    try:
        assert process.stderr is not None
        assert process.stderr.read(1)  # of the bar
        os.killpg(process.pid, signal.SIGINT)
        # The pipes end only when no process holds them any more.
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert "Interrupt" not in err
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_leaves_causes_no_traceback() -> None:
    process = start("eval", "--snapshot", "net.json", "--data", "data")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert "Traceback" not in err
