"""A session's network as a file: read it, or run another's."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Literal

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.web.api.description import OF_BODIES, NewRun, described_body, refusals
from server.web.file_response import FileResponse
from server.web.guards.request_body import body_of
from server.web.site import OwnSession, TheSite

router = APIRouter(prefix="/api/sessions/{session_id}/snapshot")

BYTES_A_PARAMETER = 60
"""No file has more: a weight, and two means that its update rule keeps, as text."""


@router.get("", response_class=JSONResponse, responses=refusals(400, 404, 409, 422, 429, 503))
async def read_snapshot(
    request: Request, site: TheSite, session: OwnSession, format: Literal["", "convnetjs"] = ""
) -> Response:
    """The network as JSON, with everything needed to train on, or as ConvNetJS reads it."""
    with ExitStack() as held:
        share = held.enter_context(site.files.share(request, session.state.owner))
        share.grow(BYTES_A_PARAMETER * session.spec.parameter_count)
        data = await session.snapshot(convnetjs=format == "convnetjs")
        share.grow(len(data))
        seconds = site.settings.limits.take_seconds
        return FileResponse(data, held.pop_all(), take_seconds=seconds, kind="application/json")


@router.put(
    "", response_model=NewRun, responses=OF_BODIES, openapi_extra=described_body("application/json")
)
async def write_snapshot(request: Request, site: TheSite, session: OwnSession) -> Response:
    """Run the network that the body holds."""
    limits = site.settings.limits
    async with body_of(
        request,
        session.state.owner,
        site.files,
        limit=limits.snapshot_bytes,
        seconds=limits.upload_seconds,
    ) as data:
        return JSONResponse(plain(NewRun(await session.load_snapshot(data))))
