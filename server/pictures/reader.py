"""The server's handle on one process that reads pictures."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.data.user_picture import ImageError
from server.logs import LogSettings
from server.pictures import reader_process
from server.pictures.reader_process import ANSWER, READY, REQUEST
from server.pictures.refusals import PicturesUnavailable

log = logging.getLogger(__name__)

START_SECONDS = 20.0
"""So long it may take to start, on a machine that has much else to do."""
RETRY_SECONDS = 2
NOT_STARTED = "The process that reads pictures could not be started. Try again in a moment."
STOPPED = "The server is ending: no more pictures are read."
ENDED = "The process that reads pictures has ended unexpectedly. Try again."
# Where this program is imported from, whatever folder it was started in.
_ROOT = Path(__file__).resolve().parents[2]


class Reader:
    """Has one picture read at a time; its process is killed when anything goes wrong."""

    def __init__(self, process: Process) -> None:
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        self._requests, self._answers = process.stdin, process.stdout
        self._killed = False

    @classmethod
    async def start(cls, memory_bytes: int, logs: LogSettings) -> Reader:
        """Start a process; returns when it has loaded.

        Raises:
            PicturesUnavailable: the system allows no other, or it does not get ready.
        """
        arguments = (os.getpid(), memory_bytes, logs.format, logs.level)
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", reader_process.__name__, *map(str, arguments)),
                stdin=PIPE,
                stdout=PIPE,
                cwd=_ROOT,
                # Its arithmetic is small, and threads would take up its address space.
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )
        # Python says RuntimeError where the system allows no thread to wait for the process.
        except (OSError, RuntimeError) as error:
            log.error("picture reader not started", extra={"reason": str(error)})
            raise PicturesUnavailable(NOT_STARTED, RETRY_SECONDS) from None
        reader = cls(process)
        with reader._killed_if_this_fails():
            await reader._until_ready()
        log.info("picture reader started", extra={"pid": process.pid})
        return reader

    @property
    def is_usable(self) -> bool:
        """Whether it can be given a picture."""
        return not (self._killed or self.has_ended)

    @property
    def has_ended(self) -> bool:
        """Whether the process is no longer there."""
        return self._process.returncode is not None

    async def read(self, data: bytes, seconds: float) -> bytes:
        """The 28x28 uint8 pixels that `prepare_digit` makes of a picture.

        Raises:
            ImageError: it cannot be read, or not within so many seconds.
            PicturesUnavailable: the process ended.
        """
        # An answer that came later would be taken for that to the next picture.
        with self._killed_if_this_fails():
            try:
                async with asyncio.timeout(seconds):
                    readable, content = await self._ask(data)
            except TimeoutError:
                log.warning("picture took too long", extra={"pid": self._process.pid})
                raise ImageError(
                    f"The picture could not be read within {seconds:g} seconds. Try a simpler one."
                ) from None
            except (EOFError, OSError):
                if self._killed:
                    raise PicturesUnavailable(STOPPED, RETRY_SECONDS) from None
                log.error("picture reader ended", extra={"pid": self._process.pid})
                raise PicturesUnavailable(ENDED, RETRY_SECONDS) from None
        if not readable:
            raise ImageError(content.decode())
        return content

    def kill(self) -> None:
        """End the process, whatever it is doing; idempotent."""
        self._killed = True
        if not self.has_ended:
            # `Process.kill` would first look whether it has ended, and so take its exit code from
            # asyncio, which would log that (CPython's gh-127049).
            with suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)

    async def ended(self) -> None:
        """Wait until the process has ended."""
        await self._process.wait()

    @contextmanager
    def _killed_if_this_fails(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.kill()
            raise

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._answers.readexactly(len(READY))
        except (TimeoutError, EOFError):
            log.error("picture reader not started", extra={"pid": self._process.pid})
            raise PicturesUnavailable(NOT_STARTED, RETRY_SECONDS) from None

    async def _ask(self, data: bytes) -> tuple[bool, bytes]:
        self._requests.write(REQUEST.pack(len(data)))
        self._requests.write(data)
        await self._requests.drain()
        readable, length = ANSWER.unpack(await self._answers.readexactly(ANSWER.size))
        return readable, await self._answers.readexactly(length)
