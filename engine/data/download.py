"""Fetches the full MNIST from its public mirrors while training already runs on something else."""

from __future__ import annotations

import hashlib
import queue
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

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_POLL_SECONDS = 0.1
_CHUNK = 1 << 16
# Fewer bytes than this in a whole stall time count as standing still.
_LEAST_BYTES = 1 << 12
_LEFTOVER_SECONDS = 24 * 3600


class DownloadError(Exception):
    """MNIST could not be had; the message is a sentence for people."""


class DownloadCanceled(DownloadError):
    """The caller set its cancel event."""


@dataclass(frozen=True)
class RemoteFile:
    """One file to fetch: its name without `.gz`, and what the unpacked content must be.

    `packed_size` is what mirrors usually send; it serves the progress until they say themselves.
    """

    name: str
    size: int
    sha256: str
    packed_size: int


@dataclass(frozen=True)
class DownloadProgress:
    """Bytes received so far and in all, over all files, as they come through the network."""

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


@dataclass(frozen=True)
class Timeouts:
    """Seconds until a mirror must have answered, and for which it may then stand still."""

    connect: float = 3.0
    stall: float = 10.0


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

    A mirror that fails is followed by the next one for the files still missing. The files are
    stored unpacked, so that they can be memory-mapped.

    Args:
        progress: called on the caller's thread, often.
        cancel: set it from another thread to end the download within a fraction of a second.

    Returns:
        `target`.

    Raises:
        DownloadError: no mirror had all that was missing, or `target` cannot be written.
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
                (download.folder / file.name).replace(target / file.name)
    except OSError as error:
        reason = error.strerror or str(error)
        raise DownloadError(f"MNIST could not be stored in {target}: {reason}.") from None
    _remove_leftovers(target)
    return target


class _MirrorError(Exception):
    """This mirror will not do; the message says why, as part of a sentence."""


class _Download:
    """One run over the mirrors, with what it has so far."""

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
            except _MirrorError as error:
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
                    # Never more than one byte too much, however well the content is packed.
                    content = unpacker.decompress(chunk, file.size + 1 - size)
                except zlib.error:
                    raise _MirrorError(f"sent a {file.name}.gz that cannot be unpacked") from None
                size += len(content)
                digest.update(content)
                out.write(content)
                if size > file.size:
                    break
        if not unpacker.eof and size <= file.size:
            raise _MirrorError(f"broke off in the middle of {file.name}.gz")
        if digest.hexdigest() != file.sha256:
            raise _MirrorError(f"sent a {file.name}.gz with a wrong checksum")

    def _chunks(self, url: str, file: RemoteFile) -> Iterator[bytes]:
        transfer = _Transfer(url, self._timeouts)
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


class _Transfer:
    """One request on a thread of its own, which the caller can give up on at any moment.

    No time limit of sockets covers the resolving of names, nor a mirror that sends a byte now and
    then; whoever waits on a queue needs no such limit to leave.
    """

    def __init__(self, url: str, timeouts: Timeouts) -> None:
        self._url = url
        self._timeouts = timeouts
        self._items: queue.Queue[int | bytes | _MirrorError | None] = queue.Queue(maxsize=16)
        self._abandoned = threading.Event()
        threading.Thread(target=self._run, name="mnist-download", daemon=True).start()

    def abandon(self) -> None:
        """Tell the thread that nobody waits any more."""
        self._abandoned.set()

    def items(self, cancel: threading.Event) -> Iterator[int | bytes]:
        """The promised length, if there is one, then the content in pieces, as they come.

        Raises:
            _MirrorError: the mirror failed or stands still.
            DownloadCanceled: `cancel` was set.
        """
        limit, received, since = self._timeouts.connect, 0, time.monotonic()
        answered = False
        while True:
            if cancel.is_set():
                raise DownloadCanceled("The download of MNIST was canceled.")
            try:
                item = self._items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if time.monotonic() - since > limit:
                    if received < _LEAST_BYTES:
                        verb = "stood still" if answered else "did not answer"
                        raise _MirrorError(f"{verb} for {limit:g} seconds") from None
                    received, since = 0, time.monotonic()
                continue
            if item is None:
                return
            if isinstance(item, _MirrorError):
                raise item
            if isinstance(item, bytes):
                received += len(item)
            else:
                answered, limit, since = True, self._timeouts.stall, time.monotonic()
            yield item

    def _run(self) -> None:
        try:
            self._receive()
            self._put(None)
        except _MirrorError as error:
            self._put(error)
        except Exception as error:
            # Whatever it is, the thread that waits has to hear of it.
            self._put(_MirrorError(f"could not be read ({type(error).__name__}: {error})"))

    def _receive(self) -> None:
        # Imported here: training processes import this package, and never download.
        import httpx

        timeout = httpx.Timeout(self._timeouts.stall, connect=self._timeouts.connect)
        # Bytes as sent: a `.gz` is wanted packed, whatever its Content-Encoding says.
        headers = {"Accept-Encoding": "identity"}
        try:
            with httpx.stream(
                "GET", self._url, timeout=timeout, headers=headers, follow_redirects=True
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise _MirrorError(f"answered {response.status_code}")
                self._put(int(response.headers.get("Content-Length", 0)))
                for chunk in response.iter_raw(_CHUNK):
                    self._put(chunk)
                    if self._abandoned.is_set():
                        return
        except (httpx.ConnectError, httpx.ConnectTimeout):
            raise _MirrorError("could not be reached") from None
        except httpx.TimeoutException:
            raise _MirrorError("did not answer in time") from None
        except httpx.HTTPError:
            raise _MirrorError("broke off") from None

    def _put(self, item: int | bytes | _MirrorError | None) -> None:
        while not self._abandoned.is_set():
            with suppress(queue.Full):
                self._items.put(item, timeout=_POLL_SECONDS)
                return


def _remove_leftovers(target: Path) -> None:
    """Remove what killed downloads left behind; younger folders may belong to one under way."""
    for folder in target.glob(".downloading-*"):
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LEFTOVER_SECONDS:
                shutil.rmtree(folder)
