"""What remembers sessions while nobody works on them: in memory alone, or on disk too.

A session says what is to be kept and goes on; a thread writes. Until it is written, and while the
disk takes nothing, the newest checkpoint is kept in memory, so that a training process that dies
can always be followed by another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from server.protocol.run_values import Checkpoint, Weights
from server.storage.records import GraphTail, KeptRun, Remains, SessionRecord

Done = Callable[[str | None], None]
"""Called with None once something is on disk, or with sentences why not; on the event loop."""


class StorageError(Exception):
    """What is kept cannot be read, or nothing can be kept; the message is a sentence."""


class Keeper(Protocol):
    """Keeps what a session could go on from."""

    def records(self) -> list[SessionRecord]:
        """The sessions kept by earlier servers."""

    def remember(self, record: SessionRecord) -> None:
        """Keep this in the place of what was kept of the session before.

        What is kept of runs that it does not need any more is removed.
        """

    def keep(self, session: str, checkpoint: Checkpoint, graph: GraphTail, done: Done) -> None:
        """Keep a checkpoint in the place of its run's last, with the end of its graph.

        `done` may be called more than once: again when what failed has succeeded later, and not at
        all where a newer checkpoint takes this one's place before.
        """

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """Keep what a run began with."""

    def warning(self, session: str) -> str | None:
        """What to tell the session's owner while there is little room left."""

    async def sizes(self, owner: str) -> dict[str, int]:
        """How many bytes of the disk each of this owner's sessions takes.

        Raises:
            Unreadable: nobody can tell.
        """

    async def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        """The checkpoint of this run, or of the session's newest run that has one.

        Raises:
            Unreadable: there may be one, but it cannot be read.
        """

    async def remains(self, session: str, run_id: int) -> Remains:
        """The larger things that were kept of a run by an earlier server.

        Raises:
            Unreadable: they cannot be read.
        """

    async def kept_run(self, session: str, run_id: int) -> KeptRun:
        """All that is kept of a run.

        Raises:
            Unreadable: the disk does not give it.
        """

    def forget(self, session: str) -> None:
        """Remove all that is kept of a session."""

    def uptime(self) -> float:
        """For how many seconds earlier servers were up."""

    def keep_uptime(self, seconds: float) -> None:
        """Keep for how many seconds servers have been up, this one and those before it."""

    async def close(self) -> None:
        """Finish what is under way. Idempotent."""


class MemoryKeeper:
    """A `Keeper` whose memory ends with the server."""

    def __init__(self) -> None:
        # By session, and by run.
        self._kept: dict[str, dict[int, KeptRun]] = {}

    def records(self) -> list[SessionRecord]:
        return []

    def remember(self, record: SessionRecord) -> None:
        runs = self._kept.get(record.id, {})
        needed = record.needs([run_id for run_id, run in runs.items() if run.checkpoint])
        for run_id in [run_id for run_id in runs if run_id < record.run_id]:
            if run_id not in needed:
                del runs[run_id]

    def keep(self, session: str, checkpoint: Checkpoint, graph: GraphTail, done: Done) -> None:
        run = self._run(session, checkpoint.run_id)
        self._kept[session][checkpoint.run_id] = KeptRun(checkpoint, run.remains.with_tail(graph))

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        run = self._run(session, run_id)
        remains = replace(run.remains, weights=weights)
        self._kept[session][run_id] = replace(run, remains=remains)

    def warning(self, session: str) -> str | None:
        return None

    async def sizes(self, owner: str) -> dict[str, int]:
        return {}

    async def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        runs = self._kept.get(session, {})
        if run_id is None:
            run_id = max((each for each, run in runs.items() if run.checkpoint), default=0)
        return runs.get(run_id, KeptRun()).checkpoint

    async def remains(self, session: str, run_id: int) -> Remains:
        return Remains()

    async def kept_run(self, session: str, run_id: int) -> KeptRun:
        return self._kept.get(session, {}).get(run_id, KeptRun())

    def forget(self, session: str) -> None:
        self._kept.pop(session, None)

    def uptime(self) -> float:
        return 0.0

    def keep_uptime(self, seconds: float) -> None:
        pass

    async def close(self) -> None:
        pass

    def _run(self, session: str, run_id: int) -> KeptRun:
        return self._kept.setdefault(session, {}).get(run_id, KeptRun())
