"""Answers HEAD wherever GET is answered: with the same headers, and no body."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send


class HeadAsGet:
    """Middleware that lets routes take a HEAD for a GET; the web server leaves out the body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            # A copy: by its own the web server knows that nothing but headers goes out.
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
