"""A user's own picture: what the session's network takes it for."""

from __future__ import annotations

import base64

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.web.api.description import IMAGE_TYPES, OF_BODIES, Reading, body_of, refusals
from server.web.guards.request_body import read_body
from server.web.site import OwnSession, TheSite

router = APIRouter(prefix="/api/sessions/{session_id}/predict")


@router.post(
    "",
    response_model=Reading,
    responses=OF_BODIES | refusals(429),
    openapi_extra=body_of(*IMAGE_TYPES),
)
async def predict(request: Request, site: TheSite, session: OwnSession) -> Response:
    """Read the digit in the picture that is the body, and show it on the layer cards."""
    limits = site.settings.limits
    data = await read_body(request, limits.image_bytes, limits.upload_seconds)
    pixels = await site.pictures.read(data, session.state.owner)
    reading = Reading(base64.b64encode(pixels).decode(), await session.predict(pixels))
    return JSONResponse(plain(reading))
