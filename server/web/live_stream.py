"""The websocket routes: for each viewer one task that sends and one that receives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

from fastapi import APIRouter, WebSocket
from starlette.websockets import WebSocketDisconnect, WebSocketState

from server.audience.viewer import Viewer
from server.counters import Outcome
from server.protocol.commands import Command, Inspect, InTurn
from server.protocol.connections import CloseReason, Role
from server.protocol.decode_commands import decode_command
from server.protocol.encode_events import encode
from server.protocol.events import Heartbeat, Notice
from server.protocol.kinds import Level
from server.protocol.refusals import CommandError
from server.sessions.command_handler import carry_out, look_into, refusal
from server.sessions.names import NEW, owner_of
from server.sessions.registry import NoSuchSession, TooManySessions
from server.sessions.session import Session
from server.settings import Limits
from server.web.guards.creation_rate import TooOften
from server.web.guards.owner_cookie import AmbiguousCookie
from server.web.site import Site, TheSite

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
MOST_INQUIRIES = 16
"""Of one viewer under way."""
HEARTBEAT = encode(Heartbeat())


class _Over(Exception):
    """This connection is at its end."""


router = APIRouter()


@router.websocket(f"/api/sessions/{NEW}/stream")
async def new_stream(socket: WebSocket, site: TheSite) -> None:
    """The same of the browser's newest session, or of one that begins now."""
    limits = site.settings.limits
    await serve_stream(socket, Role.OWNER, lambda: _newest_or_new(socket, site), limits)


@router.websocket("/api/sessions/{session_id}/stream")
async def stream(socket: WebSocket, site: TheSite, session_id: str) -> None:
    """All that is live of one of the browser's own sessions, and its commands."""
    limits = site.settings.limits
    await serve_stream(socket, Role.OWNER, lambda: site.find(socket, session_id), limits)


@router.websocket("/api/watch/{watch_id}/stream")
async def watch_stream(socket: WebSocket, site: TheSite, watch_id: str) -> None:
    """The same for a spectator."""
    registry, limits = site.registry, site.settings.limits
    await serve_stream(socket, Role.SPECTATOR, lambda: registry.find_watched(watch_id), limits)


async def serve_stream(
    socket: WebSocket, role: Role, find: Callable[[], Session], limits: Limits
) -> None:
    """Serve one viewer of the session that `find` finds, until either side has enough."""
    await socket.accept()
    try:
        session = find()
    except (NoSuchSession, AmbiguousCookie):
        # Accepted first: to a page, a refused handshake looks like a server that is down.
        await _refuse(socket, CloseReason.UNKNOWN_SESSION)
        return
    except (TooOften, TooManySessions):
        await _refuse(socket, CloseReason.NO_ROOM)
        return
    await session.wake()
    # Of this role: however many spectators come, they do not keep the owner out.
    if session.audience.count(role) >= limits.viewers_per_session:
        await _refuse(socket, CloseReason.TOO_MANY_VIEWERS)
        return
    viewer = Viewer(role)
    session.join(viewer)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_send(socket, session, viewer, limits.take_seconds))
            tasks.create_task(_receive(socket, session, viewer, tasks))
    except* (_Over, WebSocketDisconnect):
        pass
    finally:
        session.leave(viewer)


def _newest_or_new(socket: WebSocket, site: Site) -> Session:
    if (token := site.cookies.known_token(socket)) is None:
        # A stream cannot give a cookie, and without one the session would be nobody's.
        raise NoSuchSession("This browser has no cookie of this server.")
    owner = owner_of(token)
    return site.registry.newest(owner) or site.begin_session(socket, owner)


async def _send(socket: WebSocket, session: Session, viewer: Viewer, seconds: float) -> None:
    while viewer.closing is None:
        message = session.audience.next_message(viewer)
        if message is None:
            if await viewer.wait(HEARTBEAT_SECONDS):
                continue
            message = session.audience.number(HEARTBEAT)
        try:
            with session.audience.sending(viewer, message):
                async with asyncio.timeout(seconds):
                    await _send_one(socket, message)
        except TimeoutError:
            # Its buffers are full, so no word of farewell would reach it either.
            raise _Over from None
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await _close(socket, viewer.closing)
    raise _Over


async def _send_one(socket: WebSocket, message: str | bytes) -> None:
    if isinstance(message, str):
        await socket.send_text(message)
    else:
        await socket.send_bytes(message)


async def _receive(
    socket: WebSocket, session: Session, viewer: Viewer, tasks: asyncio.TaskGroup
) -> None:
    # A pause must not wait for an explanation; but whoever asks without end is not heard further.
    looking = asyncio.Semaphore(MOST_INQUIRIES)
    while viewer.closing is None:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise _Over
        if message.get("text") is None:
            viewer.close(CloseReason.NOT_TEXT)
            return
        command = _decode(session, viewer, message["text"])
        if isinstance(command, Inspect):
            await looking.acquire()
            tasks.create_task(_look_into(session, viewer, command, looking))
        elif command is not None:
            await _obey(session, viewer, command)
        await viewer.has_read()
        # Whoever sends without pause must not keep the others from being served.
        await asyncio.sleep(0)


def _decode(session: Session, viewer: Viewer, text: str) -> Command | None:
    """The command, or None where the viewer has been told that it is none."""
    try:
        return decode_command(text)
    except CommandError as error:
        session.tally.commands[Outcome.MALFORMED] += 1
        if error.id is None:
            viewer.put(encode(Notice(Level.ERROR, error.message)))
        else:
            viewer.put(encode(refusal(error.id, error)))
    return None


async def _obey(session: Session, viewer: Viewer, command: InTurn) -> None:
    answer = await carry_out(session, viewer, command)
    session.tally.commands[Outcome.DONE if answer.ok else Outcome.REFUSED] += 1
    viewer.put(encode(answer))


async def _look_into(
    session: Session, viewer: Viewer, command: Inspect, looking: asyncio.Semaphore
) -> None:
    try:
        viewer.put(await look_into(session, command))
        session.tally.commands[Outcome.DONE] += 1
    finally:
        looking.release()


async def _refuse(socket: WebSocket, reason: CloseReason) -> None:
    log.info("viewer refused", extra={"code": reason.code, "reason": reason.sentence})
    await _close(socket, reason)


async def _close(socket: WebSocket, reason: CloseReason) -> None:
    if socket.application_state is not WebSocketState.DISCONNECTED:
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.close(reason.code, reason.sentence)
