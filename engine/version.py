"""What this program is called, and which version of it this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

PROGRAM = "convnet-live"


def program_version() -> str:
    """The installed version, or "0" where the program runs uninstalled."""
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "0"
