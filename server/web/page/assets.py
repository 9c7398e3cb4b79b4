"""Static files under addresses with hashes, which let browsers keep them."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.datastructures import QueryParams
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

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
