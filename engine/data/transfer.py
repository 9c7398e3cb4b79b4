"""One HTTP request on a thread of its own, which whoever waits for it can give up on any time."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

_POLL_SECONDS = 0.1
# Fewer bytes than this in a whole stall time count as standing still.
_LEAST_BYTES = 1 << 12


@dataclass(frozen=True)
class Timeouts:
    """Seconds until a mirror must have answered, and for which it may then stand still."""

    connect: float = 3.0
    stall: float = 10.0


class TransferError(Exception):
    """A mirror failed; the message is the end of a sentence that starts with its name."""


class TransferCanceled(Exception):
    """The caller's cancel event was set."""


class Transfer:
    """One request on a thread of its own, which the caller can give up on at any moment.

    No time limit of sockets covers the resolving of names, nor a mirror that sends a byte now and
    then; whoever waits on a queue needs no such limit to leave.
    """

    def __init__(self, url: str, timeouts: Timeouts) -> None:
        self._url = url
        self._timeouts = timeouts
        self._items: queue.Queue[int | bytes | TransferError | None] = queue.Queue(maxsize=16)
        self._abandoned = threading.Event()
        threading.Thread(target=self._run, name="download", daemon=True).start()

    def abandon(self) -> None:
        """Tell the thread that nobody waits any more."""
        self._abandoned.set()

    def items(self, cancel: threading.Event) -> Iterator[int | bytes]:
        """The promised length, if there is one, then the content in pieces, as they come.

        Raises:
            TransferError: the mirror failed or stands still.
            TransferCanceled: `cancel` was set.
        """
        limit, received, since = self._timeouts.connect, 0, time.monotonic()
        answered = False
        while True:
            if cancel.is_set():
                raise TransferCanceled
            try:
                item = self._items.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if time.monotonic() - since > limit:
                    if received < _LEAST_BYTES:
                        verb = "stood still" if answered else "did not answer"
                        raise TransferError(f"{verb} for {limit:g} seconds") from None
                    received, since = 0, time.monotonic()
                continue
            if item is None:
                return
            if isinstance(item, TransferError):
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
        except TransferError as error:
            self._put(error)
        except Exception as error:
            # Whatever it is, the thread that waits has to hear of it.
            self._put(TransferError(f"could not be read ({type(error).__name__}: {error})"))

    def _receive(self) -> None:
        # Imported here: training processes import this package, and never download.
        import httpx

        # Later than whoever waits gives up: this only ends the thread itself in the end.
        limits = self._timeouts
        timeout = httpx.Timeout(2 * max(limits.stall, limits.connect))
        # Bytes as sent: a `.gz` is wanted packed, whatever its Content-Encoding says.
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
