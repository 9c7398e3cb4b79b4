"""The process that reads pictures, one at a time, for the server that started it.

Of each picture it is sent the length and the bytes, on stdin, and answers on stdout. A picture can
make it take too long, grow too large, or crash: the server then does without it.
"""

from __future__ import annotations

import logging
import struct
import sys
from collections.abc import Sequence

from engine.data.user_picture import ImageError, prepare_digit
from server.child_process import settle_in
from server.logs import LogSettings

READY = b"!"
"""Sent once, after everything is loaded."""
REQUEST = struct.Struct(">I")
"""The picture's length in bytes."""
ANSWER = struct.Struct(">?H")
"""Whether it was read, and the length of what follows: the 28x28 pixels, or why not."""
NICENESS = 2
"""Somebody waits for the picture: it comes after the stream, and before training."""

log = logging.getLogger(__name__)


def main(arguments: Sequence[str]) -> None:
    """Read pictures until there are no more; see `Reader` for the arguments."""
    owner, memory_bytes, log_format, log_level = arguments
    settle_in(int(owner), LogSettings(log_format, log_level), NICENESS, int(memory_bytes))
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    answers.write(READY)
    answers.flush()
    while header := requests.read(REQUEST.size):
        (length,) = REQUEST.unpack(header)
        answers.write(_answer(requests.read(length)))
        answers.flush()


def _answer(data: bytes) -> bytes:
    try:
        readable, content = True, prepare_digit(data).tobytes()
    except ImageError as error:
        readable, content = False, str(error).encode()
    except Exception:
        log.exception("picture not read")
        readable, content = False, b"The picture cannot be read."
    return ANSWER.pack(readable, len(content)) + content


if __name__ == "__main__":
    main(sys.argv[1:])
