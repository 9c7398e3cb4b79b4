"""Bounds the bytes of all files that the server holds in memory on their way in or out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import Request

from server.settings import Limits
from server.web.guards.creation_rate import network_of

RETRY_SECONDS = 5
AGAIN = "try again in a few seconds."
PEOPLE = ("this browser", "your network's address")


class NoRoomForFile(Exception):
    """There is no room for this file now; `seconds` is how long to wait, the message a sentence."""

    seconds = RETRY_SECONDS


class TooManyFiles(NoRoomForFile):
    """This browser, or its network's address, has as many bytes under way as one may."""


class FileBudget:
    """Counts bytes in all, for each browser, and for each address.

    A file that is larger than the budget is let in where no other is under way.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._in_all = 0
        self._of: Counter[str] = Counter()

    @contextmanager
    def share(self, request: Request, owner: str) -> Iterator[Share]:
        """What a file of this browser's takes, which grows with it and is given back at the end."""
        address = network_of(request.client.host) if request.client else ""
        share = Share(self, (f"browser {owner}", f"address {address}"))
        try:
            yield share
        finally:
            self._count(share.whose, -share.size)

    def grow(self, share: Share, size: int) -> None:
        """See `Share.grow`."""
        limits = self._limits
        for name, whose in zip(share.whose, PEOPLE, strict=True):
            if _is_beyond(self._of[name], share.size, size, limits.file_bytes_each):
                raise TooManyFiles(f"Too many large files from {whose} at once: {AGAIN}")
        if _is_beyond(self._in_all, share.size, size, limits.file_bytes_in_all):
            raise NoRoomForFile(f"The server is busy with other large files: {AGAIN}")
        self._count(share.whose, size - share.size)

    def _count(self, whose: tuple[str, ...], size: int) -> None:
        self._in_all += size
        for name in whose:
            self._of[name] += size
            if not self._of[name]:
                del self._of[name]


class Share:
    """The bytes that one file takes of a budget."""

    def __init__(self, budget: FileBudget, whose: tuple[str, ...]) -> None:
        """None yet."""
        self.whose, self.size = whose, 0
        self._budget = budget

    def grow(self, size: int) -> None:
        """The file has at least so many bytes.

        Raises:
            TooManyFiles, NoRoomForFile: there is no room for them; they are not counted.
        """
        if size > self.size:
            self._budget.grow(self, size)
            self.size = size


def _is_beyond(counted: int, before: int, size: int, most: int) -> bool:
    others = counted - before
    return others > 0 and others + size > most
