"""Finds a Chromium for the browser tests and the screenshot, or installs one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_chromium() -> str | None:
    """The path of a Chromium on PATH, else of Playwright's, else None."""
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return path
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def launch_chromium(playwright: Playwright) -> Browser:
    """A Chromium without a window, for pictures and measurements."""
    # Containers run as root, where its sandbox does not start.
    flags = ["--no-sandbox", "--disable-gpu"]
    return playwright.chromium.launch(executable_path=ensure_chromium(), args=flags)


def _succeeds(*command: str) -> bool:
    print("+", " ".join(command), file=sys.stderr, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # Standard output is for the path alone.
    done = subprocess.run(command, env=environment, stdout=sys.stderr, check=False)
    return done.returncode == 0


def _install_from_debian() -> bool:
    if shutil.which("apt-get") is None:
        return False
    prefix: tuple[str, ...] = ()
    if os.geteuid() != 0:
        # -n: never stop to ask for a password in the middle of a test run.
        if shutil.which("sudo") is None or not _succeeds("sudo", "-n", "true"):
            return False
        prefix = ("sudo", "-n")
    _succeeds(*prefix, "apt-get", "update", "-qq")
    packages = ("chromium", "fonts-liberation")
    return _succeeds(
        *prefix, "apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages
    )


def ensure_chromium() -> str | None:
    """A Chromium's path, after installing one from Debian or by Playwright if need be."""
    path = find_chromium()
    if path is None and _install_from_debian():
        path = find_chromium()
    if path is None and _succeeds(sys.executable, "-m", "playwright", "install", "chromium"):
        path = find_chromium()
    return path


def main() -> int:
    path = ensure_chromium()
    if path is None:
        print(
            "error: the browser tests need Chromium, and none could be installed; "
            f"install one so that one of these is on PATH: {', '.join(NAMES)}.",
            file=sys.stderr,
        )
        return 1
    print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
