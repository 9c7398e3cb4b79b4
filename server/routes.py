"""The page and the HTTP interface; what is live goes over the websocket."""

from __future__ import annotations

import asyncio
import base64

from fastapi import APIRouter, Request, WebSocket
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, JSONResponse, Response

from engine.images import prepare_digit
from server.bodies import read_body
from server.errors import headers_of, status_of
from server.guard import COOKIE
from server.limiter import CreationLimiter, TooOften
from server.pages import Page
from server.registry import Registry, TooManySessions, is_token, new_token, owner_of
from server.session import Session
from server.settings import Limits
from server.stream import serve_stream

COOKIE_SECONDS = 365 * 24 * 3600


def make_router(registry: Registry, page: Page, limits: Limits) -> APIRouter:
    """All routes but those of the static files."""
    router = APIRouter()
    creations = CreationLimiter(limits)

    def find(request: Request, session_id: str) -> Session:
        return registry.find(session_id, owner_of(request.cookies.get(COOKIE, "")))

    def create(request: Request, owner: str) -> Session:
        creations.admit(owner, request.client.host if request.client else "")
        return registry.create(owner)

    @router.get("/", response_class=HTMLResponse)
    async def show_page(request: Request) -> Response:
        """The page with this browser's newest session, or a new one."""
        token = _token(request)
        owner = owner_of(token)
        try:
            session = registry.newest(owner) or create(request, owner)
        except (TooManySessions, TooOften) as error:
            return page.refuse(request, str(error), status_of(error), headers_of(error))
        response = page.render(request, session)
        _set_cookie(request, response, token)
        return response

    @router.post("/api/sessions", status_code=201, response_class=JSONResponse)
    async def create_session(request: Request) -> Response:
        """A new session of this browser."""
        token = _token(request)
        session = create(request, owner_of(token))
        response = JSONResponse({"session": session.id}, status_code=201)
        _set_cookie(request, response, token)
        return response

    @router.get("/api/sessions/{session_id}/snapshot", response_class=JSONResponse)
    async def read_snapshot(request: Request, session_id: str, format: str = "") -> Response:
        """The network as JSON with all it takes to train on; with format=convnetjs for that."""
        if format not in ("", "convnetjs"):
            raise HTTPException(400, f"There is no format “{format[:40]}”; there is “convnetjs”")
        data = await find(request, session_id).snapshot(convnetjs=format == "convnetjs")
        return Response(data, media_type="application/json", headers={"cache-control": "no-store"})

    @router.put("/api/sessions/{session_id}/snapshot", response_class=JSONResponse)
    async def write_snapshot(request: Request, session_id: str) -> Response:
        """Run the network that the body holds."""
        session = find(request, session_id)
        data = await read_body(request, limits.snapshot_bytes, limits.upload_seconds)
        return JSONResponse({"run_id": await session.load_snapshot(data)})

    @router.post("/api/sessions/{session_id}/predict", response_class=JSONResponse)
    async def predict(request: Request, session_id: str) -> Response:
        """Read the digit in the picture that is the body, and show it on the layer cards."""
        session = find(request, session_id)
        data = await read_body(request, limits.image_bytes, limits.upload_seconds)
        prepared = await asyncio.to_thread(prepare_digit, data)
        pixels = prepared.image.tobytes()
        top = await session.predict(pixels)
        return JSONResponse(
            {
                "image": base64.b64encode(pixels).decode(),
                "top": [{"class": klass, "probability": share} for klass, share in top],
            }
        )

    @router.websocket("/api/sessions/{session_id}/stream")
    async def stream(socket: WebSocket, session_id: str) -> None:
        await serve_stream(socket, session_id, registry, limits)

    return router


def _token(request: Request) -> str:
    """What names this browser: its cookie, or a new token for one that has none of ours."""
    token = request.cookies.get(COOKIE)
    return token if is_token(token) else new_token()


def _set_cookie(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
