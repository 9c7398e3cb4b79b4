"""The Python that `make` picks, and what it says when none will do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts/make_venv.sh"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to be the whole PATH; it holds no Python yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "env"):
        found = shutil.which(name)
        assert found is not None
        (folder / name).symlink_to(found)
    return folder


def add_program(programs: Path, name: str, body: str) -> None:
    program = programs / name
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)


def make_venv(programs: Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", str(SCRIPT), str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(programs), "HOME": os.environ.get("HOME", "/"), **more},
    )


def test_no_python_is_a_sentence(programs: Path, tmp_path: Path) -> None:
    done = make_venv(programs, tmp_path / "venv")
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed (none found on PATH)" in done.stderr


def test_an_old_python_is_named(programs: Path, tmp_path: Path) -> None:
    add_program(programs, "python3", 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')
    done = make_venv(programs, tmp_path / "venv")
    assert done.returncode == 1
    assert "python3 is 3.9" in done.stderr


def test_a_python_without_venv_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    body = 'case "$2" in *print*) echo 3.12;; *ensurepip*) exit 1;; *) exit 0;; esac'
    add_program(programs, "python3", body)
    done = make_venv(programs, tmp_path / "venv")
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr


def test_a_name_that_does_not_start_is_passed_over(programs: Path, tmp_path: Path) -> None:
    add_program(programs, "python3.14", "echo 'command not found' >&2; exit 127")
    add_program(programs, "python3", f'exec "{sys.executable}" "$@"')
    done = make_venv(programs, tmp_path / "venv")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "venv/bin/python").exists()


def test_a_named_python_is_the_one_used(programs: Path, tmp_path: Path) -> None:
    done = make_venv(programs, tmp_path / "venv", PYTHON=sys.executable)
    assert done.returncode == 0, done.stderr
