"""The log: an event a line on stderr, as JSON for machines, or as text for people."""

from __future__ import annotations

import json
import logging
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

FORMATS = ("auto", "json", "text")
LEVELS = ("debug", "info", "warning", "error")
# What every record has; all else is what an event was logged with.
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


@dataclass(frozen=True, slots=True)
class LogSettings:
    """How to log: a format of FORMATS, of which "auto" is text at a terminal, and a level."""

    format: str = "auto"
    level: str = "info"


def set_up(settings: LogSettings) -> None:
    """Let everything in this process be logged like this, warnings and libraries' events too."""
    text = settings.format == "text" or (settings.format == "auto" and sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(TextFormatter() if text else JsonFormatter())
    logging.basicConfig(handlers=[handler], level=settings.level.upper(), force=True)
    logging.captureWarnings(True)
    # They log every request and connection, which nobody needs.
    for chatty in ("httpx", "httpcore", "uvicorn", "websockets"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.root.level))


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
