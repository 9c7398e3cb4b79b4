"""Static files, compressed, under addresses with hashes, which let browsers keep them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from starlette.datastructures import Headers, QueryParams
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
ENCODINGS = {"br": ".br", "gzip": ".gz"}
"""How a file may be sent, smallest first, and the ending of what the build left beside it."""
_NEVER = re.compile(r"q\s*=\s*0(\.0*)?")


class Assets(StaticFiles):
    """Static files; whoever names a file's hash need never ask for it again."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory)
        files = [path for path in sorted(directory.rglob("*")) if path.is_file()]
        self._names = {path.relative_to(directory).as_posix() for path in files}
        self._hashes = {
            name: hashlib.sha256((directory / name).read_bytes()).hexdigest()[:16]
            for name in self._names
            if not _is_compressed(name)
        }

    def url(self, path: str) -> str:
        """Address of a file, with its hash."""
        return f"/static/{path}?v={self._hashes.get(path, '')}"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """See `StaticFiles`."""
        name = path.replace("\\", "/")
        if _is_compressed(name):
            # A form of a file, not a file: it has no address of its own.
            raise HTTPException(404)
        forms = [each for each, ending in ENCODINGS.items() if name + ending in self._names]
        encoding = choose_encoding(forms, Headers(scope=scope))
        response = await super().get_response(path + ENCODINGS.get(encoding, ""), scope)
        if forms:
            response.headers.add_vary_header("Accept-Encoding")
        if encoding:
            response.headers["content-encoding"] = encoding
        asked = QueryParams(scope["query_string"]).get("v", "")
        known = asked != "" and self._hashes.get(name) == asked
        response.headers["cache-control"] = FOREVER if known else ASK_EACH_TIME
        return response


def _is_compressed(name: str) -> bool:
    return name.endswith(tuple(ENCODINGS.values()))


def choose_encoding(forms: Iterable[str], headers: Headers) -> str:
    """The first of these encodings that a request admits (RFC 9110, section 12.5.3); else ""."""
    if "range" in headers:
        # Parts are parts of the file itself.
        return ""
    weights = {}
    for part in ",".join(headers.getlist("accept-encoding")).lower().split(","):
        name, _, weight = part.partition(";")
        weights[name.strip()] = weight.strip()
    others = weights.get("*", "q=0")
    return next((form for form in forms if not _NEVER.fullmatch(weights.get(form, others))), "")
