"""Who is at the other end of a stream, and why a stream is closed."""

from __future__ import annotations

OWNER, SPECTATOR = "owner", "spectator"

# Close codes, with their reasons.
CLOSED = (1001, "The session was closed.")
UNKNOWN_SESSION = (4404, "There is no such session.")
NOT_TEXT = (1003, "Commands are text messages.")
TOO_SLOW = (4408, "This viewer reads too slowly.")
TOO_MANY = (4429, "Too many viewers watch this session.")
REMOVED = (4410, "The session was removed.")
