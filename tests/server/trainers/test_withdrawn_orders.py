"""Files whose senders have given up stay neither in the server nor in a training process."""

from __future__ import annotations

import os
import signal
import tracemalloc

import pytest

from server.protocol.orders import LoadSnapshot, TakeCheckpoint
from server.protocol.refusals import HostSilent
from server.protocol.reports import Done, Pong, Refused
from server.trainers.trainer_link import TrainerLink
from tests.server.processes import peak_bytes
from tests.server.worker_process import DEFAULT, training_process

pytestmark = pytest.mark.anyio

MOST_BYTES = 500 << 20
FILE_BYTES = 40 << 20
FILES = 40
LAST = FILES + 1
"""The token of an order after all of them."""


async def test_files_that_nobody_waits_for_any_more_are_kept_nowhere() -> None:
    async with training_process() as process:
        await process.report(Pong)
        pid = process.handle.pid
        assert pid is not None
        link = TrainerLink(process.handle, lambda report: None, lambda reason: None, 0.01)
        os.kill(pid, signal.SIGSTOP)
        tracemalloc.start()
        for _ in range(FILES):
            with pytest.raises(HostSilent, match="does not answer"):
                await link.ask(load_file, Done)
        kept, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert kept < MOST_BYTES
        os.kill(pid, signal.SIGCONT)
        # It answers after everything else that has reached it.
        process.send(TakeCheckpoint(LAST))
        await process.report(Refused, lambda refused: refused.token == LAST)
        assert peak_bytes(pid) < MOST_BYTES


def load_file(token: int) -> LoadSnapshot:
    return LoadSnapshot(token, 2, bytes(FILE_BYTES), DEFAULT.trainer, 1)
