"""One HTTP download that can be given up on at any moment, whatever the mirror does."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_POLL_SECONDS = 0.1
# Fewer bytes than this within the stall timeout count as standing still.
_LEAST_BYTES = 1 << 12


@dataclass(frozen=True)
class Timeouts:
    """Seconds within which a mirror must answer, and for which it may then stand still."""

    connect: float = 3.0
    stall: float = 10.0


class TransferError(Exception):
    """A mirror failed; the message is the end of a sentence that starts with its name."""


class TransferCanceled(Exception):
    """The caller's cancel event was set."""


class _Patience:
    """Waits for an answer, and then for a few kilobytes at a time."""

    def __init__(self, timeouts: Timeouts) -> None:
        self._stall = timeouts.stall
        self._limit, self._complaint = timeouts.connect, "did not answer"
        self._received, self._since = 0, time.monotonic()

    def note(self, item: int | bytes) -> None:
        """Count what has come: the answer's promised length, or a piece of the content."""
        if isinstance(item, int):
            self._limit, self._complaint = self._stall, "stood still"
            self._since = time.monotonic()
        else:
            self._received += len(item)
            self.check()

    def check(self) -> None:
        """Raise `TransferError` once too little has come for too long."""
        if time.monotonic() - self._since <= self._limit:
            return
        if self._received < _LEAST_BYTES:
            raise TransferError(f"{self._complaint} for {self._limit:g} seconds")
        self._received, self._since = 0, time.monotonic()


class Transfer:
    """One request on a thread of its own, which the caller can give up on at any moment.

    Why a thread: no socket timeout covers resolving a name, nor a mirror that sends a byte now and
    then, and a blocked read cannot be canceled. Waiting on a queue can.
    """

    def __init__(self, url: str, timeouts: Timeouts) -> None:
        self._url = url
        self._timeouts = timeouts
        self._items: queue.Queue[int | bytes | TransferError | None] = queue.Queue(maxsize=16)
        self._abandoned = threading.Event()
        threading.Thread(target=self._run, name="download", daemon=True).start()

    def abandon(self) -> None:
        """Let the thread end: nobody reads what it receives any more."""
        self._abandoned.set()

    def items(self, cancel: threading.Event) -> Iterator[int | bytes]:
        """The promised length (0 if there is none), then the content in pieces, as they come.

        Raises:
            TransferError: the mirror failed or stands still.
            TransferCanceled: `cancel` was set.
        """
        patience = _Patience(self._timeouts)
        while True:
            if cancel.is_set():
                raise TransferCanceled
            try:
                item = self._items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                patience.check()
                continue
            if item is None:
                return
            if isinstance(item, TransferError):
                raise item
            patience.note(item)
            yield item

    def _run(self) -> None:
        try:
            self._receive()
            self._put(None)
        except TransferError as error:
            self._put(error)
        except Exception as error:
            # Whatever it is, the caller has to hear of it.
            self._put(TransferError(f"could not be read ({type(error).__name__}: {error})"))

    def _receive(self) -> None:
        # Imported here: training processes import this package, and never download.
        import httpx

        # Longer than the caller waits: this only makes sure that an abandoned thread ends.
        limits = self._timeouts
        timeout = httpx.Timeout(2 * max(limits.stall, limits.connect))
        # A `.gz` is wanted as it is stored, whatever Content-Encoding the mirror declares.
        headers = {"Accept-Encoding": "identity"}
        try:
            with httpx.stream(
                "GET", self._url, timeout=timeout, headers=headers, follow_redirects=True
            ) as response:
                if response.status_code != httpx.codes.OK:
                    raise TransferError(f"answered {response.status_code}")
                self._put(int(response.headers.get("Content-Length", 0)))
                for chunk in response.iter_raw():
                    self._put(chunk)
                    if self._abandoned.is_set():
                        return
        except httpx.ConnectError:
            raise TransferError("could not be reached") from None
        except httpx.HTTPError:
            raise TransferError("broke off") from None

    def _put(self, item: int | bytes | TransferError | None) -> None:
        while not self._abandoned.is_set():
            with suppress(queue.Full):
                self._items.put(item, timeout=_POLL_SECONDS)
                return
