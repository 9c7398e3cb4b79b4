"""The page and the HTTP interface; what is live goes over the websocket."""

from __future__ import annotations

import base64
from typing import Literal

from fastapi import APIRouter, Request, WebSocket
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response

from server.pictures.pool import ReaderPool
from server.protocol.connections import OWNER, SPECTATOR
from server.protocol.encode_events import plain
from server.sessions.names import owner_of
from server.sessions.registry import NoSuchSession, Registry, TooManySessions
from server.sessions.session import Session
from server.settings import Settings
from server.web.api.description import (
    IMAGE_TYPES,
    NewRun,
    NewSession,
    Reading,
    SessionList,
    body_of,
    refusals,
)
from server.web.error_table import headers_of, status_of
from server.web.guards.creation_rate import CreationLimiter, TooOften
from server.web.guards.owner_cookie import owner_of_request, set_cookie, token_of_request
from server.web.guards.request_body import read_body
from server.web.live_stream import serve_stream
from server.web.page.render import Page

OF_BODIES = refusals(400, 404, 408, 409, 413, 415, 422, 503)


def make_router(
    registry: Registry, page: Page, pictures: ReaderPool, settings: Settings
) -> APIRouter:
    """All routes but those of the static files."""
    router = APIRouter()
    limits = settings.limits
    creations = CreationLimiter(limits)

    def find(request: HTTPConnection, session_id: str) -> Session:
        return registry.find(session_id, owner_of_request(request))

    def create(request: Request, owner: str) -> Session:
        creations.admit(owner, request.client.host if request.client else "")
        return registry.create(owner)

    @router.get("/", response_class=HTMLResponse, responses=refusals(429, page=True))
    async def show_page(request: Request) -> Response:
        """The page with this browser's newest session, or a new one."""
        token = token_of_request(request)
        owner = owner_of(token)
        try:
            session = registry.newest(owner) or create(request, owner)
        except (TooManySessions, TooOften) as error:
            return page.render_refusal(request, str(error), status_of(error), headers_of(error))
        response = page.render(request, session)
        set_cookie(request, response, token)
        return response

    @router.get(
        "/sessions/{session_id}",
        response_class=HTMLResponse,
        responses=refusals(404, 422, page=True),
    )
    async def show_session(request: Request, session_id: str) -> Response:
        """The page with this one of the browser's sessions."""
        try:
            return page.render(request, find(request, session_id))
        except NoSuchSession:
            return page.render_absent(request)

    @router.get(
        "/watch/{watch_id}", response_class=HTMLResponse, responses=refusals(404, 422, page=True)
    )
    async def show_watch(request: Request, watch_id: str) -> Response:
        """The page for spectators; whoever opens it needs no cookie, and gets none."""
        try:
            return page.render_watch(request, registry.find_watched(watch_id))
        except NoSuchSession:
            return page.render_absent(request)

    @router.get("/api/sessions", response_model=SessionList, responses=refusals())
    async def list_sessions(request: Request) -> Response:
        """This browser's sessions, the one that was looked at last first."""
        mine = registry.owned_by(owner_of_request(request))
        listed = {
            "sessions": [plain(session.summary()) for session in mine],
            "most": settings.limits.sessions_per_owner,
            "keep_seconds": settings.keep_seconds,
        }
        return JSONResponse(listed, headers={"cache-control": "no-store"})

    @router.post(
        "/api/sessions", status_code=201, response_model=NewSession, responses=refusals(429)
    )
    async def create_session(request: Request) -> Response:
        """A new session of this browser."""
        token = token_of_request(request)
        session = create(request, owner_of(token))
        response = JSONResponse({"session": session.id}, status_code=201)
        set_cookie(request, response, token)
        return response

    @router.delete(
        "/api/sessions/{session_id}",
        status_code=204,
        response_class=Response,
        responses=refusals(404, 422),
    )
    async def remove_session(request: Request, session_id: str) -> Response:
        """End this session for good."""
        registry.remove(session_id, owner_of_request(request))
        return Response(status_code=204)

    @router.get(
        "/api/sessions/{session_id}/snapshot",
        response_class=JSONResponse,
        responses=refusals(400, 404, 409, 422, 503),
    )
    async def read_snapshot(
        request: Request, session_id: str, format: Literal["", "convnetjs"] = ""
    ) -> Response:
        """The network as JSON with all it takes to train on; with format=convnetjs for that."""
        data = await find(request, session_id).snapshot(convnetjs=format == "convnetjs")
        return Response(data, media_type="application/json", headers={"cache-control": "no-store"})

    @router.put(
        "/api/sessions/{session_id}/snapshot",
        response_model=NewRun,
        responses=OF_BODIES,
        openapi_extra=body_of("application/json"),
    )
    async def write_snapshot(request: Request, session_id: str) -> Response:
        """Run the network that the body holds."""
        session = find(request, session_id)
        data = await read_body(request, limits.snapshot_bytes, limits.upload_seconds)
        return JSONResponse({"run_id": await session.load_snapshot(data)})

    @router.post(
        "/api/sessions/{session_id}/predict",
        response_model=Reading,
        responses=OF_BODIES | refusals(429),
        openapi_extra=body_of(*IMAGE_TYPES),
    )
    async def predict(request: Request, session_id: str) -> Response:
        """Read the digit in the picture that is the body, and show it on the layer cards."""
        session = find(request, session_id)
        data = await read_body(request, limits.image_bytes, limits.upload_seconds)
        pixels = await pictures.read(data, owner_of_request(request))
        top = await session.predict(pixels)
        return JSONResponse(
            {
                "image": base64.b64encode(pixels).decode(),
                "top": [{"class": klass, "probability": share} for klass, share in top],
            }
        )

    @router.websocket("/api/sessions/{session_id}/stream")
    async def stream(socket: WebSocket, session_id: str) -> None:
        await serve_stream(socket, OWNER, lambda: find(socket, session_id), limits)

    @router.websocket("/api/watch/{watch_id}/stream")
    async def watch_stream(socket: WebSocket, watch_id: str) -> None:
        await serve_stream(socket, SPECTATOR, lambda: registry.find_watched(watch_id), limits)

    return router
