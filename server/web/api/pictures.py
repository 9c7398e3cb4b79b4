"""A user's own picture: what the session's network takes it for."""

from __future__ import annotations

import base64

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.web.api.description import IMAGE_TYPES, OF_BODIES, Reading, described_body
from server.web.guards.request_body import body_of
from server.web.site import OwnSession, TheSite

router = APIRouter(prefix="/api/sessions/{session_id}/predict")


@router.post(
    "",
    response_model=Reading,
    responses=OF_BODIES,
    openapi_extra=described_body(*IMAGE_TYPES),
)
async def predict(request: Request, site: TheSite, session: OwnSession) -> Response:
    """Read the digit in the picture that is the body, and show it on the layer cards."""
    limits = site.settings.limits
    owner = session.state.owner
    async with body_of(
        request, owner, site.files, limit=limits.image_bytes, seconds=limits.upload_seconds
    ) as data:
        pixels = await site.pictures.read(data, owner)
    guesses = await session.predict(pixels)
    image = base64.b64encode(pixels).decode()
    reading = Reading(image, guesses.top, guesses.probabilities)
    return JSONResponse(plain(reading))
