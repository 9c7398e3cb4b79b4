"""The commands train, eval and predict: their answers, their files, and how they fail."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.analysis.evaluation import Evaluation
from engine.command_line import arguments as cli
from engine.command_line import commands
from engine.data import load_builtin, load_directory
from engine.formats import load
from engine.language import parse
from engine.language.presets import PRESETS
from tests.engine.idx_files import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, write_set

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
]
SMALL_NET = """
layer_defs = [
  {type:'input', out_sx:24, out_sy:24, out_depth:1},
  {type:'fc', num_neurons:20, activation:'relu'},
  {type:'softmax', num_classes:10},
];
net = new convnetjs.Net(); net.makeLayers(layer_defs);
trainer = new convnetjs.Trainer(net, {method:'adadelta', batch_size:%d, l2_decay:0.001});
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set, a spec, a trained snapshot and a picture."""
    folder = tmp_path_factory.mktemp("cli")
    digits = load_builtin()
    write_set(
        folder / "data",
        {
            TRAIN_IMAGES: digits.train_images[:1500],
            TRAIN_LABELS: digits.train_labels[:1500],
            TEST_IMAGES: digits.test_images[:300],
            TEST_LABELS: digits.test_labels[:300],
        },
    )
    (folder / "net.txt").write_text(SMALL_NET % 20)
    for index in range(3):
        digit = 255 - digits.test_images[index]
        Image.fromarray(digit).resize((280, 280)).save(folder / f"{index}.png")
    arguments = f"--spec {folder}/net.txt --data {folder}/data --examples 3000 --processes 1"
    assert cli.main(["train", *arguments.split(), "--snapshot", f"{folder}/net.json"]) == 0
    return folder


@pytest.fixture(autouse=True)
def in_folder(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files)
    monkeypatch.delenv("CONVNET_LIVE_DATA", raising=False)


def run(capsys: pytest.CaptureFixture[str], command: str) -> tuple[int, str, str]:
    """Exit code, output and errors of a command line."""
    capsys.readouterr()
    try:
        code = cli.main(command.split())
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


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
    assert all(np.isfinite(value) for value in answer.values())


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
    assert list(answer) == ["accuracy", "count", "confusion"]
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


def test_without_a_data_folder_the_builtin_digits_serve(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "find_full_mnist", lambda directory: directory)
    code, out, _ = run(capsys, "eval --snapshot net.json --json")
    assert code == 0
    assert json.loads(out)["count"] == 1000


BAD: dict[str, tuple[str, str]] = {
    "no command": ("", "COMMAND"),
    "unknown command": ("fly", "invalid choice: 'fly'"),
    "unknown option": ("train --fast", "unrecognized arguments: --fast"),
    "unknown preset": ("train --preset none", "invalid choice: 'none'"),
    "two networks": ("train --preset mlp --spec net.txt", "not allowed with"),
    "no examples": ("train --examples 0", "'0' is no whole number from 1 up"),
    "half an example": ("train --examples 1.5", "'1.5' is no whole number"),
    "negative seed": ("train --seed -1", "is no whole number from 0 up"),
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
    "snapshot that is none": ("eval --snapshot net.txt", "net.txt: this is no JSON"),
    "half a snapshot": ("predict --snapshot half.json 0.png", "half.json: this is no JSON"),
    "no images": ("predict --snapshot net.json", "IMAGE"),
    "no such image": ("predict --snapshot net.json absent.png", "absent.png: No such file"),
    "text for an image": ("predict --snapshot net.json 0.png net.txt", "net.txt: The file is no"),
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


def test_divergence_is_told_with_step_and_learning_rate(
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
    process = start("train", *arguments.split(), "--processes", "2", start_new_session=True)
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


def test_a_reader_that_leaves_is_no_traceback() -> None:
    process = start("eval", "--snapshot", "net.json", "--data", "data")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait() in (0, 1)
    assert "Traceback" not in err


def test_a_snapshot_that_cannot_be_written_whole_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out.json"
    path.write_text("the old one")
    program = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "from engine.command_line import arguments as cli\n"
        "import engine.command_line.commands as c\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    c._write(c.Path(sys.argv[1]), bytes(5000))\n"
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
    assert spec.trainer.batch_size in (20, 40, 64, 200)
    command = f"train --preset {name} --data data --examples 60 --processes 1 --json"
    code, out, _ = run(capsys, command)
    assert code == 0
    assert np.isfinite(json.loads(out)["loss"])
