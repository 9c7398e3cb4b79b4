"""A session's network as a file: read it, or run another's."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.web.api.description import OF_BODIES, NewRun, body_of, refusals
from server.web.guards.request_body import read_body
from server.web.site import OwnSession, TheSite

router = APIRouter(prefix="/api/sessions/{session_id}/snapshot")


@router.get("", response_class=JSONResponse, responses=refusals(400, 404, 409, 422, 503))
async def read_snapshot(session: OwnSession, format: Literal["", "convnetjs"] = "") -> Response:
    """The network as JSON, with everything needed to train on, or as ConvNetJS reads it."""
    data = await session.snapshot(convnetjs=format == "convnetjs")
    return Response(data, media_type="application/json", headers={"cache-control": "no-store"})


@router.put(
    "", response_model=NewRun, responses=OF_BODIES, openapi_extra=body_of("application/json")
)
async def write_snapshot(request: Request, site: TheSite, session: OwnSession) -> Response:
    """Run the network that the body holds."""
    limits = site.settings.limits
    data = await read_body(request, limits.snapshot_bytes, limits.upload_seconds)
    return JSONResponse(plain(NewRun(await session.load_snapshot(data))))
