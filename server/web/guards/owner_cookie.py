"""The cookie that names a browser as the owner of its sessions."""

from __future__ import annotations

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.responses import Response

from server.sessions.names import is_token, new_token, owner_of

COOKIE = "convnet_live"
COOKIE_SECONDS = 365 * 24 * 3600


def owner_of_request(request: HTTPConnection) -> str:
    """The owner that a request names; one that owns nothing where it has no cookie."""
    return owner_of(request.cookies.get(COOKIE, ""))


def token_of_request(request: Request) -> str:
    """What names this browser: its cookie, or a new token where that is missing or foreign."""
    token = request.cookies.get(COOKIE)
    return token if is_token(token) else new_token()


def set_cookie(request: Request, response: Response, token: str) -> None:
    """Let the browser keep the token for a year."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=COOKIE_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
