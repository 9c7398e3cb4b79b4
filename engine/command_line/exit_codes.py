"""Runs a command, and tells a failure in one line on stderr and by its exit code."""

from __future__ import annotations

import argparse
import os
import sys

from engine.command_line.commands import UsageError
from engine.command_line.pictures import UnreadPictures
from engine.data import DataError
from engine.data.user_picture import ImageError
from engine.formats import SnapshotError
from engine.language import SpecError
from engine.layers import ShapeError
from engine.training.divergence import DivergenceError
from engine.version import PROGRAM

FAILED = 1
BAD_INPUT = 2
INTERRUPTED = 130


def execute(arguments: argparse.Namespace) -> int:
    """Call the chosen command, `arguments.run`; returns the exit code, and prints no traceback."""
    try:
        arguments.run(arguments)
        sys.stdout.flush()
        return 0
    except (UsageError, DataError, SpecError, SnapshotError, ImageError, ShapeError) as error:
        return _say(str(error), BAD_INPUT)
    except UnreadPictures as error:
        for line in error.args:
            _say(line, BAD_INPUT)
        return BAD_INPUT
    except DivergenceError as error:
        return _say(str(error), FAILED)
    except MemoryError:
        return _say("there is not enough memory for this network and batch size", FAILED)
    except BrokenPipeError:
        # The reader of the output has left; without this Python complains when it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:
        return _say(_reason(error), FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def one_line(message: str) -> str:
    """The message without line breaks."""
    return " ".join(message.split())


def _say(message: str, code: int) -> int:
    print(f"{PROGRAM}: {one_line(message)}", file=sys.stderr)
    return code


def _reason(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason
