"""How large a file may be that people hand in, in bytes; read before anything is made of it."""

from __future__ import annotations

SNAPSHOT_BYTES = 64 * 1024**2
PICTURE_BYTES = 10 * 1024**2
