"""Who may have a picture read now, and by which process."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from engine.data.user_picture import is_graymap, prepare_digit
from server.logs import LogSettings
from server.pictures.reader import RETRY_SECONDS, STOPPED, Reader
from server.pictures.refusals import PicturesUnavailable, TooManyPictures
from server.settings import Limits

IDLE_SECONDS = 60.0
"""A process that has read nothing for so long is ended."""


class ReaderPool:
    """Reads a few pictures at a time; processes start when pictures come, and end when none do."""

    def __init__(
        self, limits: Limits, logs: LogSettings, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._limits, self._logs, self._idle_seconds = limits, logs, idle_seconds
        self._at_once = asyncio.Semaphore(limits.images_at_once)
        self._drawn = asyncio.Semaphore()
        self._accepted: Counter[str] = Counter()
        self._idle: dict[Reader, asyncio.TimerHandle] = {}
        # Every reader whose process may still be there.
        self._readers: list[Reader] = []
        self._stopped = False

    async def read(self, data: bytes, owner: str) -> bytes:
        """The 28x28 uint8 pixels that `prepare_digit` makes of a picture of this browser's.

        Raises:
            ImageError: the picture cannot be read, or not within the time that each one has.
            TooManyPictures: this browser has as many being read as one may.
            PicturesUnavailable: all together have, or the process failed.
        """
        with self._accept(owner):
            if is_graymap(data):
                # There is nothing to decode, so nothing to fear, and whoever draws wants an answer
                # before a process has started.
                async with self._drawn:
                    return (await asyncio.to_thread(prepare_digit, data)).tobytes()
            async with self._at_once:
                reader = self._take_idle() or await self._start()
                try:
                    return await reader.read(data, self._limits.image_seconds)
                finally:
                    if reader.is_usable:
                        self._keep(reader)

    def stop(self) -> None:
        """Read no more pictures: whoever waits for one is told so at once; idempotent."""
        self._stopped = True
        while self._idle:
            _, timer = self._idle.popitem()
            timer.cancel()
        for reader in self._readers:
            reader.kill()

    async def close(self) -> None:
        """Stop, and wait until all processes have ended; idempotent."""
        self.stop()
        await asyncio.gather(*(reader.ended() for reader in self._readers))

    @contextmanager
    def _accept(self, owner: str) -> Iterator[None]:
        if self._accepted[owner] >= self._limits.images_per_owner:
            raise TooManyPictures(
                "Earlier pictures of yours are still being read. Try again in a moment.",
                RETRY_SECONDS,
            )
        if self._accepted.total() >= self._limits.images_in_all:
            raise PicturesUnavailable(
                "Too many pictures are being read just now. Try again in a few seconds.",
                RETRY_SECONDS,
            )
        self._accepted[owner] += 1
        try:
            yield
        finally:
            self._accepted[owner] -= 1
            if not self._accepted[owner]:
                del self._accepted[owner]

    async def _start(self) -> Reader:
        if self._stopped:
            raise PicturesUnavailable(STOPPED, RETRY_SECONDS)
        reader = await Reader.start(self._limits.image_memory_bytes, self._logs)
        self._readers = [other for other in self._readers if not other.has_ended]
        self._readers.append(reader)
        if self._stopped:
            reader.kill()
        return reader

    def _take_idle(self) -> Reader | None:
        while self._idle:
            reader, timer = self._idle.popitem()
            timer.cancel()
            if reader.is_usable:
                return reader
        return None

    def _keep(self, reader: Reader) -> None:
        loop = asyncio.get_running_loop()
        self._idle[reader] = loop.call_later(self._idle_seconds, self._end_idle, reader)

    def _end_idle(self, reader: Reader) -> None:
        del self._idle[reader]
        reader.kill()
