"""All sessions by id: create, find, limit, expire."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
import time
from collections.abc import Iterator
from typing import TypeGuard

from server.logs import short
from server.session import Session, Surroundings

log = logging.getLogger(__name__)

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class NoSuchSession(LookupError):
    """There is no session of this id, or it is another browser's: nobody can tell which."""


class TooManySessions(Exception):
    """There is no room for one more; the message is a sentence for people."""


def new_token() -> str:
    """A secret that names a browser."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str | None) -> TypeGuard[str]:
    """Whether a cookie's value is a token that this server may have given."""
    return text is not None and _TOKEN.fullmatch(text) is not None


def owner_of(token: str) -> str:
    """What is kept of a browser's token, so that what is kept does not let anyone in."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


class Registry:
    """The sessions of this server."""

    def __init__(self, shared: Surroundings) -> None:
        self._shared = shared
        self._sessions: dict[str, Session] = {}
        self._removals: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._sessions)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._sessions.values()))

    def create(self, owner: str) -> Session:
        """A new session of this owner.

        Raises:
            TooManySessions: the limit is reached, and every session is being watched.
        """
        limits = self._shared.settings.limits
        self._expire(time.time() - self._shared.settings.keep_seconds)
        mine = [session for session in self if session.owner == owner]
        if len(mine) >= limits.sessions_per_owner:
            self._make_room(mine, "You have too many sessions open.")
        if len(self) >= limits.sessions:
            self._make_room(list(self), "The server has no room for another session.")
        session = Session(secrets.token_urlsafe(16), owner, self._shared)
        self._sessions[session.id] = session
        log.info("session created", extra={"session": short(session.id)})
        return session

    def find(self, session_id: str, owner: str) -> Session:
        """This owner's session of this id.

        Raises:
            NoSuchSession: there is none.
        """
        session = self._sessions.get(session_id)
        if session is None or not secrets.compare_digest(session.owner, owner):
            raise NoSuchSession("There is no such session.")
        return session

    def newest(self, owner: str) -> Session | None:
        """The session that this owner looked at last."""
        mine = (session for session in self if session.owner == owner)
        return max(mine, key=lambda session: session.seen, default=None)

    async def close(self) -> None:
        """End all sessions; may be called twice."""
        sessions = list(self)
        self._sessions.clear()
        await asyncio.gather(*(session.close() for session in sessions), *self._removals)

    def _expire(self, before: float) -> None:
        for session in self:
            if not session.audience and session.seen < before:
                self._remove(session)

    def _make_room(self, sessions: list[Session], refusal: str) -> None:
        unseen = [session for session in sessions if not session.audience]
        if not unseen:
            raise TooManySessions(refusal)
        self._remove(min(unseen, key=lambda session: session.seen))

    def _remove(self, session: Session) -> None:
        del self._sessions[session.id]
        log.info("session removed", extra={"session": short(session.id)})
        task = asyncio.get_running_loop().create_task(session.close())
        self._removals.add(task)
        task.add_done_callback(self._removals.discard)
