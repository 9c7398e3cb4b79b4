"""What a session is, apart from its trainer and its viewers: what is remembered and described."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from server.protocol.added_pictures import AddedPicture
from server.protocol.kinds import Failure
from server.sessions.lifecycle import Life
from server.sessions.names import watch_id_of
from server.sessions.run_definition import RunDefinition
from server.storage.records import RunBefore

WORTH_SECONDS = 60.0
"""A session that has trained for so long is somebody's work; one that has not may make way."""


@dataclass(slots=True)
class SessionState:
    """One session as plain data.

    Attributes:
        id: unguessable name; `watch_id` is the one for spectators.
        owner: hash of the token of the browser that created it.
        run: the network of the current run, and how to begin or continue it.
        life: its status.
        created, seen: when it was created, and when somebody last began or stopped looking, in
            seconds since 1970.
        seen_uptime: how long servers had been up then.
        removed: how long servers had been up when it was removed; None while it is not.
        network: the address, or network of addresses, from which it was begun; "" where unknown.
        trained_before: for how many seconds it had trained when an earlier server kept it.
        used: whether anybody ever looked; before that there is nothing worth keeping.
        wants_pause: its owner wants the network to stand.
        unwatched: nobody has been looking for a while, so that the network stands as well.
        place: in line for a trainer; None while it does not wait.
        before: the run that the current one replaced, where it is worth going back to.
        added: the pictures that its owner has added to its training data.
        asleep: the examples trained on, while the graph that tells is still on disk; else None.
    """

    id: str
    owner: str
    run: RunDefinition
    life: Life = field(default_factory=Life)
    created: float = field(default_factory=time.time)
    seen: float = field(default_factory=time.time)
    seen_uptime: float = 0.0
    removed: float | None = None
    network: str = ""
    trained_before: float = 0.0
    used: bool = False
    wants_pause: bool = False
    unwatched: bool = False
    place: int | None = None
    before: RunBefore | None = None
    asleep: int | None = None
    added: tuple[AddedPicture, ...] = ()
    watch_id: str = field(init=False)

    def __post_init__(self) -> None:
        self.watch_id = watch_id_of(self.id)

    @property
    def paused(self) -> bool:
        """Whether the network is to stand: its owner wants it to, or nobody watches."""
        return self.wants_pause or self.unwatched

    @property
    def trained_seconds(self) -> float:
        """For how long it has trained, up to what counts."""
        return min(self.trained_before + self.life.running_seconds, WORTH_SECONDS)

    @property
    def recoverable(self) -> bool:
        """Whether a failed run can continue from its last checkpoint."""
        return self.life.failure in (Failure.DIVERGED, Failure.DIED, Failure.UNREADABLE)
