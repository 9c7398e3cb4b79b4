"""Fetches the full MNIST from its public mirrors while training already runs on something else."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from engine.data.transfer import Timeouts, Transfer, TransferCanceled, TransferError
from engine.durable_files import put_in_place

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_LEFTOVER_SECONDS = 24 * 3600


class DownloadError(Exception):
    """MNIST could not be downloaded; the message is a sentence for people."""


class DownloadCanceled(DownloadError):
    """The caller set its cancel event."""


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch: its name without `.gz`, and what the unpacked content must be.

    `packed_size` is the usual download size; progress uses it until the mirror states its own.
    """

    name: str
    size: int
    sha256: str
    packed_size: int


@dataclass(frozen=True)
class DownloadProgress:
    """Bytes received so far and expected in all, over all files, compressed."""

    received: int
    total: int


MNIST_FILES = (
    RemoteFile(
        "train-images-idx3-ubyte",
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        9_912_422,
    ),
    RemoteFile(
        "train-labels-idx1-ubyte",
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        28_881,
    ),
    RemoteFile(
        "t10k-images-idx3-ubyte",
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        1_648_877,
    ),
    RemoteFile(
        "t10k-labels-idx1-ubyte",
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        4_542,
    ),
)


def download_mnist(
    target: Path,
    *,
    mirrors: Sequence[str] = MIRRORS,
    files: Sequence[RemoteFile] = MNIST_FILES,
    progress: Callable[[DownloadProgress], None] = lambda progress: None,
    timeouts: Timeouts | None = None,
    cancel: threading.Event | None = None,
) -> Path:
    """Download all files, unpack them, check them, and only then put them into `target`.

    If a mirror fails, the next one is asked for the files still missing. The files are stored
    unpacked, so that they can be memory-mapped.

    Args:
        progress: called on the caller's thread, often.
        cancel: set it from another thread to end the download within a fraction of a second.

    Returns:
        `target`.

    Raises:
        DownloadError: files are still missing after the last mirror, or `target` cannot be written.
        DownloadCanceled: `cancel` was set.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target, prefix=".downloading-") as folder:
            download = _Download(
                Path(folder),
                files,
                progress,
                Timeouts() if timeouts is None else timeouts,
                threading.Event() if cancel is None else cancel,
            )
            download.run(mirrors)
            for file in files:
                put_in_place(download.folder / file.name, target / file.name)
    except TransferCanceled:
        raise DownloadCanceled("The download of MNIST was canceled.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DownloadError(f"MNIST could not be stored in {target}: {reason}.") from None
    _remove_leftovers(target)
    return target


class _Download:
    """One download, with what it has so far."""

    def __init__(
        self,
        folder: Path,
        files: Sequence[RemoteFile],
        progress: Callable[[DownloadProgress], None],
        timeouts: Timeouts,
        cancel: threading.Event,
    ) -> None:
        self.folder = folder
        self._missing = list(files)
        self._progress = progress
        self._timeouts = timeouts
        self._cancel = cancel
        self._received = {file.name: 0 for file in files}
        self._totals = {file.name: file.packed_size for file in files}

    def run(self, mirrors: Sequence[str]) -> None:
        reasons = []
        for mirror in mirrors:
            try:
                while self._missing:
                    self._fetch(mirror, self._missing[0])
                    del self._missing[0]
                return
            except TransferError as error:
                self._received[self._missing[0].name] = 0
                reasons.append(f"{urlsplit(mirror).netloc} {error}")
        raise DownloadError(f"MNIST could not be downloaded: {'; '.join(reasons)}.")

    def _fetch(self, mirror: str, file: RemoteFile) -> None:
        """Fetch one file into the folder, unpacked and checked."""
        unpacker = zlib.decompressobj(wbits=31)
        digest, size = hashlib.sha256(), 0
        with (self.folder / file.name).open("wb") as out:
            for chunk in self._chunks(f"{mirror}{file.name}.gz", file):
                try:
                    # At most one byte too many, however well the content is compressed.
                    content = unpacker.decompress(chunk, file.size + 1 - size)
                except zlib.error:
                    raise TransferError(f"sent a {file.name}.gz that cannot be unpacked") from None
                size += len(content)
                digest.update(content)
                out.write(content)
                if size > file.size:
                    break
        if not unpacker.eof and size <= file.size:
            raise TransferError(f"broke off in the middle of {file.name}.gz")
        if digest.hexdigest() != file.sha256:
            raise TransferError(f"sent a {file.name}.gz with a wrong checksum")

    def _chunks(self, url: str, file: RemoteFile) -> Iterator[bytes]:
        transfer = Transfer(url, self._timeouts)
        try:
            for item in transfer.items(self._cancel):
                if isinstance(item, int):
                    self._totals[file.name] = item or file.packed_size
                    continue
                self._received[file.name] += len(item)
                received = self._received[file.name]
                self._totals[file.name] = max(self._totals[file.name], received)
                self._progress(
                    DownloadProgress(sum(self._received.values()), sum(self._totals.values()))
                )
                yield item
        finally:
            transfer.abandon()


def _remove_leftovers(target: Path) -> None:
    """Remove what killed downloads left behind; recent folders may be in use by another."""
    for folder in target.glob(".downloading-*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(folder)
