"""A folder for the commands to work in."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from engine.command_line import arguments as cli
from engine.data import load_builtin
from tests.engine.command_line.running import SMALL_NET
from tests.engine.idx_files import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, write_set


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
