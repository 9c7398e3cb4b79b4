"""What all routes work with: the application's parts, and the session that an address names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from engine.data import Dataset
from server.pictures.pool import ReaderPool
from server.service_threads import Health
from server.sessions.registry import Registry
from server.sessions.session import Session
from server.settings import Settings
from server.web.api.metrics import Metrics
from server.web.guards.creation_rate import CreationLimiter, network_of
from server.web.guards.file_budget import FileBudget
from server.web.guards.owner_cookie import OwnerCookies
from server.web.page.render import Page


@dataclass(slots=True)
class Site:
    """The parts of one application, which keeps them as `app.state.site`.

    Attributes:
        find_data: the data set of a digest, if it is in use or was.
        health: what is wrong with it just now.
        ready: whether it may be sent visitors: from when it has started until it begins to end.
    """

    settings: Settings
    registry: Registry
    page: Page
    metrics: Metrics
    cookies: OwnerCookies
    creations: CreationLimiter
    files: FileBudget
    pictures: ReaderPool
    find_data: Callable[[str], Dataset | None]
    health: Health
    ready: bool = False

    def find(self, connection: HTTPConnection, session_id: str) -> Session:
        """The session of this id, if it belongs to the browser that asks.

        Raises:
            NoSuchSession: there is none, or it is another browser's.
        """
        return self.registry.find(session_id, self.cookies.owner_of(connection))

    def begin_session(self, connection: HTTPConnection, owner: str) -> Session:
        """A new session of this owner.

        Raises:
            TooOften, TooManySessions: too many began recently, or exist.
        """
        network = _network(connection)
        self.creations.admit(owner, network)
        return self.registry.create(owner, network)

    def check_room(self, connection: HTTPConnection, owner: str) -> None:
        """See that a new session of this owner could begin.

        Raises:
            TooOften, TooManySessions: see `begin_session`.
        """
        self.creations.check(owner, _network(connection))
        self.registry.check_room(owner, _network(connection))


def _network(connection: HTTPConnection) -> str:
    return network_of(connection.client.host) if connection.client else ""


# Asynchronous, though they wait for nothing: FastAPI runs others on threads.
async def _site(connection: HTTPConnection) -> Site:
    site: Site = connection.app.state.site
    return site


TheSite = Annotated[Site, Depends(_site)]
"""A route's parameter: the application's parts."""


async def _own_session(connection: HTTPConnection, site: TheSite, session_id: str) -> Session:
    return site.find(connection, session_id)


OwnSession = Annotated[Session, Depends(_own_session)]
"""A route's parameter: the session that its path names; answered with 404 where there is none."""
