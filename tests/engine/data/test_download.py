"""The download against a real server that is slow, broken, lying, or not there at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from engine.data import (
    DownloadCanceled,
    DownloadError,
    DownloadProgress,
    Timeouts,
    download_mnist,
    load_directory,
)
from engine.data.download import MIRRORS, MNIST_FILES
from tests.engine.data.mirrors import (
    ARRAYS,
    CONTENT,
    FILES,
    IMAGES_PATH,
    PACKED,
    Handler,
    deaf_port,
    faults,
    mirror,
    send,
)
from tests.engine.idx_files import TRAIN_IMAGES

QUICK = Timeouts(connect=5, stall=0.3)


@pytest.fixture
def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"


def assert_whole(target: Path) -> None:
    assert {path.name: path.read_bytes() for path in target.iterdir()} == CONTENT
    loaded = load_directory(target)
    np.testing.assert_array_equal(loaded.train_images, ARRAYS[TRAIN_IMAGES])


def assert_empty(target: Path) -> None:
    assert list(target.iterdir()) == []


def test_all_files_arrive_unpacked_and_progress_ends_at_the_total(tmp_path: Path) -> None:
    seen: list[DownloadProgress] = []
    target = tmp_path / "cache" / "mnist"
    with mirror() as (url, _):
        assert download_mnist(target, mirrors=[url], files=FILES, progress=seen.append) == target
    assert_whole(target)
    assert [item.received for item in seen] == sorted(item.received for item in seen)
    assert seen[-1].received == seen[-1].total == sum(map(len, PACKED.values()))
    assert all(item.received <= item.total for item in seen)


def test_a_slow_mirror_is_waited_for_as_long_as_it_moves(tmp_path: Path) -> None:
    """Each piece is sent only when the one before has been reported."""
    reported = threading.Semaphore(0)

    def trickle(handler: Handler, content: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        for begin in range(0, len(content), 8192):
            handler.wfile.write(content[begin : begin + 8192])
            handler.wfile.flush()
            reported.acquire()

    seen: list[int] = []

    def progress(item: DownloadProgress) -> None:
        seen.append(item.received)
        reported.release()

    with mirror({IMAGES_PATH: trickle}) as (url, _):
        download_mnist(tmp_path, mirrors=[url], files=FILES, progress=progress)
    assert_whole(tmp_path)
    assert len(seen) > len(PACKED[IMAGES_PATH]) // 8192


NAMES = list(faults(threading.Event()))


@pytest.fixture
def release() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.parametrize("name", NAMES)
def test_a_faulty_mirror_leaves_nothing_behind(
    tmp_path: Path, name: str, release: threading.Event
) -> None:
    respond, reason = faults(release)[name]
    with mirror({IMAGES_PATH: respond}) as (url, _):
        with pytest.raises(DownloadError) as caught:
            download_mnist(tmp_path, mirrors=[url], files=FILES, timeouts=QUICK)
        release.set()
    assert reason in str(caught.value)
    assert str(caught.value).startswith("MNIST could not be downloaded: 127.0.0.1:")
    assert str(caught.value).endswith(".")
    assert_empty(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_next_mirror_takes_over_for_what_is_missing(
    tmp_path: Path, name: str, release: threading.Event
) -> None:
    respond, _ = faults(release)[name]
    last = f"/{FILES[-1].name}.gz"
    seen: list[DownloadProgress] = []
    with (
        mirror({IMAGES_PATH: respond, last: respond}) as (bad, asked_of_bad),
        mirror() as (good, _),
    ):
        download_mnist(
            tmp_path, mirrors=[bad, good], files=FILES, timeouts=QUICK, progress=seen.append
        )
        release.set()
    assert_whole(tmp_path)
    assert asked_of_bad == [IMAGES_PATH]
    assert seen[-1].received == seen[-1].total == sum(map(len, PACKED.values()))


def test_files_already_fetched_are_not_asked_for_again(tmp_path: Path) -> None:
    last = f"/{FILES[-1].name}.gz"

    def refuse(handler: Handler, content: bytes) -> None:
        handler.send_error(404)

    with mirror({last: refuse}) as (bad, _), mirror() as (good, asked_of_good):
        download_mnist(tmp_path, mirrors=[bad, good], files=FILES)
    assert asked_of_good == [last]
    assert_whole(tmp_path)


def test_no_network_is_given_up_on_with_both_mirrors_named(
    tmp_path: Path, closed_port: str
) -> None:
    nowhere = "http://mirror.invalid/mnist/"
    with pytest.raises(DownloadError) as caught:
        download_mnist(tmp_path, mirrors=[closed_port, nowhere], files=FILES)
    first, second = str(caught.value).split(": ", 1)[1].split("; ")
    assert first.endswith("could not be reached")
    assert second.startswith("mirror.invalid ")
    assert_empty(tmp_path)


def test_a_mirror_that_never_answers_is_given_up_on(tmp_path: Path) -> None:
    timeouts = Timeouts(connect=0.3, stall=60)
    with deaf_port() as url, pytest.raises(DownloadError, match=r"did not answer for 0\.3 seconds"):
        download_mnist(tmp_path, mirrors=[url], files=FILES, timeouts=timeouts)
    assert_empty(tmp_path)


def test_content_encoding_does_not_unpack_the_file_on_the_way(tmp_path: Path) -> None:
    def encoded(handler: Handler, content: bytes) -> None:
        send(handler, content, encoding="gzip")

    with mirror({IMAGES_PATH: encoded}) as (url, _):
        download_mnist(tmp_path, mirrors=[url], files=FILES)
    assert_whole(tmp_path)


def test_cancel_ends_a_hanging_download(tmp_path: Path, release: threading.Event) -> None:
    cancel = threading.Event()
    stall, _ = faults(release)["stalls"]
    with mirror({IMAGES_PATH: stall}) as (url, _):
        with pytest.raises(DownloadCanceled, match="canceled"):
            download_mnist(
                tmp_path,
                mirrors=[url, url],
                files=FILES,
                timeouts=Timeouts(connect=60, stall=60),
                progress=lambda progress: cancel.set(),
                cancel=cancel,
            )
        release.set()
    assert_empty(tmp_path)


def test_cancel_ends_the_wait_for_an_answer(tmp_path: Path) -> None:
    cancel = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor() as pool:
        download = pool.submit(
            download_mnist,
            tmp_path,
            mirrors=[f"http://127.0.0.1:{listener.getsockname()[1]}/"],
            files=FILES,
            timeouts=Timeouts(connect=60, stall=60),
            cancel=cancel,
        )
        asked, _ = listener.accept()
        with asked:
            cancel.set()
            with pytest.raises(DownloadCanceled, match="canceled"):
                download.result(timeout=5)
    assert_empty(tmp_path)


def test_a_target_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DownloadError, match=r"could not be stored in .*file"):
        download_mnist(tmp_path / "file" / "mnist", mirrors=[], files=FILES)


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    """A limit on the size of files, in a process of its own, stands in for the disk."""
    import subprocess
    import sys

    program = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "from engine.data import DownloadError, RemoteFile, download_mnist\n"
        "try:\n"
        "    download_mnist(Path(sys.argv[1]), mirrors=[sys.argv[2]],\n"
        "        files=[RemoteFile(sys.argv[3], int(sys.argv[4]), '', 0)])\n"
        "except DownloadError as error:\n"
        "    print(error)\n"
    )
    with mirror() as (url, _):
        size = str(len(CONTENT[TRAIN_IMAGES]))
        result = subprocess.run(
            [sys.executable, "-B", "-c", program, str(tmp_path), url, TRAIN_IMAGES, size],
            cwd=Path(__file__).resolve().parents[3],
            capture_output=True,
            text=True,
            check=True,
        )
    assert f"could not be stored in {tmp_path}: File too large" in result.stdout
    assert_empty(tmp_path)


def test_what_is_there_stays_until_the_new_files_are_whole(tmp_path: Path) -> None:
    (tmp_path / TRAIN_IMAGES).write_bytes(b"old")
    with mirror() as (url, _), pytest.raises(DownloadError, match="answered 404"):
        download_mnist(tmp_path, mirrors=[f"{url}absent/"], files=FILES)
    assert (tmp_path / TRAIN_IMAGES).read_bytes() == b"old"


def test_leftovers_of_killed_downloads_are_removed(tmp_path: Path) -> None:
    import os

    old, young = tmp_path / ".downloading-old", tmp_path / ".downloading-young"
    for folder in (old, young):
        folder.mkdir()
        (folder / "half").touch()
    os.utime(old, (0, 0))
    with mirror() as (url, _):
        download_mnist(tmp_path, mirrors=[url], files=FILES)
    assert not old.exists()
    assert young.exists()


def test_the_real_files_are_those_of_mnist() -> None:
    assert len(MIRRORS) == 2
    assert all(url.startswith("https://") and url.endswith("/") for url in MIRRORS)
    assert [file.size for file in MNIST_FILES] == [
        16 + 60_000 * 784,
        8 + 60_000,
        16 + 10_000 * 784,
        8 + 10_000,
    ]
    assert all(len(file.sha256) == 64 for file in MNIST_FILES)
