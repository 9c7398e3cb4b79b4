"""Collects what goes wrong in a page where nobody sees it."""

from __future__ import annotations

import re

from playwright.sync_api import ConsoleMessage, Error, Page


class Problems:
    """Console errors and uncaught exceptions of all watched pages."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self._allowed: list[re.Pattern[str]] = []

    def watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", self._uncaught)

    def allow(self, pattern: str) -> None:
        """Do not count messages that contain the pattern."""
        self._allowed.append(re.compile(pattern))

    def check(self) -> None:
        """Fail if anything was seen that is not allowed."""
        rest = [said for said in self.seen if not any(a.search(said) for a in self._allowed)]
        assert not rest, "the page's console says:\n" + "\n".join(rest)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.seen.append(f"{message.text} ({message.location.get('url')})")

    def _uncaught(self, error: Error) -> None:
        self.seen.append(f"uncaught: {error}")
