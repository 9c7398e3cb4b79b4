"""The pictures that a session's owner adds to its training data."""

from __future__ import annotations

import base64

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.added_pictures import MOST_PICTURES, SIDE, AddedPicture
from server.protocol.encode_events import plain
from server.web.api.description import (
    OF_BODIES,
    Addition,
    Additions,
    NewAddition,
    described_body,
    refusals,
)
from server.web.guards.request_body import body_of
from server.web.site import OwnSession, TheSite

router = APIRouter(prefix="/api/sessions/{session_id}/pictures")


@router.get("", response_model=Additions, responses=refusals(400, 404, 422))
async def list_pictures(session: OwnSession) -> Response:
    """The pictures in the order in which they were added, and how many there may be."""
    pictures = tuple(
        Addition(each.id, each.label, base64.b64encode(each.pixels).decode())
        for each in session.state.added
    )
    listed = Additions(pictures, MOST_PICTURES)
    return JSONResponse(plain(listed), headers={"cache-control": "no-store"})


@router.post(
    "",
    status_code=201,
    response_model=NewAddition,
    responses=OF_BODIES,
    openapi_extra=described_body("application/octet-stream"),
)
async def add_picture(request: Request, site: TheSite, session: OwnSession, label: int) -> Response:
    """Train on the 784 gray levels that are the body, as `predict` answered them, too."""
    limits = site.settings.limits
    owner = session.state.owner
    # A byte more, so that a body that is too long is told from one that is whole.
    async with body_of(
        request, owner, site.files, limit=SIDE * SIDE + 1, seconds=limits.upload_seconds
    ) as pixels:
        picture = AddedPicture(label, pixels)
        session.add_picture(picture)
    return JSONResponse(plain(NewAddition(picture.id)), status_code=201)


@router.delete(
    "/{picture_id}",
    status_code=204,
    response_class=Response,
    responses=refusals(400, 404, 422, 503),
)
async def remove_picture(session: OwnSession, picture_id: str) -> Response:
    """Train on this picture no more; adding it again undoes that."""
    session.remove_picture(picture_id)
    return Response(status_code=204)
