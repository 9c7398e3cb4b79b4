"""Sessions that were removed, by their owners or by age: for a week they can be restored."""

from __future__ import annotations

from dataclasses import replace

from server.protocol.events import RemovedSession
from server.sessions.descriptions import title
from server.sessions.remembering import state_of
from server.sessions.surroundings import Surroundings
from server.storage.records import SessionRecord

RESTORABLE_SECONDS = 7 * 24 * 3600.0


class RemovedSessions:
    """The records of removed sessions by id, while they can be restored."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._records: dict[str, SessionRecord] = {}

    def add(self, record: SessionRecord) -> None:
        """Keep a session whose record says when it was removed.

        Of one owner, and of all, no more are kept than there may be sessions.
        """
        self._records[record.id] = record
        limits = self._shared.settings.limits
        self._forget_beyond(limits.sessions_per_owner, self._of(record.owner))
        self._forget_beyond(limits.sessions, list(self._records.values()))

    def find(self, session_id: str, owner: str) -> SessionRecord | None:
        """This owner's removed session of this id."""
        record = self._records.get(session_id)
        return record if record is not None and record.owner == owner else None

    def take(self, record: SessionRecord) -> SessionRecord:
        """It is not removed any more: the record as it was before."""
        del self._records[record.id]
        return replace(record, removed=None)

    def describe(self, owner: str) -> tuple[RemovedSession, ...]:
        """What the list of this owner's sessions says of removed ones, the last removed first."""
        return tuple(
            RemovedSession(
                record.id,
                title(state_of(record).run.spec),
                record.examples,
                max(0.0, RESTORABLE_SECONDS - self._age(record)),
            )
            for record in reversed(self._of(owner))
        )

    def expire(self) -> None:
        """Forget for good what was removed more than a week ago."""
        for record in tuple(self._records.values()):
            if self._age(record) > RESTORABLE_SECONDS:
                self._forget(record)

    def _of(self, owner: str) -> list[SessionRecord]:
        mine = (record for record in self._records.values() if record.owner == owner)
        return sorted(mine, key=self._age, reverse=True)

    def _age(self, record: SessionRecord) -> float:
        return self._shared.uptime.total - (record.removed or 0.0)

    def _forget_beyond(self, most: int, records: list[SessionRecord]) -> None:
        for record in sorted(records, key=self._age)[most:]:
            self._forget(record)

    def _forget(self, record: SessionRecord) -> None:
        del self._records[record.id]
        self._shared.keeper.forget(record.id)
