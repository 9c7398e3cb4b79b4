"""The page itself: its template, its files with the hashes that let browsers keep them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.templating import Jinja2Templates
from starlette.types import Scope

from engine.presets import PRESETS
from engine.spec import DEFAULT_LIMITS
from server.session import Session
from server.settings import Limits, PageFiles, program_version
from server.viewer import OWNER, SPECTATOR
from server.work import default_text

FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"


class Assets(StaticFiles):
    """Static files; whoever names a file's hash need never ask for it again."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        self._hashes = {
            path.relative_to(directory).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.rglob("*"))
            if path.is_file()
        }

    def url(self, path: str) -> str:
        """Address of a file, with its hash."""
        return f"/static/{path}?v={self._hashes.get(path, '')[:16]}"

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        return path in self._hashes

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        response = await super().get_response(path, scope)
        asked = QueryParams(scope["query_string"]).get("v", "")
        known = asked != "" and self._hashes.get(path.replace("\\", "/"), "")[:16] == asked
        response.headers["cache-control"] = FOREVER if known else ASK_EACH_TIME
        return response


class Page:
    """Renders the page for one session."""

    def __init__(self, files: PageFiles, assets: Assets, limits: Limits) -> None:
        self._templates = Jinja2Templates(directory=files.templates)
        self._templates.env.globals["asset"] = assets.url
        self._limits = limits

    def render(self, request: Request, session: Session) -> Response:
        """The owner's page, with what its scripts need to begin."""
        base = f"/api/sessions/{session.id}"
        paths = {
            "session": session.id,
            "role": OWNER,
            "stream": f"{base}/stream",
            "snapshot": f"{base}/snapshot",
            "predict": f"{base}/predict",
            "sessions": "/api/sessions",
        }
        return self._respond(request, "index.html", bootstrap=paths | self._common(session))

    def render_watch(self, request: Request, session: Session) -> Response:
        """The page for spectators, which holds nothing that could change the session."""
        paths = {
            "session": session.watch_id,
            "role": SPECTATOR,
            "stream": f"/api/watch/{session.watch_id}/stream",
        }
        return self._respond(request, "index.html", bootstrap=paths | self._common(session))

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

    def _respond(
        self, request: Request, template: str, *, status: int = 200, **context: Any
    ) -> Response:
        nonce = secrets.token_urlsafe(16)
        context["csp_nonce"] = nonce
        response = self._templates.TemplateResponse(request, template, context, status)
        response.headers["content-security-policy"] = _policy(nonce)
        response.headers["cache-control"] = "no-store"
        return response

    def _common(self, session: Session) -> dict[str, Any]:
        return {
            "default_spec": default_text(session.images.shape),
            "presets": [
                {"name": name, "title": preset.title, "text": preset.text}
                for name, preset in PRESETS.items()
            ],
            "limits": {
                "spec_characters": DEFAULT_LIMITS.characters,
                "image_bytes": self._limits.image_bytes,
                "snapshot_bytes": self._limits.snapshot_bytes,
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
