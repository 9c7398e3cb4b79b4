"""A browser's sessions: list them, begin one, end one, bring one back."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.sessions.names import owner_of
from server.web.api.description import NewSession, SessionList, refusals
from server.web.site import TheSite

router = APIRouter(prefix="/api/sessions")


@router.get("", response_model=SessionList, responses=refusals())
async def list_sessions(request: Request, site: TheSite) -> Response:
    """This browser's sessions, the one that was looked at last first."""
    owner = site.cookies.owner_of(request)
    sizes = await site.registry.sizes(owner)
    mine = (session.summary() for session in site.registry.owned_by(owner))
    settings = site.settings
    listed = SessionList(
        tuple(replace(summary, bytes=sizes.get(summary.session, 0)) for summary in mine),
        site.registry.removed(owner),
        settings.limits.sessions_per_owner,
        settings.keep_seconds,
        settings.limits.disk_bytes_per_owner if settings.state is not None else None,
    )
    return JSONResponse(plain(listed), headers={"cache-control": "no-store"})


@router.post("", status_code=201, response_model=NewSession, responses=refusals(429))
async def create_session(request: Request, site: TheSite) -> Response:
    """A new session of this browser."""
    token = site.cookies.token_of(request)
    session = site.begin_session(request, owner_of(token))
    response = JSONResponse(plain(NewSession(session.id)), status_code=201)
    site.cookies.give(request, response, token)
    return response


@router.delete(
    "/{session_id}", status_code=204, response_class=Response, responses=refusals(404, 422)
)
async def remove_session(request: Request, site: TheSite, session_id: str) -> Response:
    """End this session; for a week it can be restored."""
    site.registry.remove(session_id, site.cookies.owner_of(request))
    return Response(status_code=204)


@router.post("/{session_id}/restore", response_model=NewSession, responses=refusals(404, 422, 429))
async def restore_session(request: Request, site: TheSite, session_id: str) -> Response:
    """Bring back a session that was removed."""
    session = await site.registry.restore(session_id, site.cookies.owner_of(request))
    return JSONResponse(plain(NewSession(session.id)))
