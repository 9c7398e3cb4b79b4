"""The page is built once for each state of its sources: real npm in a small made-up checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = (
    "require('fs').mkdirSync('static/dist', {recursive: true});"
    "require('fs').appendFileSync('static/dist/main.js', 'built;')"
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose build appends a word to the bundle, so that builds can be counted."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "static/js").mkdir(parents=True)
    (tmp_path / "static/js/main.js").write_text("1;\n")
    shutil.copy(ROOT / "scripts/build_page.py", tmp_path / "scripts")
    package = {"name": "small", "version": "1.0.0", "scripts": {"build": f'node -e "{BUILD}"'}}
    (tmp_path / "package.json").write_text(json.dumps(package))
    lock = {"name": "small", "version": "1.0.0", "lockfileVersion": 3, "packages": {}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))
    return tmp_path


def build(
    checkout: Path, *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "scripts/build_page.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def bundle(checkout: Path) -> str:
    return (checkout / "static/dist/main.js").read_text()


def test_builds_again_only_when_sources_changed(checkout: Path) -> None:
    first = build(checkout)
    assert (first.returncode, bundle(checkout)) == (0, "built;"), first.stderr
    os.utime(checkout / "static/js/main.js", (0, 0))
    assert build(checkout).stdout == ""
    assert bundle(checkout) == "built;"
    (checkout / "static/js/main.js").write_text("2;\n")
    build(checkout)
    assert bundle(checkout) == "built;built;"
    (checkout / "scripts/compress_page.mjs").write_text("// another way to compress\n")
    build(checkout)
    assert bundle(checkout) == "built;built;built;"


def test_a_failed_build_is_not_taken_for_a_bundle(checkout: Path) -> None:
    package = json.loads((checkout / "package.json").read_text())
    package["scripts"]["build"] = "echo no such module; exit 3"
    (checkout / "package.json").write_text(json.dumps(package))
    for _ in range(2):
        failed = build(checkout)
        assert failed.returncode == 1
        assert "no such module" in failed.stderr
        assert "error: `npm run" in failed.stderr
        assert "Traceback" not in failed.stderr


def test_missing_lock_file_is_a_sentence(checkout: Path) -> None:
    (checkout / "package-lock.json").unlink()
    failed = build(checkout)
    assert failed.returncode == 1
    assert "package-lock.json is missing" in failed.stderr


def test_packages_are_installed_although_the_bundle_stands(checkout: Path) -> None:
    build(checkout)
    shutil.rmtree(checkout / "node_modules", ignore_errors=True)
    assert build(checkout, "--packages").returncode == 0
    assert bundle(checkout) == "built;"
    assert (checkout / "node_modules/.stamp").exists()


def test_runs_npm_with_the_rest_of_the_line(checkout: Path) -> None:
    done = build(checkout, "--npm", "pkg", "get", "version")
    assert done.returncode == 0, done.stderr
    assert '"1.0.0"' in done.stdout
