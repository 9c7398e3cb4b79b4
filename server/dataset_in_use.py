"""Decides which data set is trained on, and fetches the full MNIST in the background."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from engine.data import (
    DataError,
    Dataset,
    DownloadCanceled,
    DownloadError,
    DownloadProgress,
    cache_directory,
    download_mnist,
    find_full_mnist,
    load_builtin,
    load_directory,
)
from server.counters import Tally
from server.protocol.events import DatasetEvent
from server.protocol.kinds import DatasetState
from server.protocol.run_values import DataReference
from server.service_threads import Health, start_thread

log = logging.getLogger(__name__)

ENVIRONMENT_VARIABLE = "CONVNET_LIVE_DATA"
PROGRESS_INTERVAL = 0.2
STOP_SECONDS = 2.0
FULL_NAME = "MNIST"


class Download(Protocol):
    """`engine.data.download_mnist`, or that with other mirrors."""

    def __call__(
        self,
        target: Path,
        *,
        progress: Callable[[DownloadProgress], None],
        cancel: threading.Event,
    ) -> Path: ...


class DatasetManager:
    """Knows the data set in use; a thread looks for the full one, or downloads it.

    Attributes:
        current: what new runs train on.
        event: what viewers are told about it.
    """

    def __init__(
        self,
        data: Path | None,
        *,
        offline: bool,
        download: Download = download_mnist,
        health: Health | None = None,
    ) -> None:
        """Load what there is at once: the named directory, else the built-in digits.

        `health` is told of errors that nobody foresaw.

        Raises:
            DataError: the directory that the user named holds no usable data set.
        """
        self._offline = offline
        self._download = download
        self._health = health or Health(Tally())
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None
        self._last_progress = 0.0
        named = data or os.environ.get(ENVIRONMENT_VARIABLE)
        self._is_named = bool(named)
        self.current: Dataset = load_directory(named) if named else load_builtin()
        self._known = {self.current.digest: self.current}
        self.event = DatasetEvent(
            DatasetState.READY if named else DatasetState.BUILTIN, self.current.name
        )

    def start(self, changed: Callable[[bool], None]) -> None:
        """Look for the full set, unless the user named one.

        `changed` is called on this event loop after each change; its argument tells whether
        `current` is another data set.
        """
        if self._is_named:
            return
        self._loop, self._changed = asyncio.get_running_loop(), changed
        self._thread = start_thread("data set", self._seek, self._health)

    def folder_of(self, data: DataReference) -> Path | None:
        """Where a data set that was in use lies on this machine; None for the built-in digits."""
        return self._known[data.digest].directory

    def find(self, digest: str) -> Dataset | None:
        """The data set of this digest, if it is in use or was."""
        return self._known.get(digest)

    async def stop(self) -> None:
        """Give up whatever is under way; idempotent."""
        self._cancel.set()
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join, STOP_SECONDS)

    def _seek(self) -> None:
        try:
            found = find_full_mnist()
            if found is None and self._offline:
                return
            if found is None:
                self._post(DatasetEvent(DatasetState.DOWNLOADING, FULL_NAME))
                target = cache_directory() / "mnist"
                found = self._download(target, progress=self._progress, cancel=self._cancel)
            self._use(load_directory(found))
        except DownloadCanceled:
            return
        except (DownloadError, DataError) as error:
            self._fail(_sentence(error))
        except Exception:
            self._fail("An error in the program ended the search for MNIST.")
            raise

    def _fail(self, message: str) -> None:
        self._post(DatasetEvent(DatasetState.FAILED, self.current.name, message=message))

    def _progress(self, progress: DownloadProgress) -> None:
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS_INTERVAL:
            self._last_progress = now
            received, total = progress.received, progress.total
            self._post(DatasetEvent(DatasetState.DOWNLOADING, FULL_NAME, received, total))

    def _use(self, dataset: Dataset) -> None:
        # Here, on the thread, the digest may take its time: reading all of MNIST does.
        self._known[dataset.digest] = dataset
        self._post(DatasetEvent(DatasetState.READY, dataset.name), dataset)

    def _post(self, event: DatasetEvent, dataset: Dataset | None = None) -> None:
        # A closed event loop means that there is nobody left to tell.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._set, event, dataset)

    def _set(self, event: DatasetEvent, dataset: Dataset | None) -> None:
        if event.state != self.event.state:
            about = {"state": event.state, "name": event.name, "reason": event.message}
            log.info("data set changed", extra={"dataset": about})
        self.event = event
        if dataset is not None:
            self.current = dataset
        self._changed(dataset is not None)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text if text.endswith(".") else f"{text}."
