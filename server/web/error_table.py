"""The one table from exceptions to HTTP statuses, and the form in which an error is told."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from engine.data.user_picture import ImageError
from server.pictures.refusals import PicturesUnavailable, TooManyPictures
from server.protocol.encode_events import plain
from server.protocol.events import Problem
from server.protocol.refusals import (
    BadParameter,
    Declined,
    HostSilent,
    NoSuchData,
    SessionError,
)
from server.sessions.added_pictures import BadPicture, NoSuchPicture
from server.sessions.registry import NoSuchSession, TooManySessions
from server.web.guards.creation_rate import TooOften
from server.web.guards.file_budget import NoRoomForFile, TooManyFiles
from server.web.guards.owner_cookie import AmbiguousCookie
from server.web.guards.request_body import BodyTooLarge, BodyTooSlow, UnsupportedBody

log = logging.getLogger(__name__)

STATUSES: dict[type[Exception], HTTPStatus] = {
    AmbiguousCookie: HTTPStatus.BAD_REQUEST,
    NoSuchSession: HTTPStatus.NOT_FOUND,
    TooManySessions: HTTPStatus.TOO_MANY_REQUESTS,
    TooOften: HTTPStatus.TOO_MANY_REQUESTS,
    BodyTooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    # Nobody reads it; but what is known is not logged.
    ClientDisconnect: HTTPStatus.BAD_REQUEST,
    NoRoomForFile: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyFiles: HTTPStatus.TOO_MANY_REQUESTS,
    UnsupportedBody: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ImageError: HTTPStatus.BAD_REQUEST,
    PicturesUnavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyPictures: HTTPStatus.TOO_MANY_REQUESTS,
    Declined: HTTPStatus.BAD_REQUEST,
    HostSilent: HTTPStatus.SERVICE_UNAVAILABLE,
    SessionError: HTTPStatus.CONFLICT,
    BadPicture: HTTPStatus.BAD_REQUEST,
    NoSuchPicture: HTTPStatus.NOT_FOUND,
    BadParameter: HTTPStatus.UNPROCESSABLE_ENTITY,
    NoSuchData: HTTPStatus.NOT_FOUND,
}


def install(app: FastAPI) -> None:
    """Answer every error in the same form."""
    for kind in STATUSES:
        app.add_exception_handler(kind, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unknown)


def status_of(error: Exception) -> HTTPStatus:
    """The status for an exception: its own, or that of the class nearest above it."""
    for kind in type(error).__mro__:
        if kind in STATUSES:
            return STATUSES[kind]
    return HTTPStatus.INTERNAL_SERVER_ERROR


def headers_of(error: Exception) -> dict[str, str]:
    """What a response for this exception says besides its status."""
    if isinstance(error, TooOften | PicturesUnavailable | NoRoomForFile):
        return {"retry-after": str(error.seconds)}
    return {}


def answer(request: Request, status: int, problem: Problem) -> Response:
    """An error: as a page for people who opened an address, else as the page's scripts read it."""
    if _is_a_persons(request):
        page = request.app.state.site.page
        response: Response = page.render_problem(request, problem.message, status)
    else:
        response = JSONResponse({"error": plain(problem)}, status_code=status)
    if request.method in ("GET", "HEAD"):
        response.headers.add_vary_header("Accept")
    return response


def _is_a_persons(request: Request) -> bool:
    """Whether a browser shows what is answered: scripts, and most programs, name other types."""
    if request.method not in ("GET", "HEAD") or request.url.path.startswith("/api/"):
        return False
    return "text/html" in request.headers.get("accept", "").lower()


async def _known(request: Request, error: Exception) -> Response:
    field = error.field if isinstance(error, BadParameter) else None
    response = answer(request, status_of(error), Problem(str(error), field=field))
    response.headers.update(headers_of(error))
    return response


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = "There is nothing at this address" if error.detail == "Not Found" else error.detail
    response = answer(request, error.status_code, Problem(f"{detail}."))
    response.headers.update(error.headers or {})
    return response


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    name, given = str(first["loc"][-1]), str(first["input"])[:40]
    problem = Problem(f"`{name}` cannot be “{given}”: {first['msg']}.", field=name)
    return answer(request, HTTPStatus.UNPROCESSABLE_ENTITY, problem)


async def _unknown(request: Request, error: Exception) -> Response:
    # Not the address itself: it may hold the name of a session.
    route = getattr(request.scope.get("route"), "path", None)
    log.error("request failed", extra={"method": request.method, "route": route}, exc_info=error)
    return answer(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        Problem("Something went wrong in the server; its log has the details."),
    )
