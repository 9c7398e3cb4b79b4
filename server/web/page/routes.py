"""The addresses that people open: the page of one's own sessions, and that of spectators."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from server.sessions.names import owner_of
from server.sessions.registry import NoSuchSession, TooManySessions
from server.web.api.description import refusals
from server.web.error_table import headers_of, status_of
from server.web.guards.creation_rate import TooOften
from server.web.site import TheSite

router = APIRouter(default_response_class=HTMLResponse)


@router.get("/", responses=refusals(400, 429, page=True))
async def show_page(request: Request, site: TheSite) -> Response:
    """The page with this browser's newest session, or with one that begins when it connects."""
    token = site.cookies.token_of(request)
    owner = owner_of(token)
    session = site.registry.newest(owner)
    try:
        if session is None:
            site.check_room(request, owner)
    except (TooManySessions, TooOften) as error:
        return site.page.render_refusal(request, str(error), status_of(error), headers_of(error))
    response = site.page.render(request, session)
    site.cookies.give(request, response, token)
    return response


@router.get("/sessions/{session_id}", responses=refusals(400, 404, 422, page=True))
async def show_session(request: Request, site: TheSite, session_id: str) -> Response:
    """The page with this one of the browser's sessions."""
    try:
        return site.page.render(request, site.find(request, session_id))
    except NoSuchSession:
        return site.page.render_absent(request)


@router.get("/watch/{watch_id}", responses=refusals(404, 422, page=True))
async def show_watch(request: Request, site: TheSite, watch_id: str) -> Response:
    """The page for spectators; whoever opens it needs no cookie, and gets none."""
    try:
        return site.page.render_watch(request, site.registry.find_watched(watch_id))
    except NoSuchSession:
        return site.page.render_absent(request)
