"""Compressed forms of the page's files, made by the real Node."""

from __future__ import annotations

import gzip
import random
import shutil
import subprocess
from pathlib import Path

from scripts.build_page import find_node

ROOT = Path(__file__).resolve().parents[2]
TEXT = b"const answer = 42;\n" * 100
UNBROTLI = (
    "process.stdout.write(require('zlib').brotliDecompressSync(require('fs').readFileSync(0)))"
)


def node(*arguments: str, given: bytes = b"") -> bytes:
    """What Node prints, the one that builds the page."""
    found = find_node()
    assert found is not None
    program = shutil.which("node", path=str(found.folder))
    assert program is not None
    return subprocess.run(
        [program, *arguments], input=given, capture_output=True, check=True
    ).stdout


def compress(folder: Path) -> dict[str, bytes]:
    """Everything that is in the folder after compression."""
    node(str(ROOT / "scripts/compress_page.mjs"), str(folder))
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_both_forms_hold_what_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_bytes(TEXT)
    made = compress(tmp_path)
    assert set(made) == {"main.js", "main.js.br", "main.js.gz"}
    assert made["main.js"] == gzip.decompress(made["main.js.gz"]) == TEXT
    assert node("-e", UNBROTLI, given=made["main.js.br"]) == TEXT
    # The same again, and no forms of forms.
    assert compress(tmp_path) == made


def test_what_would_not_be_smaller_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "noise.bin").write_bytes(random.Random(0).randbytes(1000))
    (tmp_path / "empty.js").write_bytes(b"")
    (tmp_path / ".stamp").write_bytes(TEXT)
    # From an earlier build, when the file was another.
    (tmp_path / "noise.bin.br").write_bytes(b"old")
    (tmp_path / "noise.bin.gz").write_bytes(b"old")
    assert set(compress(tmp_path)) == {"noise.bin", "empty.js", ".stamp"}
