"""The cookie that names a browser as the owner of its sessions: signed, so that no other counts.

Its name tells servers apart that share a host, whatever their ports: cookies do not. One that
another program chose, or had from a browser of its own, is not adopted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterator

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from server.sessions.names import is_token, new_token, owner_of

COOKIE_PREFIX = "convnet_live"
"""What the names of all cookies begin with; earlier versions had this one, without a signature."""
COOKIE_SECONDS = 365 * 24 * 3600
SIGNATURE_BYTES = 16
TWO_COOKIES = (
    "This browser sends two different cookies of this server, one of which may be another "
    f"program's: remove the cookies whose names begin with {COOKIE_PREFIX}."
)


class AmbiguousCookie(Exception):
    """The browser names itself in two ways; the message is a sentence."""


class OwnerCookies:
    """Gives browsers their cookie, and knows those that it gave."""

    def __init__(self, secret: bytes, owns: Callable[[str], bool], *, name: str = "") -> None:
        """Cookies signed with the secret.

        Args:
            owns: whether an owner has sessions: then a token without a signature is known, too.
            name: ends the cookie's; without one it follows from the secret, and the cookie lasts.
        """
        self._secret, self._owns = secret, owns
        self._seconds = None if name else COOKIE_SECONDS
        self.name = f"{COOKIE_PREFIX}_{name or self._digest(b'name').hex()[:8]}"

    def owner_of(self, connection: HTTPConnection) -> str:
        """The owner that a request names; one that owns nothing where it has no cookie of ours.

        Raises:
            AmbiguousCookie: it has two.
        """
        return owner_of(self.known_token(connection) or "")

    def token_of(self, request: HTTPConnection) -> str:
        """What names this browser: its cookie's token, or a new one.

        Raises:
            AmbiguousCookie: it has two.
        """
        return self.known_token(request) or new_token()

    def known_token(self, connection: HTTPConnection) -> str | None:
        """The token that this server gave this browser, if it did.

        Raises:
            AmbiguousCookie: the browser names two.
        """
        sent = list(_sent(connection))
        # Then those of earlier versions, and by the names that followed from other secrets.
        for cookies in (
            [value for name, value in sent if name == self.name],
            [value for name, value in sent if name != self.name],
        ):
            tokens = set(filter(None, map(self._known, cookies)))
            if len(tokens) > 1:
                raise AmbiguousCookie(TWO_COOKIES)
            if tokens:
                return tokens.pop()
        return None

    def give(self, request: Request, response: Response, token: str) -> None:
        """Let the browser keep the token: for a year, or until it closes."""
        response.set_cookie(
            self.name,
            f"{token}.{self._signature(token)}",
            max_age=self._seconds,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def _known(self, value: str) -> str | None:
        """The token in a cookie's value, if this server gave it."""
        token, _, signature = value.partition(".")
        if not is_token(token):
            return None
        # Nobody but its owner knows a token that has sessions, whatever became of the secret.
        signed = hmac.compare_digest(signature.encode(), self._signature(token).encode())
        return token if signed or self._owns(owner_of(token)) else None

    def _signature(self, token: str) -> str:
        signature = self._digest(b"token:" + token.encode())[:SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(signature).decode().rstrip("=")

    def _digest(self, text: bytes) -> bytes:
        return hmac.digest(self._secret, text, hashlib.sha256)


def _sent(connection: HTTPConnection) -> Iterator[tuple[str, str]]:
    """Names and values of all cookies that may be ours: of several, most readers keep only one."""
    for header in connection.headers.getlist("cookie"):
        for cookie in header.split(";"):
            name, _, value = cookie.strip().partition("=")
            if name.startswith(COOKIE_PREFIX):
                yield name, value.strip()
