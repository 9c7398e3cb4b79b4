"""The page itself: its template, its files with the hashes that let browsers keep them."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.templating import Jinja2Templates

from engine.language import DEFAULT_LIMITS, DataShape
from engine.language.presets import PRESETS
from engine.language.reference import reference
from engine.version import program_version
from server.protocol.connections import Role
from server.sessions.names import NEW
from server.sessions.run_definition import default_text
from server.sessions.session import Session
from server.settings import PageFiles, Settings
from server.web.page.assets import Assets
from server.web.page.reachable import reachable_origins


class Page:
    """Renders the pages."""

    def __init__(
        self, files: PageFiles, assets: Assets, settings: Settings, images: Callable[[], DataShape]
    ) -> None:
        """`images` tells the form of the data set in use."""
        self._templates = Jinja2Templates(directory=files.templates)
        self._templates.env.globals["asset"] = assets.url
        self._settings, self._images = settings, images

    def render(self, request: Request, session: Session | None) -> Response:
        """The owner's page, with what its scripts need to begin; None for a session yet to begin.

        Whoever fetches the page may be a crawler, so it begins only when a stream opens.
        """
        name = NEW if session is None else session.id
        base = f"/api/sessions/{name}"
        paths = {
            "session": name,
            "role": Role.OWNER,
            "stream": f"{base}/stream",
            "test_images": f"{base}/test-images",
            "snapshot": f"{base}/snapshot",
            "predict": f"{base}/predict",
            "pictures": f"{base}/pictures",
            "sessions": "/api/sessions",
            "addresses": reachable_origins(self._settings),
        }
        bootstrap = paths | self._common()
        return self._respond(request, "index.html", bootstrap=bootstrap, language=reference())

    def render_watch(self, request: Request, session: Session) -> Response:
        """The page for spectators, which holds nothing that could change the session."""
        paths = {
            "session": session.watch_id,
            "role": Role.SPECTATOR,
            "stream": f"/api/watch/{session.watch_id}/stream",
            "test_images": f"/api/watch/{session.watch_id}/test-images",
        }
        return self._respond(request, "index.html", bootstrap=paths | self._common())

    def render_absent(self, request: Request) -> Response:
        """What people see where there is no such session, or none for them."""
        return self._respond(request, "absent.html", status=404)

    def render_refusal(
        self, request: Request, reason: str, status: int, headers: Mapping[str, str]
    ) -> Response:
        """What people see where there can be no new session now."""
        response = self._respond(request, "refused.html", status=status, reason=reason)
        response.headers.update(headers)
        return response

    def render_problem(self, request: Request, reason: str, status: int) -> Response:
        """What people see in the place of an error that programs read as JSON."""
        title = HTTPStatus(status).phrase.capitalize()
        return self._respond(request, "problem.html", status=status, title=title, reason=reason)

    def _respond(
        self, request: Request, template: str, *, status: int = 200, **context: Any
    ) -> Response:
        nonce = secrets.token_urlsafe(16)
        context["csp_nonce"] = nonce
        response = self._templates.TemplateResponse(request, template, context, status)
        response.headers["content-security-policy"] = _policy(nonce)
        response.headers["cache-control"] = "no-store"
        return response

    def _common(self) -> dict[str, Any]:
        return {
            "default_spec": default_text(self._images()),
            "presets": [{"name": name, **preset._asdict()} for name, preset in PRESETS.items()],
            "limits": {
                "spec_characters": DEFAULT_LIMITS.characters,
                "image_bytes": self._settings.limits.image_bytes,
                "snapshot_bytes": self._settings.limits.snapshot_bytes,
            },
            "version": program_version(),
        }


def _policy(nonce: str) -> str:
    """Everything from this server alone; of styles also those that carry the page's nonce."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'nonce-{nonce}'",
            "img-src 'self' data: blob:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
