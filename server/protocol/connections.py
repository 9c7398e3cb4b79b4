"""Who is at the other end of a stream, and why a stream is closed."""

from __future__ import annotations

from enum import Enum, StrEnum


class Role(StrEnum):
    """What a viewer may do."""

    OWNER = "owner"
    """Everything."""
    SPECTATOR = "spectator"
    """Watch, and change nothing."""


class CloseReason(Enum):
    """Why the server closes a stream: the websocket's close code, and a sentence for people.

    What the page does about each is in `Connection.lost` of `static/js/server/connection.js`, which
    has codes of the same names.
    """

    CLOSED = 1001, "The session was closed."
    NOT_TEXT = 1003, "Commands are text messages."
    TOO_MANY_CONTROLS = 1008, "Too many pings."
    TOO_MANY_FRAGMENTS = 1009, "The message comes in too many fragments."
    NO_ROOM = 4503, "There can be no new session right now."
    UNKNOWN_SESSION = 4404, "There is no such session."
    TOO_SLOW = 4408, "This viewer reads too slowly."
    REMOVED = 4410, "The session was removed."
    TOO_MANY_VIEWERS = 4429, "Too many viewers watch this session."

    def __init__(self, code: int, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
