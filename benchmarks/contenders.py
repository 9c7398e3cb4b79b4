"""Starts what is measured, each in a process of its own, and lets one run at a time.

A contender reads one line of JSON that says what to train, and answers `{"ready": ...}`. After that
each line of its input is a number of seconds; it trains for that long and answers what it did. For
`learning` it is a number of examples, and the answer says how many test images are right then.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class ContenderError(Exception):
    """A contender could not be started, or died; the message ends with its last output."""


@dataclass
class Contender:
    """A process that trains when asked to. Use as a context manager; `close` is idempotent."""

    name: str
    command: Sequence[str]
    config: dict[str, Any]
    rates: list[float] = field(default_factory=list)
    about: dict[str, Any] = field(default_factory=dict)
    last: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Contender:
        self._errors = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            list(self.command),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        try:
            self.about = self._ask(json.dumps(self.config))
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process: it stops by itself when its input ends, else it is killed."""
        if self._errors.closed:
            return
        try:
            self._process.communicate(timeout=10)
        except (subprocess.TimeoutExpired, OSError):
            self._process.kill()
            self._process.communicate()
        self._errors.close()

    def go(self, seconds: float, *, record: bool = True) -> None:
        """Let it train for about that long (or on so many examples); its rate goes to `rates`."""
        self.last = self._ask(str(seconds))
        if record:
            self.rates.append(self.last["examples"] / self.last["seconds"])

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # it died; its last output is reported below
        answer = self._process.stdout.readline()
        if not answer:
            self._process.wait()
            self._errors.seek(0)
            raise ContenderError(f"{self.name} ended early:\n{self._errors.read()[-2000:]}")
        said: dict[str, Any] = json.loads(answer)
        return said


def take_turns(running: Sequence[Contender], seconds: float, repetitions: int) -> None:
    """Warm all up, then let each train in turn, `repetitions` times, never two at once."""
    for contender in running:
        contender.go(seconds, record=False)
    for repetition in range(repetitions):
        # Every other round backwards, so that none always follows the same one.
        for contender in running[:: -1 if repetition % 2 else 1]:
            contender.go(seconds)


def python_runner(module: str, python: str = sys.executable) -> list[str]:
    """The command line of one of this package's own contenders."""
    return [python, "-m", f"benchmarks.{module}"]
