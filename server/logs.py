"""The log: an event a line on stderr, as JSON for machines, or as text for people.

Nobody who logs waits: a thread writes, and what finds no room is dropped and counted. What is
repeated without end is left out for a while.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FORMATS = ("auto", "json", "text")
LEVELS = ("debug", "info", "warning", "error")
STDERR = 2
MOST_WAITING_LINES = 2000
FLUSH_SECONDS = 1.0
MOST_ALIKE = 50
ALIKE_SECONDS = 10.0
"""Of events with the same text so many are logged within that time."""
MOST_KINDS = 1000
# What every record has; all else is what an event was logged with.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How to log: a format of FORMATS, of which "auto" is text at a terminal, and a level."""

    format: str = "auto"
    level: str = "info"


def set_up(settings: LogSettings) -> None:
    """Let everything in this process be logged like this, warnings and libraries' events too."""
    text = settings.format == "text" or (settings.format == "auto" and os.isatty(STDERR))
    handler = LineHandler(STDERR)
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    handler.addFilter(Throttle())
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    logging.captureWarnings(True)
    # They log every request and connection, which nobody needs.
    for chatty in ("httpx", "httpcore", "uvicorn", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))


class LineHandler(logging.Handler):
    """Hands lines to a thread that writes them to a file descriptor; it never waits for it."""

    def __init__(self, descriptor: int, most_waiting: int = MOST_WAITING_LINES) -> None:
        super().__init__()
        self._descriptor, self._most_waiting = descriptor, most_waiting
        # Its `put` may interrupt itself, as a signal's handler does that logs.
        self._waiting: queue.SimpleQueue[str | threading.Event] = queue.SimpleQueue()
        # Counted under the lock that every handler has.
        self._dropped = 0
        threading.Thread(target=self._write_lines, name="log", daemon=True).start()

    def emit(self, record: logging.LogRecord) -> None:
        """See `logging.Handler`."""
        if self._waiting.qsize() >= self._most_waiting:
            self._dropped += 1
        else:
            self._waiting.put(self.format(record))

    def flush(self) -> None:
        """Wait until all has been written, but not for long: nobody may be reading."""
        written = threading.Event()
        self._waiting.put(written)
        written.wait(FLUSH_SECONDS)

    def _write_lines(self) -> None:
        # Counted apart from those for which there was no room: two threads must not count in one.
        failed = told = 0
        while True:
            item = self._waiting.get()
            if isinstance(item, str) and not self._write(item):
                failed += 1
            count = self._dropped + failed - told
            if count and self._waiting.empty():
                about = {"name": __name__, "levelno": logging.WARNING, "levelname": "WARNING"}
                about |= {"msg": "log lines dropped", "count": count}
                if self._write(self.format(logging.makeLogRecord(about))):
                    told += count
            if isinstance(item, threading.Event):
                item.set()

    def _write(self, line: str) -> bool:
        rest = f"{line}\n".encode(errors="backslashreplace")
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            # The device is full, or its reader has left: neither is a reason to end.
            return False
        return True


class Throttle(logging.Filter):
    """Leaves out events like many just before, and says of the next how many they were."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        # By what is alike: since when it is counted, how many there were.
        self._kinds: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """See `logging.Filter`."""
        kind = (record.name, record.getMessage().partition("\n")[0][:80])
        now = self._clock()
        since, count = self._kinds.get(kind, (now, 0))
        if now - since >= ALIKE_SECONDS:
            if count > MOST_ALIKE:
                record.left_out = count - MOST_ALIKE
            since, count = now, 0
            del self._kinds[kind]
        self._kinds[kind] = (since, count + 1)
        if len(self._kinds) > MOST_KINDS:
            del self._kinds[next(iter(self._kinds))]
        return count < MOST_ALIKE


class JsonFormatter(logging.Formatter):
    """One line of JSON: time, level, logger, event, and what the event was logged with."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **_extras(record),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


class TextFormatter(logging.Formatter):
    """One line for people, and a traceback below it where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter`."""
        extras = "".join(
            f"  {name}={json.dumps(value, default=str)}" for name, value in _extras(record).items()
        )
        return super().formatMessage(record) + extras


def _extras(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}
