"""What remembers sessions while nobody works on them: in memory alone, or on disk too.

A session says what is to be kept and goes on; a thread writes. Until it is written, and while the
disk takes nothing, the newest checkpoint is kept in memory, so that a training process that dies
can always be followed by another.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from server.protocol.run_values import Checkpoint, Weights
from server.storage.records import GraphTail, Remains, SessionRecord

Done = Callable[[str | None], None]
"""Called with None once something is on disk, or with why it is not; on the event loop."""


class Keeper(Protocol):
    """Keeps what a session could go on from."""

    def records(self) -> list[SessionRecord]:
        """The sessions kept by earlier servers."""

    def remember(self, record: SessionRecord) -> None:
        """Keep this in the place of what was kept of the session before."""

    def keep(self, session: str, checkpoint: Checkpoint, graph: GraphTail, done: Done) -> None:
        """Keep a checkpoint in the place of its run's last, with the end of its graph.

        `done` may be called more than once: again when what failed has succeeded later, and not at
        all where a newer checkpoint takes this one's place before.
        """

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        """Keep what a run began with."""

    async def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        """The checkpoint of this run, or of the session's newest run that has one.

        Raises:
            Unreadable: there may be one, but it cannot be read.
        """

    async def earlier_checkpoint(self, session: str) -> Checkpoint | None:
        """The checkpoint of the run before the newest that has one.

        Raises:
            Unreadable: there may be one, but it cannot be read.
        """

    async def remains(self, session: str, run_id: int) -> Remains:
        """The larger things that were kept of a run by an earlier server.

        Raises:
            Unreadable: they cannot be read.
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
        self._checkpoints: dict[str, Checkpoint] = {}

    def records(self) -> list[SessionRecord]:
        return []

    def remember(self, record: SessionRecord) -> None:
        pass

    def keep(self, session: str, checkpoint: Checkpoint, graph: GraphTail, done: Done) -> None:
        self._checkpoints[session] = checkpoint

    def keep_beginning(self, session: str, run_id: int, weights: Weights) -> None:
        pass

    async def newest_checkpoint(self, session: str, run_id: int | None = None) -> Checkpoint | None:
        newest = self._checkpoints.get(session)
        return newest if newest is not None and run_id in (None, newest.run_id) else None

    async def earlier_checkpoint(self, session: str) -> Checkpoint | None:
        return None

    async def remains(self, session: str, run_id: int) -> Remains:
        return Remains()

    def forget(self, session: str) -> None:
        self._checkpoints.pop(session, None)

    def uptime(self) -> float:
        return 0.0

    def keep_uptime(self, seconds: float) -> None:
        pass

    async def close(self) -> None:
        pass
