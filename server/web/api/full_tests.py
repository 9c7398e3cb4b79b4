"""The full tests of a session's run, for its owner and, by another address, for spectators."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from server.protocol.encode_events import plain
from server.protocol.run_values import FullTest
from server.sessions.session import Session
from server.web.api.description import RunTest, RunTests, refusals
from server.web.file_response import FileResponse
from server.web.guards.file_budget import Share
from server.web.site import OwnSession, Site, TheSite

router = APIRouter()
REFUSALS = refusals(400, 404, 409, 422, 429, 503)


@router.get(
    "/api/sessions/{session_id}/tests",
    response_class=JSONResponse,
    response_model=RunTests,
    responses=REFUSALS,
)
async def list_tests(request: Request, site: TheSite, session: OwnSession) -> Response:
    """Every full test of the run, oldest first."""
    return await _respond(request, site, session, session.state.owner)


@router.get(
    "/api/watch/{watch_id}/tests",
    response_class=JSONResponse,
    response_model=RunTests,
    responses=REFUSALS,
)
async def list_watched_tests(request: Request, site: TheSite, watch_id: str) -> Response:
    """The same for spectators."""
    # What they fetch does not count as the owner's.
    return await _respond(request, site, site.registry.find_watched(watch_id), watch_id)


async def _respond(request: Request, site: Site, session: Session, reader: str) -> Response:
    with ExitStack() as held:
        share = held.enter_context(site.files.share(request, reader))
        run_id, tests = await session.full_tests()
        data = b'{"run_id":%d,"tests":[%s]}' % (run_id, await _encode(tests, share))
        seconds = site.settings.limits.take_seconds
        return FileResponse(data, held.pop_all(), take_seconds=seconds, kind="application/json")


async def _encode(tests: tuple[FullTest, ...], share: Share) -> bytes:
    """The tests as members of a JSON list; others have their turn after each."""
    pieces, size = [], 0
    for test in tests:
        pieces.append(json.dumps(plain(_described(test)), separators=(",", ":")).encode())
        size += len(pieces[-1])
        share.grow(size)
        await asyncio.sleep(0)
    return b",".join(pieces)


def _described(test: FullTest) -> RunTest:
    return RunTest(test.examples, test.accuracy, test.images, test.matrix)
