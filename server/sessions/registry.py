"""All sessions by id: create, find, limit, expire."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Iterator

from engine.language import OptionError, SpecError
from server.protocol.connections import CloseReason
from server.sessions.names import short
from server.sessions.session import Session
from server.sessions.session_state import WORTH_SECONDS
from server.sessions.surroundings import Surroundings

log = logging.getLogger(__name__)
EXPIRY_SECONDS = 3600.0
SPARED_SECONDS = 3600.0
"""A session that hardly trained makes way when nobody has looked at it for so long."""


class NoSuchSession(LookupError):
    """There is no session of this id, or it is another browser's: nobody can tell which."""


class TooManySessions(Exception):
    """There is no room for one more; the message is a sentence for people."""


def _least(sessions: list[Session], refusal: str) -> Session:
    """The session that makes way first: one that nobody ever saw, else one that hardly trained.

    Raises:
        TooManySessions: each is somebody's work, or has just been looked at.
    """
    before = time.time() - SPARED_SECONDS
    idle = (each for each in sessions if not each.audience)
    lesser = [
        each
        for each in idle
        if not each.state.used
        or (each.state.trained_seconds < WORTH_SECONDS and each.state.seen < before)
    ]
    if not lesser:
        raise TooManySessions(refusal)
    return min(lesser, key=lambda each: (each.state.used, each.state.seen))


class Registry:
    """The sessions of this server."""

    def __init__(self, shared: Surroundings) -> None:
        """Begin with those that an earlier server left."""
        self._shared = shared
        self._sessions: dict[str, Session] = {}
        self._removals: set[asyncio.Task[None]] = set()
        for record in shared.keeper.records():
            try:
                self._sessions[record.id] = Session.kept(record, shared)
            except (SpecError, OptionError) as error:
                # Left on disk for a program that reads it.
                log.error("a session's network cannot be read: %s", error)

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def create(self, owner: str, network: str = "") -> Session:
        """A new session of this owner, who comes from this network; see `network_of`.

        Raises:
            TooManySessions: a limit is reached, and every session is somebody's work.
        """
        for leaving in self._to_make_way(owner, network):
            # One that makes way for two limits goes once.
            if leaving.id in self._sessions:
                self._remove(leaving)
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
        """End this owner's session of this id for good, and tell its viewers.

        Raises:
            NoSuchSession: there is none.
        """
        session = self.find(session_id, owner)
        for viewer in session.audience:
            viewer.close(CloseReason.REMOVED)
        self._remove(session)

    def owns(self, owner: str) -> bool:
        """Whether this owner has a session."""
        return any(session.state.owner == owner for session in self)

    def newest(self, owner: str) -> Session | None:
        """The session that this owner looked at last."""
        return next(iter(self.owned_by(owner)), None)

    async def close(self) -> None:
        """End all sessions; may be called twice."""
        sessions = list(self)
        self._sessions.clear()
        await asyncio.gather(*(session.close() for session in sessions), *self._removals)

    async def expire_forever(self) -> None:
        """Expire sessions now and each hour."""
        while True:
            self.expire()
            await asyncio.sleep(EXPIRY_SECONDS)

    def expire(self) -> None:
        """Remove what nobody has looked at for as long as the settings say."""
        before = time.time() - self._shared.settings.keep_seconds
        for session in self:
            if not session.audience and session.state.seen < before:
                self._remove(session)

    def check_room(self, owner: str, network: str) -> None:
        """See that `create` would find room.

        Raises:
            TooManySessions: it would not.
        """
        self._to_make_way(owner, network)

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
            _least(sessions, refusal.format(len(sessions)))
            for sessions, most, refusal in crowded
            if len(sessions) >= most
        ]

    def _remove(self, session: Session) -> None:
        del self._sessions[session.id]
        log.info("session removed", extra={"session": short(session.id)})
        task = asyncio.get_running_loop().create_task(session.close(keep=False))
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)
