"""All sessions by id: create, find, limit, expire."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterator

from server.protocol.connections import CloseReason
from server.protocol.events import RemovedSession
from server.protocol.refusals import Unreadable
from server.sessions.names import short
from server.sessions.removed_sessions import RemovedSessions
from server.sessions.session import Session
from server.sessions.session_state import WORTH_SECONDS
from server.sessions.surroundings import Surroundings

log = logging.getLogger(__name__)
EXPIRY_SECONDS = 3600.0
SAFE_SECONDS = 24 * 3600.0
"""For so long after its start a server removes nothing: whoever was kept out can come back."""
SPARED_SECONDS = 3600.0
"""A session that hardly trained makes way when nobody has looked at it for so long."""


class NoSuchSession(LookupError):
    """There is no session of this id, or it is another browser's: nobody can tell which."""


class TooManySessions(Exception):
    """There is no room for one more; the message is a sentence for people."""


class Registry:
    """The sessions of this server."""

    def __init__(self, shared: Surroundings) -> None:
        """Begin with those that an earlier server left."""
        self._shared = shared
        self._sessions: dict[str, Session] = {}
        self._removed = RemovedSessions(shared)
        self._removals: dict[str, asyncio.Task[None]] = {}
        for record in shared.keeper.records():
            try:
                session = Session.kept(record, shared)
            except (ValueError, TypeError) as error:
                # Left on disk for a program that reads it.
                about = {"session": short(record.id), "reason": str(error)}
                log.error("a session cannot be read and is left on disk", extra=about)
                continue
            if record.removed is None:
                self._sessions[record.id] = session
            else:
                self._removed.add(record)

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def create(self, owner: str, network: str = "") -> Session:
        """A new session of this owner, who comes from this network; see `network_of`.

        Raises:
            TooManySessions: a limit is reached, and every session is somebody's work.
        """
        self._make_way(owner, network)
        session = Session.new(secrets.token_urlsafe(16), owner, self._shared, network)
        self._sessions[session.id] = session
        log.info("session created", extra={"session": short(session.id)})
        return session

    def find(self, session_id: str, owner: str) -> Session:
        """This owner's session of this id.

        Raises:
            NoSuchSession: there is none.
        """
        session = self._sessions.get(session_id)
        if session is None or not secrets.compare_digest(session.state.owner, owner):
            raise NoSuchSession("There is no such session.")
        return session

    def find_watched(self, watch_id: str) -> Session:
        """The session that anybody may watch under this name.

        Raises:
            NoSuchSession: there is none.
        """
        found = next((session for session in self if session.watch_id == watch_id), None)
        if found is None:
            raise NoSuchSession("There is no such session.")
        return found

    def owned_by(self, owner: str) -> list[Session]:
        """This owner's sessions, the one that was looked at last first."""
        mine = (session for session in self if session.state.owner == owner)
        return sorted(mine, key=lambda session: session.state.seen, reverse=True)

    def remove(self, session_id: str, owner: str) -> None:
        """End this owner's session of this id, and tell its viewers; for a week it can be restored.

        Raises:
            NoSuchSession: there is none.
        """
        session = self.find(session_id, owner)
        for viewer in session.audience:
            viewer.close(CloseReason.REMOVED)
        self._remove(session)

    def removed(self, owner: str) -> tuple[RemovedSession, ...]:
        """This owner's removed sessions that can be restored, the last removed first."""
        return self._removed.describe(owner)

    async def restore(self, session_id: str, owner: str) -> Session:
        """Bring back this owner's removed session of this id; one that is there stays as it is.

        Raises:
            NoSuchSession: there is none, or not any more.
            TooManySessions: there is no room for it.
        """
        there = self._sessions.get(session_id)
        if there is not None and there.state.owner == owner:
            return there
        if (removal := self._removals.get(session_id)) is not None:
            # Its last checkpoint is still to come.
            await asyncio.wait([removal])
        record = self._removed.find(session_id, owner)
        if record is None:
            raise NoSuchSession("There is no such session.")
        self._make_way(owner, record.network)
        session = Session.kept(self._removed.take(record), self._shared)
        self._sessions[session_id] = session
        session.note_seen()
        log.info("session restored", extra={"session": short(session_id)})
        return session

    def owns(self, owner: str) -> bool:
        """Whether this owner has a session, or could restore one."""
        return any(session.state.owner == owner for session in self) or bool(self.removed(owner))

    async def sizes(self, owner: str) -> dict[str, int]:
        """How many bytes each of this owner's sessions takes on disk, if that can be read."""
        try:
            return await self._shared.keeper.sizes(owner)
        except Unreadable:
            # The keeper has logged it; the list is needed all the same, to remove what is broken.
            return {}

    def newest(self, owner: str) -> Session | None:
        """The session that this owner looked at last."""
        return next(iter(self.owned_by(owner)), None)

    async def close(self) -> None:
        """End all sessions; idempotent."""
        sessions = list(self)
        self._sessions.clear()
        self._shared.keeper.keep_uptime(self._shared.uptime.total)
        await asyncio.gather(*(session.close() for session in sessions), *self._removals.values())

    async def expire_forever(self) -> None:
        """Expire sessions now and each hour."""
        while True:
            try:
                self.expire()
            except Exception:
                # One that failed would otherwise be the last, and nobody would know.
                log.exception("sessions cannot be expired")
            await asyncio.sleep(EXPIRY_SECONDS)

    def expire(self) -> None:
        """Remove what nobody has looked at for as long as the settings say.

        Only time counts during which a server was up, and nothing is removed soon after a start.
        """
        uptime = self._shared.uptime
        self._shared.keeper.keep_uptime(uptime.total)
        if uptime.here < SAFE_SECONDS:
            return
        before = uptime.total - self._shared.settings.keep_seconds
        for session in self:
            if not session.audience and session.state.seen_uptime < before:
                self._remove(session)
        self._removed.expire()

    def check_room(self, owner: str, network: str) -> None:
        """See that `create` would find room.

        Raises:
            TooManySessions: it would not.
        """
        self._to_make_way(owner, network)

    def _make_way(self, owner: str, network: str) -> None:
        for leaving in self._to_make_way(owner, network):
            # One that makes way for two limits goes once.
            if leaving.id in self._sessions:
                self._remove(leaving)

    def _to_make_way(self, owner: str, network: str) -> list[Session]:
        """The sessions that a new one takes the place of; see `create`."""
        limits, everybody = self._shared.settings.limits, list(self)
        mine = [session for session in everybody if session.state.owner == owner]
        near = [session for session in everybody if network and session.state.network == network]
        crowded = (
            (mine, limits.sessions_per_owner, "You have {} sessions: remove one of them first."),
            (near, limits.sessions_per_address, "There are {} sessions from your network's "
             "address: one of them has to be removed first."),
            (everybody, limits.sessions, "The server has no room for another session."),
        )  # fmt: skip
        return [
            self._least(sessions, refusal.format(len(sessions)))
            for sessions, most, refusal in crowded
            if len(sessions) >= most
        ]

    def _least(self, sessions: list[Session], refusal: str) -> Session:
        """The session that makes way first: one that nobody ever saw, else one that hardly trained.

        Raises:
            TooManySessions: each is somebody's work, or has just been looked at.
        """
        before = self._shared.uptime.total - SPARED_SECONDS
        states = (session.state for session in sessions if not session.audience)
        lesser = [
            state
            for state in states
            if not state.used
            or (state.trained_seconds < WORTH_SECONDS and state.seen_uptime < before)
        ]
        if not lesser:
            raise TooManySessions(refusal)
        least = min(lesser, key=lambda state: (state.used, state.seen_uptime, state.seen))
        return self._sessions[least.id]

    def _remove(self, session: Session) -> None:
        del self._sessions[session.id]
        log.info("session removed", extra={"session": short(session.id)})
        used = session.state.used
        if used:
            session.mark_removed()
            self._removed.add(session.record())
        task = asyncio.get_running_loop().create_task(session.close(keep=used))
        self._removals[session.id] = task
        task.add_done_callback(lambda _: self._removals.pop(session.id, None))
