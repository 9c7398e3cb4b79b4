"""The names of sessions and browsers: unguessable ids, and hashes that let nobody in."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from typing import TypeGuard

NEW = "new"
"""Stands for the id of a session that is yet to begin."""
TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_WATCH_BYTES = 18


def watch_id_of(session_id: str) -> str:
    """The name by which anybody may watch a session; the session's own does not follow from it."""
    digest = hashlib.sha256(b"watch:" + session_id.encode()).digest()
    return base64.urlsafe_b64encode(digest[:_WATCH_BYTES]).decode()


def new_token() -> str:
    """A secret that names a browser."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def is_token(text: str | None) -> TypeGuard[str]:
    """Whether a cookie's value is a token that this server may have given."""
    return text is not None and _TOKEN.fullmatch(text) is not None


def owner_of(token: str) -> str:
    """What is kept of a browser's token, so that what is kept does not let anyone in."""
    return hashlib.sha256(token.encode(errors="surrogateescape")).hexdigest()


def short(session_id: str) -> str:
    """Enough of a session's id to match lines with each other, and too little to use it."""
    return session_id[:6]
