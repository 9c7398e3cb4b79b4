"""The full set is found or fetched while the built-in digits are trained on."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine.data import (
    DataError,
    DownloadError,
    DownloadProgress,
    RemoteFile,
    cache_directory,
    download_mnist,
    load_builtin,
)
from server import dataset_in_use
from server.counters import Tally
from server.dataset_in_use import DatasetManager, Download
from server.service_threads import Health

pytestmark = pytest.mark.anyio

PATIENCE = 30


@pytest.fixture(autouse=True)
def nothing_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine that has no full MNIST yet, not even beside the checkout."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(dataset_in_use, "find_full_mnist", lambda: None)


@contextmanager
def mirror(folder: Path, hold: threading.Event | None = None) -> Iterator[Download]:
    """A download from a real web server that gives out this folder's files, gzipped.

    With `hold` it sends the first half of each file, and the rest once that is set.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = folder / self.path.strip("/").removesuffix(".gz")
            if not path.is_file():
                self.send_error(404)
                return
            body = gzip.compress(path.read_bytes())
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            half = len(body) // 2
            self.wfile.write(body[:half])
            self.wfile.flush()
            if hold is not None:
                hold.wait(PATIENCE)
            self.wfile.write(body[half:])

        def log_message(self, *arguments: object) -> None:
            pass

    files = [
        RemoteFile(
            path.name,
            path.stat().st_size,
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_size,
        )
        for path in sorted(folder.iterdir())
    ]
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        yield partial(download_mnist, mirrors=[address], files=files)
        server.shutdown()


class Watcher:
    """Follows a manager's events."""

    def __init__(self, manager: DatasetManager) -> None:
        self.manager = manager
        self.states: list[str] = []
        self.switched = 0
        self._changed = asyncio.Event()

    def __call__(self, another_set: bool) -> None:
        self.states.append(self.manager.event.state)
        self.switched += another_set
        self._changed.set()

    async def until(self, *states: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while self.manager.event.state not in states:
                self._changed.clear()
                await self._changed.wait()


def start(manager: DatasetManager) -> Watcher:
    watcher = Watcher(manager)
    manager.start(watcher)
    return watcher


async def test_the_full_set_takes_over_when_it_is_complete(small_set: Path) -> None:
    hold = threading.Event()
    with mirror(small_set, hold) as download:
        manager = DatasetManager(None, offline=False, download=download)
        assert (manager.event.state, manager.current.directory) == ("builtin", None)
        watcher = start(manager)
        await watcher.until("downloading")
        assert manager.current.directory is None
        hold.set()
        await watcher.until("ready", "failed")
        await manager.stop()
    assert manager.event.state == "ready", manager.event.message
    assert watcher.switched == 1
    assert manager.current.directory == cache_directory() / "mnist"
    assert (manager.current.name, manager.event.name) == ("MNIST", "MNIST")
    assert len(manager.current.train_images) == 40
    # What was found on the digits before can still be looked at.
    assert manager.find(manager.current.digest) is manager.current
    builtin = manager.find(load_builtin().digest)
    assert builtin is not None
    assert builtin.directory is None
    assert manager.find("another") is None


async def test_a_fault_of_the_search_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    def download(target: Path, *, progress: object, cancel: threading.Event) -> Path:
        raise ZeroDivisionError

    health = Health(tally := Tally())
    manager = DatasetManager(None, offline=False, download=download, health=health)
    watcher = start(manager)
    await watcher.until("failed")
    await manager.stop()
    assert manager.event.message == "An error in the program ended the search for MNIST."
    assert (health.trouble(), tally.thread_faults) == ("data set: ZeroDivisionError", 1)
    assert "ZeroDivisionError" in caplog.text


async def test_progress_is_told() -> None:
    def download(target: Path, *, progress: object, cancel: threading.Event) -> Path:
        assert callable(progress)
        progress(DownloadProgress(5, 10))
        raise DownloadError("nobody answers")

    manager = DatasetManager(None, offline=False, download=download)
    seen: list[tuple[int | None, int | None]] = []
    manager.start(lambda another: seen.append((manager.event.received, manager.event.total)))
    async with asyncio.timeout(PATIENCE):
        while manager.event.state != "failed":
            await asyncio.sleep(0.01)
    assert (5, 10) in seen
    assert manager.event.message == "nobody answers."


async def test_no_mirror_is_a_plain_notice_and_the_digits_stay(small_set: Path) -> None:
    with mirror(small_set) as download:
        (small_set / "t10k-labels-idx1-ubyte").unlink()
        manager = DatasetManager(None, offline=False, download=download)
        watcher = start(manager)
        await watcher.until("ready", "failed")
        await manager.stop()
    assert manager.event.state == "failed"
    assert manager.event.message is not None
    assert "404" in manager.event.message
    assert (watcher.switched, manager.current.directory) == (0, None)
    assert not (cache_directory() / "mnist" / "train-images-idx3-ubyte").exists()


async def test_stopping_gives_a_download_up(small_set: Path) -> None:
    hold = threading.Event()
    with mirror(small_set, hold) as download:
        manager = DatasetManager(None, offline=False, download=download)
        await start(manager).until("downloading")
        await manager.stop()
        await manager.stop()
        hold.set()
    assert not any(thread.name == "dataset" for thread in threading.enumerate())
    assert manager.event.state == "downloading"


async def test_offline_nothing_is_asked_for() -> None:
    def download(target: Path, **more: object) -> Path:
        raise AssertionError("asked for")

    manager = DatasetManager(None, offline=True, download=download)
    watcher = start(manager)
    await manager.stop()
    assert (manager.event.state, watcher.states) == ("builtin", [])


async def test_a_set_that_is_there_is_used_without_asking(
    small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_in_use, "find_full_mnist", lambda: small_set)
    manager = DatasetManager(None, offline=True)
    watcher = start(manager)
    await watcher.until("ready", "failed")
    assert manager.current.directory == small_set


async def test_a_broken_set_that_is_found_is_told_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset_in_use, "find_full_mnist", lambda: tmp_path)
    manager = DatasetManager(None, offline=True)
    await start(manager).until("ready", "failed")
    assert manager.event.message is not None
    assert "train-images" in manager.event.message


async def test_a_named_set_is_used_from_the_start(
    small_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_set / "classes.txt").write_text("\n".join(f"class {n}" for n in range(10)))
    manager = DatasetManager(small_set, offline=False)
    assert manager.event.state == "ready"
    assert manager.current.classes[3] == "class 3"
    monkeypatch.setenv("CONVNET_LIVE_DATA", str(small_set))
    assert DatasetManager(None, offline=False).current.directory == small_set
    shutil.rmtree(small_set)
    with pytest.raises(DataError):
        DatasetManager(small_set, offline=False)
