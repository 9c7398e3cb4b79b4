"""Pictures are read by real processes, which are killed, stopped and starved here."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from PIL import Image

from engine.data.user_picture import ImageError, prepare_digit
from server.logs import LogSettings
from server.pictures.pool import ReaderPool
from server.pictures.reader import ENDED, NOT_STARTED, STOPPED
from server.pictures.refusals import PicturesUnavailable, TooManyPictures
from server.settings import Limits
from tests.limits import no_more_files
from tests.server.hostile_pictures import ENDLESS_BYTES, digit_png, endless, saved
from tests.server.processes import peak_bytes, readers, runs
from tests.server.serving import PATIENCE

pytestmark = pytest.mark.anyio

DIGIT = digit_png()
PIXELS = prepare_digit(DIGIT).tobytes()
ENDLESS = endless()
# For pictures that shall be in the midst of being read while something happens.
PATIENT = Limits(image_seconds=PATIENCE)


@asynccontextmanager
async def pool_of(
    limits: Limits = PATIENT, idle_seconds: float = PATIENCE
) -> AsyncIterator[ReaderPool]:
    """A pool whose processes have all ended at the end."""
    pool = ReaderPool(limits, LogSettings(), idle_seconds)
    try:
        yield pool
    finally:
        await pool.close()
        assert readers(os.getpid()) == []


async def until(happened: Callable[[], bool]) -> None:
    """Ask again and again: of other processes nobody tells."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def the_reader(pool: ReaderPool) -> int:
    """The id of the one process, after it has read a good picture."""
    assert await pool.read(DIGIT, "somebody") == PIXELS
    (reader,) = readers(os.getpid())
    return reader


@asynccontextmanager
async def at_work(pool: ReaderPool, owner: str = "somebody") -> AsyncIterator[asyncio.Task[bytes]]:
    """The reading of a picture without end, which a process is in the midst of."""
    reading = asyncio.create_task(pool.read(ENDLESS, owner))
    await until(lambda: any(peak_bytes(reader) > ENDLESS_BYTES for reader in readers(os.getpid())))
    try:
        yield reading
    finally:
        reading.cancel()
        with suppress(asyncio.CancelledError, PicturesUnavailable):
            await reading


async def test_one_process_reads_good_and_bad_pictures_as_the_engine_does() -> None:
    async with pool_of() as pool:
        reader = await the_reader(pool)
        for bad in (b"", b"no picture", saved("PNG")[:120], saved("BMP"), bytes((10 << 20) + 1)):
            with pytest.raises(ImageError) as expected:
                prepare_digit(bad)
            with pytest.raises(ImageError) as refused:
                await pool.read(bad, "somebody")
            assert str(refused.value) == str(expected.value)
        assert await the_reader(pool) == reader


async def test_there_are_processes_only_while_there_are_pictures() -> None:
    async with pool_of(idle_seconds=0.1) as pool:
        assert readers(os.getpid()) == []
        await asyncio.gather(pool.read(DIGIT, "one"), pool.read(DIGIT, "other"))
        await until(lambda: readers(os.getpid()) == [])
        await the_reader(pool)


async def test_a_picture_that_takes_too_long_is_given_up_and_the_next_is_read() -> None:
    async with pool_of(Limits()) as pool:
        reader = await the_reader(pool)
        with pytest.raises(ImageError, match="could not be read within 2 seconds"):
            await pool.read(ENDLESS, "somebody")
        assert await the_reader(pool) != reader


async def test_a_process_that_is_stopped_is_replaced() -> None:
    async with pool_of(Limits()) as pool:
        reader = await the_reader(pool)
        os.kill(reader, signal.SIGSTOP)
        # More than a pipe holds: what is sent is held up too.
        with pytest.raises(ImageError, match="could not be read within 2 seconds"):
            await pool.read(ENDLESS, "somebody")
        assert await the_reader(pool) != reader
        assert not runs(reader)


async def test_a_process_that_dies_is_replaced() -> None:
    async with pool_of() as pool:
        reader = await the_reader(pool)
        async with at_work(pool) as reading:
            os.kill(reader, signal.SIGKILL)
            with pytest.raises(PicturesUnavailable, match=ENDED):
                await reading
        assert await the_reader(pool) != reader


async def test_a_picture_that_needs_too_much_memory_is_refused_in_words() -> None:
    large = io.BytesIO()
    Image.new("RGBA", (4000, 4000)).save(large, "PNG")
    async with pool_of(Limits(image_memory_bytes=250 << 20)) as pool:
        reader = await the_reader(pool)
        with pytest.raises(ImageError, match="not enough memory"):
            await pool.read(large.getvalue(), "somebody")
        assert await the_reader(pool) == reader


async def test_one_browser_may_not_take_every_place() -> None:
    limits = Limits(image_seconds=PATIENCE, images_per_owner=1)
    async with pool_of(limits) as pool:
        async with at_work(pool, "greedy"):
            with pytest.raises(TooManyPictures) as refused:
                await pool.read(DIGIT, "greedy")
            assert refused.value.seconds > 0
            assert await pool.read(DIGIT, "modest") == PIXELS
        assert await pool.read(DIGIT, "greedy") == PIXELS


async def test_only_so_many_wait_and_those_are_read() -> None:
    limits = Limits(image_seconds=PATIENCE, images_at_once=1, images_in_all=2)
    async with pool_of(limits) as pool:
        async with at_work(pool, "first"):
            second = asyncio.create_task(pool.read(DIGIT, "second"))
            await asyncio.sleep(0)
            with pytest.raises(PicturesUnavailable) as refused:
                await pool.read(DIGIT, "third")
            assert not isinstance(refused.value, TooManyPictures)
            assert refused.value.seconds > 0
            assert not second.done()
        assert await second == PIXELS
        assert await pool.read(DIGIT, "third") == PIXELS


async def test_a_reading_that_is_canceled_ends_its_process() -> None:
    async with pool_of() as pool:
        reader = await the_reader(pool)
        async with at_work(pool) as reading:
            reading.cancel()
            await until(lambda: not runs(reader))
        assert await the_reader(pool) != reader


async def test_stopping_ends_processes_at_work_and_tells_whoever_waits() -> None:
    limits = Limits(image_seconds=PATIENCE, images_at_once=1)
    async with pool_of(limits) as pool, at_work(pool, "first") as first:
        second = asyncio.create_task(pool.read(DIGIT, "second"))
        await asyncio.sleep(0)
        pool.stop()
        for reading in (first, second):
            with pytest.raises(PicturesUnavailable, match=STOPPED):
                await reading
        await pool.close()
        assert readers(os.getpid()) == []


@pytest.mark.parametrize("files", range(4))
async def test_a_process_that_cannot_be_started_is_said_and_the_next_is(files: int) -> None:
    async with pool_of() as pool:
        with no_more_files(but=files), pytest.raises(PicturesUnavailable, match=NOT_STARTED):
            await pool.read(DIGIT, "somebody")
        await the_reader(pool)
