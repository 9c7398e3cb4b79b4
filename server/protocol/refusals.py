"""The errors by which a command or a request is refused, each with a sentence for people."""

from __future__ import annotations


class CommandError(ValueError):
    """A command that cannot be carried out; `id` is the command's where it could be read."""

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        line: int | None = None,
        column: int | None = None,
        id: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.line = line
        self.column = column
        self.id = id


class SessionError(Exception):
    """The session cannot do this now; the message is a sentence that says why."""


class Declined(SessionError):
    """The training process refuses what it was given, such as a file that holds no network."""


class HostSilent(SessionError):
    """The training process does not answer."""


class Unreadable(SessionError):
    """What was saved of the session cannot be read now, which does not mean that there is none."""


class BadParameter(ValueError):
    """A parameter of an address that does not fit; the message is a sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoSuchData(LookupError):
    """The server has no data set of this digest."""
