"""The commands train and eval: their answers and their files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.analysis.evaluation import Evaluation
from engine.command_line import arguments as cli
from engine.command_line import commands
from engine.data import load_builtin, load_directory
from engine.formats import load
from engine.language import parse
from engine.language.presets import PRESETS
from tests.engine.command_line.running import SMALL_NET, run

ROOT = Path(__file__).resolve().parents[3]
KEYS = [
    "examples",
    "seconds",
    "examples_per_second",
    "loss",
    "train_accuracy",
    "validation_accuracy",
    "test_accuracy",
    "test_examples",
    "examples_seen",
    "parameters",
    "preset",
    "seed",
    "data",
]


def train_json(capsys: pytest.CaptureFixture[str], more: str = "") -> dict[str, Any]:
    command = f"train --spec net.txt --data data --examples 1010 --processes 1 --json {more}"
    code, out, _ = run(capsys, command)
    assert code == 0
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    return answer


def test_train_ends_in_one_line_with_exactly_the_agreed_keys(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = run(capsys, "train --spec net.txt --data data --examples 1010 --json")
    assert code == 0
    assert len(out.splitlines()) == 1
    answer = json.loads(out)
    assert list(answer) == KEYS
    assert answer["examples"] == 1010
    assert answer["test_examples"] == 300
    assert answer["examples_seen"] == 1010
    assert (answer["preset"], answer["seed"]) == (None, 0)
    assert answer["parameters"] == 24 * 24 * 20 + 20 + 20 * 10 + 10
    assert answer["data"] == {"name": "data", "digest": load_directory(Path("data")).digest}
    assert answer["examples_per_second"] == pytest.approx(1010 / answer["seconds"])
    assert 0 < answer["loss"] < 2.4
    # Better than guessing, by far for the test, which comes after the training.
    assert 0.1 < answer["train_accuracy"] < 1
    assert 0.1 < answer["validation_accuracy"] < 1
    assert 0.2 < answer["test_accuracy"] < 1
    assert "1.01k/1.01k" in err
    assert "loss" in err


def test_the_same_seed_gives_the_same_numbers_and_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    answers = []
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        answer = train_json(capsys, f"--seed {seed} --snapshot {tmp_path}/{name}")
        answers.append({**answer, "seconds": 0, "examples_per_second": 0})
    assert answers[0] == answers[1] != answers[2]
    contents = [(tmp_path / name).read_bytes() for name in "abc"]
    assert contents[0] == contents[1] != contents[2]


def test_few_examples_are_enough_for_every_number(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "train --spec net.txt --data data --examples 1 --processes 1 --json")
    assert code == 0
    answer = json.loads(out)
    assert answer["examples"] == 1
    assert answer["train_accuracy"] in (0, 1)
    assert all(np.isfinite(answer[name]) for name in KEYS[:10])


def test_train_prints_a_table_without_json(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "train --spec net.txt --data data --examples 40 --processes 1")
    assert code == 0
    assert [line.split("  ")[0] for line in out.splitlines()] == [
        "data",
        "examples",
        "seconds",
        "examples per second",
        "loss",
        "training accuracy",
        "validation accuracy",
        "test accuracy",
    ]
    accuracies = [" ".join(line.split()) for line in out.splitlines()[-3:]]
    for line, covers in zip(
        accuracies,
        (
            "last 40 examples",
            "last 40 validation images",
            "300 test images, cropped at their center",
        ),
        strict=True,
    ):
        assert re.fullmatch(rf"\w+ accuracy \d+% of (the )?{covers}", line), line


def test_the_snapshot_is_the_trained_network(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: Path
) -> None:
    path = tmp_path / "out.json"
    path.write_text("an older one")
    answer = train_json(capsys, f"--snapshot {path}")
    assert [each.name for each in tmp_path.iterdir()] == ["out.json"]
    assert path.stat().st_mode & 0o777 == 0o666 & ~_umask()
    evaluation = Evaluation(load(path.read_bytes()).net, load_directory(files / "data"))
    assert evaluation.run()
    assert evaluation.accuracy == answer["test_accuracy"]
    code, out, _ = run(capsys, f"eval --snapshot {path} --data data --json")
    assert code == 0
    assert json.loads(out)["accuracy"] == answer["test_accuracy"]


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_averaged_weights_are_what_is_tested_after_loading_too(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "ema.txt").write_text((SMALL_NET % 20).replace("l2_decay", "ema:0.99, l2_decay"))
    command = f"--spec {tmp_path}/ema.txt --data data --examples 600 --processes 1"
    code, out, _ = run(capsys, f"train {command} --snapshot {tmp_path}/ema.json --json")
    assert code == 0
    answer = json.loads(out)
    _, out, _ = run(capsys, f"eval --snapshot {tmp_path}/ema.json --data data --json")
    assert json.loads(out)["accuracy"] == answer["test_accuracy"]
    plain = Evaluation(load((tmp_path / "ema.json").read_bytes()).net, load_directory(Path("data")))
    plain.run()
    assert plain.accuracy != answer["test_accuracy"]


def test_eval_gives_accuracy_count_and_confusion(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "eval --snapshot net.json --data data --json")
    assert (code, err) == (0, "")
    answer = json.loads(out)
    # The first three are what earlier versions said.
    assert list(answer) == [
        "accuracy", "count", "confusion", "test_accuracy", "test_examples", "parameters", "data",
    ]  # fmt: skip
    assert (answer["test_accuracy"], answer["test_examples"]) == (answer["accuracy"], 300)
    assert answer["data"]["digest"] == load_directory(Path("data")).digest
    confusion = np.array(answer["confusion"])
    assert confusion.shape == (10, 10)
    assert answer["count"] == confusion.sum() == 300
    assert answer["accuracy"] == confusion.trace() / 300
    labels = load_builtin().test_labels[:300]
    assert confusion.sum(axis=1).tolist() == np.bincount(labels, minlength=10).tolist()


def test_eval_prints_a_table_with_the_names_of_classes(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, files: Path
) -> None:
    for path in (files / "data").iterdir():
        (tmp_path / path.name).symlink_to(path)
    names = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    (tmp_path / "classes.txt").write_text("\n".join(names))
    code, out, _ = run(capsys, f"eval --snapshot net.json --data {tmp_path}")
    assert code == 0
    lines = out.splitlines()
    assert lines[0].startswith(tuple("123456789"))
    assert lines[1].split() == ["truth", *names]
    assert [line.split()[0] for line in lines[2:]] == names


def test_without_a_data_folder_the_builtin_digits_serve(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "find_full_mnist", lambda directory: directory)
    code, out, _ = run(capsys, "eval --snapshot net.json --json")
    assert code == 0
    assert json.loads(out)["count"] == 1000


def test_a_snapshot_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    path.write_text("the old one")
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from engine.command_line import exit_codes as cli\n"
        "import engine.command_line.commands as c\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    c.write_durably(c.Path(sys.argv[1]), bytes(5000))\n"
        "except OSError as error:\n"
        "    sys.exit(cli._say(cli._reason(error), 1))\n"
    )
    result = subprocess.run(
        [sys.executable, "-B", "-c", program, str(path)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert "File too large" in result.stderr
    assert "Traceback" not in result.stderr
    assert [each.read_text() for each in tmp_path.iterdir()] == ["the old one"]


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_parses_and_trains(
    capsys: pytest.CaptureFixture[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    preset = PRESETS[name]
    assert preset.title
    spec = parse(preset.text)
    assert spec.trainer.batch_size in (20, 32, 40, 64, 200)
    command = f"train --preset {name} --data data --examples 60 --processes 1 --json"
    code, out, _ = run(capsys, command)
    assert code == 0
    answer = json.loads(out)
    assert np.isfinite(answer["loss"])
    assert answer["preset"] == name
    assert answer["parameters"] == spec.parameter_count


@pytest.mark.parametrize("written", ["40", "4_0", "4e1", "0.04k", "4E+1", " 40 "])
def test_examples_are_counted_as_people_write_large_numbers(
    capsys: pytest.CaptureFixture[str], written: str
) -> None:
    arguments = "train --spec net.txt --data data --processes 1 --json --examples"
    capsys.readouterr()
    assert cli.main([*arguments.split(), written]) == 0
    assert json.loads(capsys.readouterr().out)["examples"] == 40


@pytest.mark.parametrize(
    ("written", "number"),
    [("1e5", 10**5), ("100k", 10**5), ("100_000", 10**5), ("100,000", 10**5), ("1.3M", 1_300_000)],
)
def test_large_numbers_of_examples(written: str, number: int) -> None:
    assert cli.count(written) == number


@pytest.mark.parametrize("program", ["engine.command_line", "server.cli"])
def test_the_version_is_that_of_the_installation(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", program, "--version"], cwd=ROOT, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"convnet-live {version('convnet-live')}\n"
